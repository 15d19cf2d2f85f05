"""What one look at a cluster found: names, states and digests, never manifests or secrets.

`activities.observe` fills it, `workflows.plan` decides on it, and so it lies in the history:
whoever asks later why something was done finds the facts the decision was made on.
"""

from enum import StrEnum

from pydantic import Field

from workflows.model.base import ClusterRef, Message
from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.members import FLAGGED, MemberSeen, Membership, PodSeen
from workflows.model.record import OperationSeen
from workflows.model.status import OperationStatus, Word
from workflows.model.turns import RolloutRule

MADE = ("Running", "Updating", "UpdateFailed", "SyncFailed")
"""Words of a cluster that was completed once."""


class Drift(StrEnum):
    """How an object differs from what resource and configuration ask for."""

    MISSING = "missing"
    CHANGED = "changed"
    SURPLUS = "surplus"


class ObjectSeen(Message):
    """One child object that is not as it should be (equal ones are only counted)."""

    kind: str
    name: str
    namespace: str
    drift: Drift
    why: str = Field(description="the differing paths, or what is missing, in one line")
    group: Group | None = Field(default=None, description="what to apply to put it right")
    cloud: bool = Field(default=False, description="the cloud's API is to be asked for it")
    template: bool = Field(default=False, description="pods have to be made anew for it")

    def __str__(self) -> str:
        return f"{self.kind} {self.name} is {self.drift}: {self.why}"


class PatroniSeen(Message):
    """Patroni's dynamic configuration against the manifest; see `activities.patroni.drift`."""

    changes: list[str] = Field(
        default_factory=list, description="what differs from the manifest, one sentence each"
    )
    restarts: list[str] = Field(
        default_factory=list, description="members that wait for a restart for the manifest's sake"
    )
    held: list[str] = Field(
        default_factory=list, description="what can't be done before Patroni is resumed"
    )
    slots: list[str] | None = Field(
        default=None, description="slots to remember as the manifest's; None = leave it as it is"
    )
    standby: str | None = Field(
        default=None, description="what the standby section names, to remember; None = not known"
    )
    new_slots: bool = Field(default=False, description="some of `slots` are not remembered yet")


class Concern(Message):
    """One independent concern that is not in order, with what a person should know."""

    name: str = Field(description="Roles, Databases, Secrets, ... ; becomes a condition type")
    message: str


class BadField(Message):
    """A value that was refused: field path and what would have been accepted."""

    path: str
    value: str = Field(description="as it was written; empty when it is missing")
    accepted: str

    def __str__(self) -> str:
        given = f": {self.value} is not accepted" if self.value else " is missing"
        return f"{self.path}{given}; expected {self.accepted}"


class Deletion(Message):
    """What deleting the resource means under the configuration in force."""

    requested: bool = Field(default=False, description="deletionTimestamp is set")
    refused: str = Field(default="", description="why protection annotations forbid it, or empty")

    @property
    def demanded(self) -> bool:
        return self.requested and not self.refused


class StatusSeen(Message):
    """What the resource's status says now; compared with what it ought to say."""

    word: str = ""
    observed_generation: int = 0
    rolled_generation: int = Field(
        default=0, description="that all pods were last made for; 0 = not known"
    )
    digest: str = Field(default="", description="of everything `report` writes; equal = no write")
    unfinished: OperationStatus | None = Field(
        default=None, description="the operation that runs, by the status"
    )
    silent: bool = Field(
        default=False, description="that one has told nothing for longer than one that runs would"
    )


