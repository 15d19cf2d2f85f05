"""Whether an operation begins now, rests after a failure, or waits for something. Pure."""

from datetime import datetime

from pydantic import Field

from workflows.gating import Held, find, hold, pending_name
from workflows.model.base import Message
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.model.record import Closing, Record
from workflows.model.report import Report
from workflows.preview import expected, preview
from workflows.repeating import back_off
from workflows.report import settled


class Plan(Message):
    """What to do about a cluster now, and why."""

    why: str
    order: OperationOrder | None = None
    report: Report | None = Field(default=None, description="written before the operation, if any")
    ends: bool = Field(default=False, description="nothing is left to look after")
    look_again_seconds: float = 1800.0
    held: Held | None = Field(default=None, description="what waits before it may begin")
    records: list[Record] = Field(
        default_factory=list, description="what PostgresOperations that wait should say"
    )
    closings: list[Closing] = Field(
        default_factory=list, description="PostgresOperations that nobody works on any more"
    )


def unless_backing_off(
    order: OperationOrder, seen: Observation, memory: Memory, now: datetime
) -> Plan:
    """The operation, or a rest until its next try when it has just failed for this generation."""
    failure = back_off(order, memory, now)
    if failure is None and (held := held_up(order, seen, memory, now)) is not None:
        report = news(settled(seen, failure=None, waits=held.why), seen) if seen.found else None
        why = f"{order.kind} waits for {held.why}"
        return Plan(why=why, report=report, held=held, look_again_seconds=seen.resync_seconds)
    if failure is None:
        last = memory.failure_of(order.kind)
        again = last is not None and last.generation == order.generation
        why = f"try {last.count + 1}: {order.why}" if last and again else order.why
        return Plan(why=why, order=_named(prepared(order, seen), seen))
    wait = seen.resync_seconds if failure.aborted else (failure.retry_at - now).total_seconds()
    report = news(settled(seen, failure=failure), seen) if seen.found else None
    return Plan(why=failure.message, report=report, look_again_seconds=max(1.0, wait))


def prepared(order: OperationOrder, seen: Observation) -> OperationOrder:
    """With its plan, and how long it will take."""
    planned = order.model_copy(update={"plan": preview(order, seen), "team": seen.team})
    seconds, rests_on = expected(planned, seen)
    told = {"expected_seconds": seconds, "expected_from": rests_on}
    return planned.model_copy(update=told)


def held_up(order: OperationOrder, seen: Observation, memory: Memory, now: datetime) -> Held | None:
    """Whether it has to wait, under the name that its record has meanwhile."""
    if order.kind is Kind.DELETE:
        return None
    planned = prepared(order, seen)
    assert planned.plan is not None
    name = pending_name(planned, planned.plan)
    return hold(planned.model_copy(update={"record": name}), seen, memory, now)


def _named(order: OperationOrder, seen: Observation) -> OperationOrder:
    """It goes on in the record in which it has waited, if it has."""
    assert order.plan is not None
    name = pending_name(order, order.plan)
    return order.model_copy(update={"record": name}) if find(seen, name) else order


def news(report: Report, seen: Observation) -> Report | None:
    """The report, or nothing when the resource says all of it already."""
    return None if report.digest == seen.status.digest else report
