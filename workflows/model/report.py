"""What is to be told of a cluster: in its status, in the record of its operation, in events."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from workflows.model.base import ClusterRef, Message
from workflows.model.record import Closing, Record
from workflows.model.status import Condition, Member, OperationStatus, Word, digest

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
    begins: bool = Field(default=False, description="nothing was told of this operation before")
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
