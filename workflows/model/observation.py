"""What one look at a cluster found: names, states and digests, never manifests or secrets.

`activities.observe` fills it, `workflows.plan` decides on it, and so it lies in the history:
whoever asks later why something was done finds the facts the decision was made on.
"""

from enum import StrEnum

from pydantic import Field

from workflows.model.base import ClusterRef, Message


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

    def __str__(self) -> str:
        return f"{self.kind} {self.name} is {self.drift}: {self.why}"


class PodSeen(Message):
    """A database pod as Kubernetes shows it."""

    name: str
    uid: str
    node: str = ""
    phase: str = "Pending"
    role: str = Field(default="", description="value of the role label: master, replica or empty")
    ready: bool = False
    current: bool = Field(default=True, description="made from the StatefulSet's newest template")
    deleting: bool = False
    reason: str = Field(default="", description="why it does not run, as a person would say it")


class MemberSeen(Message):
    """A member as Patroni shows it (`GET /cluster`)."""

    name: str
    role: str = ""
    state: str = ""
    timeline: int | None = None
    lag_bytes: int | None = Field(default=None, description="None for the leader or when unknown")
    pending_restart: bool = False


class Concern(Message):
    """One independent concern that is not in order, with what a person should know."""

    name: str = Field(description="Roles, Databases, Secrets, ... ; becomes a condition type")
    message: str


class BadField(Message):
    """A value that was refused: field path and what would have been accepted."""

    path: str
    value: str
    accepted: str

    def __str__(self) -> str:
        return f"{self.path}: {self.value} is not accepted; expected {self.accepted}"


class Deletion(Message):
    """What deleting the resource means under the configuration in force."""

    requested: bool = Field(default=False, description="deletionTimestamp is set")
    refused: str = Field(default="", description="why protection annotations forbid it, or empty")


class StatusSeen(Message):
    """What the resource's status says now; compared with what it ought to say."""

    word: str = ""
    observed_generation: int = 0
    digest: str = Field(default="", description="of everything `report` writes; equal = no write")


class Observation(Message):
    """Facts about one cluster at one moment."""

    ref: ClusterRef
    found: bool = Field(description="the resource exists")
    owned: bool = Field(default=True, description="its controller annotation names this operator")
    uid: str = ""
    generation: int = 0
    paused: bool = False
    invalid: list[BadField] = Field(default_factory=list)
    unknown_fields: list[str] = Field(default_factory=list)
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
    resync_seconds: float = 1800.0
    repair_seconds: float = 300.0

    @property
    def pods_current(self) -> bool:
        return all(pod.current for pod in self.pods)

    @property
    def primary(self) -> PodSeen | None:
        return next((pod for pod in self.pods if pod.role == "master" and not pod.deleting), None)
