"""What is asked of an operation, and what it gives back."""

from enum import StrEnum

from pydantic import Field

from workflows.model.base import ClusterRef, Message
from workflows.model.children import FIRST_STAGES, Group, Stage
from workflows.model.kinds import Kind
from workflows.model.observation import Deletion
from workflows.model.postgresoperation import OperationPlan
from workflows.model.record import Steer


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
    urgent: bool = Field(default=False, description="must not wait for what an operation waits for")
    paused: bool = Field(default=False, description="by annotation, as far as is known")
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
    restarts_wait: bool = Field(
        default=False, description="members that wait for a restart are left to another operation"
    )
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
    paused: str = Field(default="", description="by whom, if it was paused when it ended")
