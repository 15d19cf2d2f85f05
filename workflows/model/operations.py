"""What is asked of an operation and of its steps, and what they give back."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field, model_validator

from workflows.model.base import ClusterRef, Message
from workflows.model.children import FIRST_STAGES
from workflows.model.children import Group as Group
from workflows.model.children import Stage as Stage
from workflows.model.kinds import Kind as Kind
from workflows.model.observation import Deletion, MemberSeen
from workflows.model.postgresoperation import OperationPlan
from workflows.model.record import Closing, Record, Steer
from workflows.model.status import Condition, Member, OperationStatus, Word, digest


class Outcome(StrEnum):
    """How an operation can end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"
    ROLLED_BACK = "rolled back"


class Knock(Message):
    """What the watcher tells an entity: look again. It carries no manifest on purpose."""

    uid: str
    generation: int = 0
    reason: str = Field(description="added, modified, deleted, requested, ...")
    gone: bool = Field(default=False, description="the resource left the API server")
    touched: bool = Field(
        default=False,
        description="somebody else has changed or deleted an object of the cluster",
    )
    renewed: bool = Field(
        default=False,
        description="what the cluster is made from besides its manifest was changed, as the "
        "configuration: what runs now was planned on what is not so any more",
    )
    deletion: Deletion = Field(
        default=Deletion(),
        description="verdict on protection annotations, judged on the last state seen when gone",
    )
    steering: Steer | None = Field(
        default=None, description="somebody steers, by annotation or by a PostgresOperation"
    )


class OperationOrder(Message):
    """Input of every operation workflow."""

    ref: ClusterRef
    uid: str
    generation: int
    kind: Kind
    why: str
    groups: list[Group] = Field(default_factory=list, description="what to apply, in this order")
    stages: list[Stage] = Field(
        default=[*FIRST_STAGES], description="what to delete, in this order"
    )
    instances: int = Field(default=0, description="members to wait for; 0 = none are wanted")
    sql: bool = Field(default=False, description="bring roles and databases up to date")
    patience_seconds: float = Field(default=1200.0, description="longest wait for members")
    members: bool = Field(default=True, description="wait for members after what was applied")
    surplus: list[str] = Field(
        default_factory=list, description="pods that a smaller number of instances removes"
    )
    longest_retry_seconds: float = Field(
        default=300.0, description="longest pause before it is tried again when it fails"
    )
    patroni: bool = Field(default=False, description="bring Patroni's configuration up to date")
    untouched: bool = Field(default=False, description="see `Observation.untouched`")
    cloud_volumes: bool = Field(default=False, description="modify volumes by the cloud's own API")
    record: str = Field(
        default="", description="name of its PostgresOperation; empty = it makes one"
    )
    requested: bool = Field(default=False, description="somebody asked for it by its record")
    request_uid: str = Field(default="", description="of the PostgresOperation that asks for it")
    team: str = ""
    asked_at: str = Field(default="", description="RFC 3339; when it was asked for, if it was")
    candidate: str = Field(default="", description="who is to lead after a switchover, if said")
    former: str = Field(default="", description="who led when a switchover was planned")
    rolls_back: str = Field(
        default="",
        description="why the former pod template is put back; empty = the newest one is rolled out",
    )
    member: str = Field(default="", description="whom to restart or reinitialise, if said")
    primary_stays: bool = Field(
        default=False, description="a drain moves replicas only, as no maintenance window is open"
    )
    configuration: str = Field(
        default="", description="what it was planned with, besides the manifest of that generation"
    )
    plan: OperationPlan | None = Field(default=None, description="as it was shown before")
    expected_seconds: float = Field(default=0.0, description="how long it will take; 0 = unknown")
    expected_from: str = Field(default="", description="what that rests on, for people")


class OperationResult(Message):
    """How an operation ended."""

    kind: Kind
    outcome: Outcome
    message: str
    changed: list[str] = Field(default_factory=list, description="objects written, `Kind/name`")
    problems: list[str] = Field(default_factory=list, description="concerns that stay open")