class Observation(Message):
    """Facts about one cluster at one moment."""

    ref: ClusterRef
    edition: int = Field(
        default=0,
        description="1: a cluster that lacks members is not said to run while what would bring "
        "them waits; looks of earlier releases are 0, so that what rested on them replays",
    )
    found: bool = Field(description="the resource exists")
    owned: bool = Field(default=True, description="its controller annotation names this operator")
    uid: str = ""
    generation: int = 0
    paused: bool = False
    edit_first: bool = Field(
        default=False, description="an edit comes before a rolling update that is asked for"
    )
    invalid: list[BadField] = Field(default_factory=list)
    misnamed: bool = Field(default=False, description="by the rules of `team_errors`")
    unknown_fields: list[str] = Field(default_factory=list)
    without_effect: list[str] = Field(
        default_factory=list, description="what is understood and changes nothing, a sentence each"
    )
    deletion: Deletion = Deletion()
    finalizer: bool = Field(default=False, description="our finalizer is on the resource")
    finalizer_wanted: bool = False
    status: StatusSeen = StatusSeen()
    instances: int = Field(default=0, description="members wanted after clamping")
    database_access: bool = True
    standby: bool = False
    stateful_set: bool = Field(default=False, description="the StatefulSet exists")
    objects: list[ObjectSeen] = Field(default_factory=list, description="only those that differ")
    objects_equal: int = 0
    pods: list[PodSeen] = Field(default_factory=list)
    members: list[MemberSeen] = Field(default_factory=list)
    silent: dict[str, str] = Field(
        default_factory=dict,
        description="members that receive nothing though their pods serve, and what each does",
    )
    patroni: PatroniSeen = PatroniSeen()
    sql_pending: list[str] = Field(
        default_factory=list, description="roles and databases to change, one sentence each"
    )
    concerns: list[Concern] = Field(default_factory=list, description="what can't be put right")
    leftovers: list[str] = Field(
        default_factory=list, description="children of a resource that is gone, `Kind/name`"
    )
    patience_seconds: float = Field(
        default=1200.0, description="resource_check_timeout + pod_label_wait_timeout"
    )
    move_patience_seconds: float = Field(
        default=1200.0, description="master_pod_move_timeout: the same for a drain"
    )
    resync_seconds: float = 1800.0
    longest_retry_seconds: float = Field(
        default=300.0, description="repair_period: a failed operation is tried again by then"
    )
    sync_requested: str = Field(
        default="", description="annotation of a person who wants a look and a new try now"
    )

    team: str = ""
    dry_run: bool = Field(default=False, description="by annotation: only show what would be done")
    window_open: bool = Field(default=True, description="a maintenance window is open")
    window_opens: str = Field(
        default="", description="RFC 3339; when the next one opens, if none is open"
    )
    next_window: str = Field(
        default="", description="RFC 3339; when a window opens next, also while one is open"
    )
    rollout: RolloutRule = Field(
        default=RolloutRule(), description="how changes of the configuration are rolled out"
    )
    template_waits: str = Field(
        default="", description="new template that is not to be applied before its turn; planned"
    )
    to_approve: list[Kind] = Field(
        default_factory=list, description="kinds of operations that somebody must approve"
    )
    in_windows: list[Kind] = Field(
        default_factory=list, description="kinds that begin in maintenance windows only"
    )
    apart: list[Kind] = Field(
        default_factory=list,
        description="what is no part of an update, as it has to be approved or to wait by itself",
    )
    primary_goes: str = Field(
        default="", description="that the primary is to go and has to move before, if so; planned"
    )
    rolled_back: str = Field(
        default="", description="that the manifest's pod template was rolled back, if it was"
    )
    steering: str = Field(
        default="", description="steering annotation that a person has put on the cluster"
    )
    operations: list[OperationSeen] = Field(
        default_factory=list, description="PostgresOperations that are not finished, oldest first"
    )
    durations: dict[Kind, float] = Field(
        default_factory=dict, description="median seconds of this cluster's earlier operations"
    )

    @property
    def untouched(self) -> bool:
        """Whether nobody has worked on it yet: it has no status, and nothing to run in."""
        return not (self.status.word or self.stateful_set or self.pods)

    @property
    def created(self) -> bool:
        """Whether its creation has ended well."""
        there = self.stateful_set or bool(self.pods)
        return there and self.status.word not in ("", Word.CREATING, Word.CREATE_FAILED)

    @property
    def rolled_out_to(self) -> bool:
        """Whether pods are, or will be, stale for the configuration's sake, and that goes by turns.

        The manifest is the one that they were made for, and nobody asked for single ones. Without
        a primary there is nothing to be careful with: the change may be the cure.
        """
        made_for = self.status.rolled_generation or (
            self.status.observed_generation if self.status.word in MADE else 0
        )
        stale = any(pod.stale != FLAGGED for pod in self.stale)
        differs = stale or self.new_template is not None or bool(self.template_waits)
        by_turns = bool(self.rollout.parallel and differs and self.generation == made_for)
        return by_turns and self.primary is not None and self.primary.ready

    @property
    def new_template(self) -> ObjectSeen | None:
        """The StatefulSet, if pods are to be made from another template than it has."""
        chosen = (one for one in self.objects if one.kind == "StatefulSet" and one.template)
        return next(chosen, None)

    @property
    def stale(self) -> list[PodSeen]:
        """Pods that have to be made anew; not those that are to go anyway."""
        return [pod for pod in self.pods if pod.stale and not self.is_surplus(pod)]

    @property
    def surplus(self) -> list[PodSeen]:
        return [pod for pod in self.pods if self.is_surplus(pod)]

    def is_surplus(self, pod: PodSeen) -> bool:
        """Whether it is one of those that a smaller number of instances removes."""
        return pod.ordinal >= self.instances

    @property
    def membership(self) -> Membership:
        """Pods and members alone; whether Patroni is synchronous or paused is not seen here."""
        return Membership(pods=self.pods, members=self.members, instances=self.instances)

    @property
    def primary(self) -> PodSeen | None:
        return next((pod for pod in self.pods if pod.role == "master" and not pod.deleting), None)
