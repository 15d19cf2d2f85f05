"""When an operation that failed, or did not help, may be run again. Pure."""

from datetime import datetime, timedelta

from workflows.model.memory import Failure, Memory
from workflows.model.operations import OperationOrder

CIRCLE_SECONDS = 30.0
"""Least time between two operations for the same reason; it doubles while that doesn't help."""
LONGEST_CIRCLE_SECONDS = 300.0


def back_off(order: OperationOrder, memory: Memory, now: datetime) -> Failure | None:
    """Why the operation is not to be run right now, or None."""
    failure = memory.failure_of(order.kind) or _in_circles(order, memory, now)
    if failure is None or failure.generation != order.generation:
        return None
    return failure if failure.aborted or now < failure.retry_at else None


def _in_circles(order: OperationOrder, memory: Memory, now: datetime) -> Failure | None:
    """An operation that succeeded a moment ago and is wanted again has not helped."""
    last = memory.achieved
    if last is None or (last.generation, last.why) != (order.generation, order.why):
        return None
    pause = min(LONGEST_CIRCLE_SECONDS, CIRCLE_SECONDS * 2 ** min(last.count - 1, 8))
    undone = "; ".join(last.problems) or f"the last operation did not change this: {order.why}"
    return Failure(
        kind=order.kind,
        generation=order.generation,
        message=undone,
        count=last.count,
        problems=last.problems,
        retry_at=last.at + timedelta(seconds=pause),
    )
