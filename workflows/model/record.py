"""Messages about `PostgresOperation` objects: what a look finds of them, what is to be written."""

from pydantic import Field

from workflows.model.base import Message
from workflows.model.kinds import Kind
from workflows.model.postgresoperation import Phase, PostgresOperationStatus, Verb

ANNOTATION = "annotation"
RECORD = "spec.steering"
"""Where steering words stand written, so that they need not be remembered."""


class Steer(Message):
    """One word of steering as somebody said it."""

    verb: Verb
    operation: str = Field(
        default="", description="name of the PostgresOperation; empty = whatever runs or waits"
    )
    by: str = Field(default="", description="`ANNOTATION`, `RECORD`, or what a signal says")


class OperationSeen(Message):
    """A `PostgresOperation` of the cluster that is not finished."""

    name: str
    uid: str
    created: str = Field(description="RFC 3339, as Kubernetes has it")
    kind: Kind
    automatic: bool = Field(default=False, description="the operator made it, nobody asked")
    candidate: str = ""
    member: str = ""
    at: str = Field(default="", description="RFC 3339; not before, or empty")
    dry_run: bool = False
    steering: Verb | None = None
    leader: str = Field(default="", description="who led when it was planned: status.plan.leader")
    phase: Phase | None = Field(default=None, description="None = not answered yet")
    waiting_for: str = ""
    invalid: str = Field(default="", description="why it can't be done as it is written, or empty")


class Record(Message):
    """What the `PostgresOperation` of an operation should say.

    Written as a whole: lists and unset fields replace what was there.
    """

    name: str
    kind: Kind
    create: bool = Field(
        default=False, description="make it if it is not there: nobody has asked for it"
    )
    status: PostgresOperationStatus


class Closing(Message):
    """A `PostgresOperation` that nobody works on any more, and how it is to end."""

    name: str
    phase: Phase
    message: str