class ObserveOrder(Message):
    """Asks for a look at one cluster; `uid` of the resource the entity knows, if any."""

    ref: ClusterRef
    uid: str = ""
    fresh: bool = Field(
        default=False,
        description="something was changed: nothing that other looks have read may be used",
    )


class ApplyOrder(Message):
    """Bring groups of child objects to what resource and configuration say now."""

    ref: ClusterRef
    uid: str
    groups: list[Group]
    untouched: bool = Field(
        default=False, description="nobody has worked on it: its objects need not be looked for"
    )

    @model_validator(mode="before")
    @classmethod
    def _of_one_group(cls, given: Any) -> Any:
        """Orders once named a single group; one may still be on its way."""
        if isinstance(given, dict) and "group" in given:
            return {key: given[key] for key in given if key != "group"} | {
                "groups": [given["group"]]
            }
        return given


class Applied(Message):
    """What `kube.apply` wrote; empty lists when everything was right already."""

    created: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    problems: list[str] = Field(
        default_factory=list, description="what could not be made and must not stop the rest"
    )

    raised: list[str] = Field(
        default_factory=list, description="limits that were raised to the operator's minimum"
    )

    @property
    def written(self) -> list[str]:
        return [*self.created, *self.changed, *self.removed]


class RestoreOrder(Message):
    """Put the former pod template back."""

    ref: ClusterRef
    uid: str
    generation: int = Field(description="of the resource whose template is not wanted")
    by: str = Field(default="", description="why, as in `rolled back: by annotation`")


class RemoveOrder(Message):
    """Delete one stage of children, found by label, and see them gone."""

    ref: ClusterRef
    uid: str
    stage: Stage


class Removed(Message):
    """What `kube.remove` deleted, and what it left on purpose with the reason."""

    removed: list[str] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)


class MembersOrder(Message):
    """Wait for members; progress is written to the resource's status meanwhile."""

    ref: ClusterRef
    uid: str
    instances: int
    deadline_seconds: float = 1200.0


class MembershipOrder(Message):
    """Asks for the members of one cluster as they are now."""

    ref: ClusterRef
    uid: str
    made_before: str = Field(
        default="", description="RFC 3339; pods made before that are stale, whatever their template"
    )
    nodes: bool = Field(
        default=False, description="say of each pod whether it is to leave its node"
    )


class GrowthOrder(Message):
    """Wait until volumes have the room that their claims ask for."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(default=60.0, description="most grow within seconds")


class CloudVolumesOrder(Message):
    """Bring volumes to what the resource says, by the cloud's own API."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(default=120.0, description="longest wait for all")


class CloudVolumes(Message):
    """What `cloud.modify-volumes` asked for; what was refused stands on the claims."""

    changed: list[str] = Field(default_factory=list, description="one sentence each")
    problems: list[str] = Field(
        default_factory=list, description="what is of no use to be tried again"
    )


class RenewalOrder(Message):
    """Make one pod anew from the StatefulSet's newest template."""

    ref: ClusterRef
    uid: str
    pod: str
    pod_uid: str = Field(description="of the one that is to go; a newer one is left alone")
    leads: bool = Field(default=False, description="it may go although it is the primary")
    deadline_seconds: float = 1200.0


class Renewed(Message):
    """What `kube.renew-pod` found."""

    spared: str = Field(default="", description="why the pod was not touched, or empty")


class HealthOrder(Message):
    """Wait until one member serves as well as it can."""

    ref: ClusterRef
    uid: str
    pod: str
    deadline_seconds: float = 1200.0


class SwitchoverOrder(Message):
    """Hand the leader lock from one member to another."""

    ref: ClusterRef
    uid: str
    leader: str
    candidate: str
    deadline_seconds: float = 60.0


class Leadership(Message):
    """Who leads after a switchover was asked for; nobody, if that could not be seen."""

    leader: str
    refusal: str = Field(default="", description="why Patroni did not do it, in its words")


class Members(Message):
    """Members as Patroni shows them at the end of a wait."""

    members: list[MemberSeen]


