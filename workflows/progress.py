"""What an operation has done so far, as people see it: Temporal's details, and its record."""

from datetime import datetime
from typing import Literal

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, TimeoutError

from workflows.model.operations import OperationOrder
from workflows.model.postgresoperation import StepRecord

State = Literal["done", "running", "failed"]

_SIGNS: dict[State, str] = {"done": "✓", "running": "…", "failed": "✗"}
MOST_STEPS = 100
"""In a record: the newest. A status has its limits."""


class Log:
    """The steps of one operation in the order in which they began."""

    def __init__(self, order: OperationOrder) -> None:
        self._heading = f"**{order.kind}** of `{order.ref}`: {order.why}"
        self._steps: dict[str, StepRecord] = {}
        self._began: dict[str, datetime] = {}

    def note(self, title: str, state: State, remark: str = "") -> None:
        """Where a step stands; one that has ended and begins again counts from now on."""
        last = self._steps.get(title)
        if last is None or (last.state != "running" and state == "running"):
            self._began[title] = workflow.now()
        began = self._began[title]
        seconds = (workflow.now() - began).total_seconds()
        self._steps[title] = StepRecord(
            title=title,
            state=state,
            since=stamp(began),
            seconds=None if state == "running" else round(seconds, 1),
            remark=remark,
        )
        self._show()

    def drop(self, title: str) -> None:
        """It was a pause, no step."""
        self._steps.pop(title, None)
        self._show()

    @property
    def steps(self) -> list[StepRecord]:
        return list(self._steps.values())[-MOST_STEPS:]

    def _show(self) -> None:
        """As the table that Temporal's Web UI shows as current details."""
        rows = "\n".join(map(_row, self._steps.values()))
        head = "| | step | since | seconds | |\n|---|---|---|---|---|"
        workflow.set_current_details(f"{self._heading}\n\n{head}\n{rows}")


def _row(step: StepRecord) -> str:
    took = "" if step.seconds is None else f"{step.seconds:.1f}"
    clock = step.since[11:19]
    return f"| {_SIGNS[step.state]} | {step.title} | {clock} | {took} | {step.remark} |"


def stamp(moment: datetime) -> str:
    """RFC 3339 in whole seconds, as Kubernetes writes times."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def sentence(error: BaseException) -> str:
    """The innermost reason of a failure, as one line for people."""
    cause = error.cause if isinstance(error, FailureError) else error.__cause__
    if isinstance(cause, TimeoutError):
        return f"no answer in time ({cause.message})"
    if cause is not None:
        return sentence(cause)
    if isinstance(error, ApplicationError):
        return error.message.splitlines()[0] if error.message else str(error.type)
    return str(error) or type(error).__name__
