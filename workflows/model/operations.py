"""What is asked of an operation and of its steps, and what they give back."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

from workflows.model.base import ClusterRef, Message
from workflows.model.observation import Deletion, MemberSeen
from workflows.model.status import Condition, Member, OperationStatus, Word, digest


class Kind(StrEnum):
    """The operations; the word stands in workflow ids and in `status.operation.kind`."""

    CREATE = "create"
    UPDATE = "update"
    SYNC = "sync"
    DELETE = "delete"


class Outcome(StrEnum):
    """How an operation can end."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ABORTED = "aborted"
    SUPERSEDED = "superseded"


class Group(StrEnum):
    """Child objects that are applied together, in the order of creation."""

    ACCESS = "access"
    SERVICES = "services"
    SECRETS = "secrets"
    DISRUPTION_BUDGETS = "disruption budgets"
    STATEFUL_SET = "stateful set"


class Stage(StrEnum):
    """Child objects that are deleted together, in the order of deletion."""

    STATEFUL_SET = "stateful set"
    PODS = "pods"
    VOLUME_CLAIMS = "volume claims"
    SECRETS = "secrets"
    DISRUPTION_BUDGETS = "disruption budgets"
    SERVICES = "services"
    PATRONI_OBJECTS = "patroni objects"
    FINALIZER = "finalizer"


class Knock(Message):
    """What the watcher tells an entity: look again. It carries no manifest on purpose."""

    uid: str
    generation: int = 0
    reason: str = Field(description="added, modified, deleted, requested, ...")
    gone: bool = Field(default=False, description="the resource left the API server")
    deletion: Deletion = Field(
        default=Deletion(),
        description="verdict on protection annotations, judged on the last state seen when gone",
    )


class OperationOrder(Message):
    """Input of every operation workflow."""

    ref: ClusterRef
    uid: str
    generation: int
    kind: Kind
    why: str
    groups: list[Group] = Field(default_factory=list, description="what to apply, in this order")
    instances: int = Field(default=0, description="members to wait for; 0 = none are wanted")
    sql: bool = Field(default=False, description="bring roles and databases up to date")
    patience_seconds: float = Field(default=1200.0, description="longest wait for members")


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


class ApplyOrder(Message):
    """Bring one group of child objects to what resource and configuration say now."""

    ref: ClusterRef
    uid: str
    group: Group


class Applied(Message):
    """What `kube.apply` wrote; empty lists when everything was right already."""

    created: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    problems: list[str] = Field(
        default_factory=list, description="what could not be made and must not stop the rest"
    )

    @property
    def written(self) -> list[str]:
        return [*self.created, *self.changed]


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


class Members(Message):
    """Members as Patroni shows them at the end of a wait."""

    members: list[MemberSeen]


class SqlOrder(Message):
    """Bring roles or databases to what the resource says now."""

    ref: ClusterRef
    uid: str


class SqlResult(Message):
    """What was changed in the database, and what could not be, each with its reason."""

    changed: list[str] = Field(default_factory=list, description="`role zalando created`, ...")
    failed: list[str] = Field(default_factory=list, description="`role x: reason`, never secrets")


EventReason = Literal[
    "Create", "Endpoints", "Services", "Secrets", "StatefulSet", "Update", "Sync", "Delete"
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
    events: list[EventNote] = Field(default_factory=list)

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
        }
        return {key: value for key, value in parts.items() if value is not None}

    @property
    def digest(self) -> str:
        """Comparable with `StatusSeen.digest`; meaningful when all but `operation` is given."""
        return digest(self.status)


def _dump(part: BaseModel, *, keep_none: bool = False) -> dict[str, Any]:
    """JSON names and values; `keep_none` lets a merge patch clear what is unset."""
    return part.model_dump(by_alias=True, mode="json", exclude_none=not keep_none)
