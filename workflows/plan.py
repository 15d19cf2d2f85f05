"""From facts to a plan with a sentence: pure, so that every decision lies in the history.

`decide` asks the rules in order; the first that has something to say wins. A plan holds at most
one operation, and what the status should say. No rule does I/O or knows the clock but by `now`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pydantic import Field

from workflows.model.base import Message
from workflows.model.memory import Failure, Memory
from workflows.model.observation import Observation
from workflows.model.operations import Group, Kind, OperationOrder, Report
from workflows.model.status import Word
from workflows.report import invalid, refused, settled

GROUP_OF_KIND = {
    "ServiceAccount": Group.ACCESS,
    "RoleBinding": Group.ACCESS,
    "Service": Group.SERVICES,
    "Endpoints": Group.SERVICES,
    "Secret": Group.SECRETS,
    "PodDisruptionBudget": Group.DISRUPTION_BUDGETS,
    "StatefulSet": Group.STATEFUL_SET,
}
CIRCLE_SECONDS = 30.0
"""Least time between two operations for the same reason."""
NOT_YET_CREATED = ("", Word.CREATING, Word.CREATE_FAILED)


class Plan(Message):
    """What to do about a cluster now, and why."""

    why: str
    order: OperationOrder | None = None
    report: Report | None = None
    ends: bool = Field(default=False, description="nothing is left to look after")
    look_again_seconds: float = 1800.0


Rule = Callable[[Observation, Memory, datetime], Plan | None]


def decide(seen: Observation, memory: Memory, now: datetime) -> Plan:
    """The plan of the first rule that applies."""
    return next(plan for rule in RULES if (plan := rule(seen, memory, now)))


def leave_to_another(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.found or seen.owned:
        return None
    return Plan(why="its controller annotation names another operator", ends=True)


def after_the_resource_is_gone(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if seen.found:
        return None
    if memory.deletion.refused:
        return Plan(why=f"gone, children stay: {memory.deletion.refused}", ends=True)
    if memory.deleted or not seen.leftovers:
        return Plan(why="the resource and its children are gone", ends=True)
    order = _order(seen, memory, kind=Kind.DELETE, why=f"{len(seen.leftovers)} children are left")
    return _unless_backing_off(order, seen, memory, now)


def delete(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.deletion.requested:
        return None
    if seen.deletion.refused:
        return Plan(why=seen.deletion.refused, report=_news(refused(seen), seen))
    if not seen.finalizer:
        return Plan(why="deletion waits for another's finalizer")
    order = _order(seen, memory, kind=Kind.DELETE, why="deletion was requested")
    return _unless_backing_off(order, seen, memory, now)


def refuse_invalid(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.invalid:
        return None
    why = "; ".join(str(bad) for bad in seen.invalid)
    return Plan(why=why, report=_news(invalid(seen), seen), look_again_seconds=seen.resync_seconds)


def respect_pause(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    if not seen.paused:
        return None
    return Plan(
        why="paused by annotation",
        report=_news(settled(seen, failure=None), seen),
        look_again_seconds=seen.resync_seconds,
    )


def converge(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    why = reasons(seen)
    if not why:
        return None
    kind = _kind(seen)
    groups = list(Group) if kind is Kind.CREATE else groups_to_apply(seen)
    order = _order(seen, memory, kind=kind, why="; ".join(why), groups=groups)
    return _unless_backing_off(order, seen, memory, now)


def rest(seen: Observation, memory: Memory, now: datetime) -> Plan | None:
    return Plan(
        why="everything is as it should be",
        report=_news(settled(seen, failure=None), seen),
        look_again_seconds=seen.resync_seconds,
    )


RULES: Sequence[Rule] = (
    leave_to_another,
    after_the_resource_is_gone,
    delete,
    refuse_invalid,
    respect_pause,
    converge,
    rest,
)


def reasons(seen: Observation) -> list[str]:
    """Everything that differs from what is wanted and can be put right, as sentences."""
    found = [str(drifted) for drifted in seen.objects]
    if seen.finalizer_wanted != seen.finalizer:
        found.append("the finalizer is to be " + ("added" if seen.finalizer_wanted else "removed"))
    if seen.stateful_set or not found:
        found.extend(members_missing(seen))
    found.extend(seen.sql_pending)
    return found


def members_missing(seen: Observation) -> list[str]:
    """Sentences about database pods that are not there or don't work."""
    found = [
        f"pod {pod.name} is {pod.reason or 'not ready'}"
        for pod in seen.pods
        if not pod.ready or not pod.role or pod.deleting
    ]
    if len(seen.pods) < seen.instances:
        found.append(f"{len(seen.pods)} of {seen.instances} pods exist")
    if seen.instances and not found and seen.primary is None:
        found.append("no pod is primary")
    return found


def groups_to_apply(seen: Observation) -> list[Group]:
    """Groups with an object that differs, in the order of creation."""
    wanted = {GROUP_OF_KIND[drifted.kind] for drifted in seen.objects}
    if seen.finalizer_wanted != seen.finalizer:
        wanted.add(Group.ACCESS)
    return [group for group in Group if group in wanted]


def _kind(seen: Observation) -> Kind:
    if seen.status.word in NOT_YET_CREATED or not (seen.stateful_set or seen.pods):
        return Kind.CREATE
    return Kind.UPDATE if seen.generation != seen.status.observed_generation else Kind.SYNC


def _order(
    seen: Observation,
    memory: Memory,
    *,
    kind: Kind,
    why: str,
    groups: Sequence[Group] = (),
) -> OperationOrder:
    return OperationOrder(
        ref=seen.ref,
        uid=seen.uid or memory.uid,
        generation=seen.generation,
        kind=kind,
        why=why,
        groups=list(groups),
        instances=seen.instances,
        sql=seen.database_access and not seen.standby and seen.instances > 0,
        patience_seconds=seen.patience_seconds,
    )


def _unless_backing_off(
    order: OperationOrder, seen: Observation, memory: Memory, now: datetime
) -> Plan:
    """The operation, or a rest until its next try when it has just failed for this generation."""
    failure = memory.failure or _in_circles(order, memory, now)
    if failure is None or failure.generation != order.generation or failure.kind != order.kind:
        return Plan(why=order.why, order=order)
    if not failure.aborted and now >= failure.retry_at:
        return Plan(why=f"try {failure.count + 1}: {order.why}", order=order)
    wait = seen.resync_seconds if failure.aborted else (failure.retry_at - now).total_seconds()
    report = _news(settled(seen, failure=failure), seen) if seen.found else None
    return Plan(why=failure.message, report=report, look_again_seconds=max(1.0, wait))


def _in_circles(order: OperationOrder, memory: Memory, now: datetime) -> Failure | None:
    """An operation that succeeded a moment ago and is wanted again has not helped."""
    last = memory.achieved
    if last is None or (last.generation, last.why) != (order.generation, order.why):
        return None
    return Failure(
        kind=order.kind,
        generation=order.generation,
        message=f"the last operation did not change this: {order.why}",
        retry_at=last.at + timedelta(seconds=CIRCLE_SECONDS),
    )


def _news(report: Report, seen: Observation) -> Report | None:
    """The report, or nothing when the resource says all of it already."""
    return None if report.digest == seen.status.digest else report
