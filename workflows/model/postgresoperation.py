"""The `PostgresOperation` resource: the record of one operation, and the way to ask for one.

The operator makes one for each operation that it begins by itself. Who creates one asks for an
operation; who edits `spec.steering` steers it. So the rights to ask (`create`) and to approve
(`patch`) can be given to different people.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from workflows.model import validation
from workflows.model.errors import InvalidManifest
from workflows.model.fields import Resource, one_of, pattern
from workflows.model.kinds import REQUESTABLE, Kind
from workflows.model.postgresql.metadata import ObjectMeta
from workflows.model.status import StatusPart

KIND = "PostgresOperation"

_MOMENT = pattern(
    r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$",
    "a time with zone such as 2026-01-31T02:00:00Z",
)
Moment = Annotated[str, _MOMENT]


class Verb(StrEnum):
    """What may be said to an operation, by signal, by `spec.steering`, or by annotation."""

    APPROVE = "approve"
    PAUSE = "pause"
    RESUME = "resume"
    ABORT = "abort"
    ROLLBACK = "rollback"


class Phase(StrEnum):
    """Where an operation stands."""

    WAITING = "Waiting"
    """For its time, a window, its turn, or somebody's approval: `waitingFor` says which."""
    RUNNING = "Running"
    PAUSED = "Paused"
    PLANNED = "Planned"
    """A dry run: nothing was done, `plan` says what would be."""
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    ABORTED = "Aborted"
    ROLLED_BACK = "RolledBack"
    SUPERSEDED = "Superseded"
    REFUSED = "Refused"

    @property
    def finished(self) -> bool:
        return self not in (Phase.WAITING, Phase.RUNNING, Phase.PAUSED)


class PostgresOperationSpec(Resource):
    """What is asked for."""

    cluster: str = Field(description="Name of the cluster, in the same namespace")
    kind: Annotated[str, one_of(*Kind)] = Field(
        description=f"What to do; {', '.join(REQUESTABLE)} may be asked for"
    )
    candidate: str | None = Field(
        None, description="Member that is to lead after a switchover; the best one, when absent"
    )
    member: str | None = Field(
        None, description="Member to restart or reinitialise; all for a restart, when absent"
    )
    at: Moment | None = Field(None, description="Not before this time; at once, when absent")
    dry_run: bool = Field(False, description="Only show the plan")
    steering: Annotated[str, one_of(*Verb)] | None = Field(
        None, description="Steers the operation; the newest word counts"
    )


class StepRecord(StatusPart):
    """One step of an operation."""

    title: str
    state: Literal["running", "done", "failed"]
    since: str = Field(default="", description="RFC 3339; when it began")
    seconds: float | None = Field(default=None, description="How long it took, when it has ended")
    remark: str = Field(default="", description="Why it waits or failed")


class OperationPlan(StatusPart):
    """What an operation will do, told before it begins."""

    why: str = Field(default="", description="The reason in a sentence")
    changes: list[str] = Field(
        default_factory=list, description="Objects that change, with the paths that differ"
    )
    restarts: list[str] = Field(
        default_factory=list, description="Pods that are made anew or restarted, in this order"
    )
    leader: str = Field(default="", description="Who leads while this is planned")
    primary_moves: bool = Field(default=False, description="Whether another member will lead")
    write_gap_seconds: float | None = Field(
        default=None, description="How long nobody will be able to write; absent = not at all"
    )
    preflight: list[str] = Field(
        default_factory=list, description="What stands in the way now, one sentence each"
    )


class PostgresOperationStatus(StatusPart):
    """How far it is."""

    phase: Phase = Phase.WAITING
    workflow_id: str = Field(default="", description="Id to open in Temporal's Web UI")
    plan: OperationPlan | None = None
    steps: list[StepRecord] = Field(default_factory=list)
    step: str = Field(default="", description="What is being done")
    done: int = Field(default=0, description="Steps finished")
    total: int = Field(default=0, description="Steps in all")
    percent: int = Field(default=0, ge=0, le=100)
    started: str | None = Field(default=None, description="RFC 3339; when it began")
    eta: str | None = Field(default=None, description="RFC 3339; expected end")
    eta_from: str | None = Field(default=None, description="What the expectation rests on")
    finished: str | None = Field(default=None, description="RFC 3339; when it ended")
    waiting_for: str | None = Field(default=None, description="What it waits for")
    steering: str | None = Field(default=None, description="The last word of steering heard")
    message: str = Field(default="", description="The result, or the real cause of its failure")


class PostgresOperation(Resource):
    """One operation, asked for or automatic."""

    api_version: str = "acid.zalan.do/v1"
    kind: str = KIND
    metadata: ObjectMeta
    spec: PostgresOperationSpec
    status: dict[str, Any] = Field(default_factory=dict)


def parse(obj: Any) -> PostgresOperation:
    """The model of an object; raises InvalidManifest with all its bad fields."""
    if validation.too_deep(obj):
        raise InvalidManifest([validation.nested_too_deep("spec")])
    try:
        body = validation.without_nulls(obj)
        return PostgresOperation.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidManifest(validation.field_errors(error)) from None