class ConfigureOrder(Message):
    """Bring Patroni's dynamic configuration to what the resource says now."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(
        default=90.0, description="longest wait for the members to take it over"
    )


class Configured(Message):
    """What `patroni.configure` wrote, and what Postgres makes of it."""

    changed: list[str] = Field(default_factory=list, description="one sentence each")
    restart: bool = Field(default=False, description="members wait for a restart for its sake")
    primary_first: bool = Field(
        default=False, description="the primary is to be restarted before its replicas"
    )


class RestartMemberOrder(Message):
    """Restart Postgres in place in one member, unless that was done since it was asked for."""

    ref: ClusterRef
    uid: str
    member: str
    since: str = Field(description="RFC 3339; one that was started later is left alone")
    deadline_seconds: float = 1200.0


class ReinitialiseOrder(Message):
    """Let one replica throw its data away and copy them anew from the primary."""

    ref: ClusterRef
    uid: str
    member: str
    deadline_seconds: float = 120.0


class RestartOrder(Message):
    """Restart Postgres in the members that wait for it, one after the other."""

    ref: ClusterRef
    uid: str
    primary_first: bool = False
    deadline_seconds: float = 1200.0


class Restarted(Message):
    """Members whose Postgres was restarted, in order, and why some were not, if so."""

    restarted: list[str] = Field(default_factory=list)
    held: str = ""


class SqlOrder(Message):
    """Bring roles or databases to what the resource says now."""

    ref: ClusterRef
    uid: str


class SqlResult(Message):
    """What was changed in the database, and what could not be, each with its reason."""

    changed: list[str] = Field(default_factory=list, description="`role zalando created`, ...")
    failed: list[str] = Field(default_factory=list, description="`role x: reason`, never secrets")


EventReason = Literal[
    "Create",
    "Endpoints",
    "Services",
    "Secrets",
    "StatefulSet",
    "Update",
    "Switchover",
    "Sync",
    "Delete",
    "Configuration",
    "ResourceLimits",
]


class EventNote(Message):
    """A Kubernetes event on the resource (reasons as in Zalando's operator)."""

    reason: EventReason
    message: str
    warning: bool = False


class Report(Message):
    """What the status should say. Fields left None are not touched.

    Writing it twice is harmless: equal content is not written again, and `lastTransitionTime`
    only moves when a condition's status does.
    """

    ref: ClusterRef
    uid: str
    word: Word | None = None
    observed_generation: int | None = None
    operation: OperationStatus | None = None
    conditions: list[Condition] | None = Field(
        default=None, description="the complete list; transition times are carried over by type"
    )
    members: list[Member] | None = None
    members_ready: str | None = None
    first: bool = Field(default=False, description="the resource has no status yet")
    slots: list[str] | None = None
    standby: str | None = None
    rolled_generation: int | None = None
    next_window: str | None = Field(default=None, description="empty = there are no windows")
    events: list[EventNote] = Field(default_factory=list)
    record: Record | None = Field(default=None, description="of the operation")
    closings: list[Closing] = Field(
        default_factory=list, description="records that nobody works on any more"
    )
    steering_heard: str = Field(
        default="", description="steering annotation that was answered, to be taken off"
    )

    @property
    def status(self) -> dict[str, Any]:
        """The part of `status` to write, under the names it has in the resource."""
        parts: dict[str, Any] = {
            "PostgresClusterStatus": self.word,
            "observedGeneration": self.observed_generation,
            "operation": self.operation and _dump(self.operation, keep_none=True),
            "conditions": None if self.conditions is None else [*map(_dump, self.conditions)],
            "members": None if self.members is None else [*map(_dump, self.members)],
            "membersReady": self.members_ready,
            "slots": self.slots,
            "standby": self.standby,
            "rolledGeneration": self.rolled_generation or None,
        }
        told = {key: value for key, value in parts.items() if value is not None}
        window = {} if self.next_window is None else {"nextWindow": self.next_window or None}
        return told | window

    @property
    def digest(self) -> str:
        """Comparable with `StatusSeen.digest`; meaningful when all but `operation` is given."""
        return digest(self.status)


def _dump(part: BaseModel, *, keep_none: bool = False) -> dict[str, Any]:
    """JSON names and values; `keep_none` lets a merge patch clear what is unset."""
    return part.model_dump(by_alias=True, mode="json", exclude_none=not keep_none)
