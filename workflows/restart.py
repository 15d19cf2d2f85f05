"""Restart Postgres in place, in one member or in all of them, because somebody asked for it.

Or in those that wait for it, as parameters say, where that is an operation of its own.
"""

from temporalio import workflow

from workflows import handover, tuning
from workflows.gates import Operation, StepFailed, conduct
from workflows.handover import Patience
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.orders import RestartMemberOrder
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.renewal import wanted
from workflows.steering import Steering
from workflows.steps import PatroniSteps


@workflow.defn(name="restart")
class Restart(Steering):
    """May be paused and aborted between members; those that were restarted stay so."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=2, word=Word.UPDATING)
        work = _restart_pending if order.patroni else _restart
        return await conduct(operation, work(operation), steering=self)


async def _restart_pending(operation: Operation) -> str:
    await tuning.restart_pending(operation, await tuning.configure(operation))
    return "; ".join(operation.changed) or "nobody waits for a restart any more"


async def _restart(operation: Operation) -> str:
    """Replicas first. Each must serve again before the next one is touched."""
    done: list[str] = []
    while (name := await _next(operation, done)) is not None:
        await _restart_member(operation, name)
        done.append(name)
        operation.changed.append(f"Postgres in {name}")
        operation.emit(EventNote(reason="Update", message=f"Postgres restarted in {name}"))
    return f"Postgres restarted in {', '.join(done)}"


async def _next(operation: Operation, done: list[str]) -> str | None:
    """Who is next by the roles of this moment, or nobody. Waits while nobody leads."""
    patience = Patience(operation)
    while True:
        seen = await handover.look(operation)
        left = _left(seen, only=operation.order.member, done=done)
        operation.expect(2 * len(left))
        if not left:
            return None
        if seen.leader is not None:
            return left[0]
        await patience.wait("nobody leads")


def _left(seen: Membership, *, only: str, done: list[str]) -> list[str]:
    """The leader last."""
    names = [pod.name for pod in wanted(seen)]
    if only and only not in names:
        raise StepFailed(f"{only} is no member; there are {', '.join(names) or 'none'}")
    leader = seen.leader.name if seen.leader else ""
    chosen = [name for name in names if name not in done and only in ("", name)]
    return sorted(chosen, key=lambda name: name == leader)


async def _restart_member(operation: Operation, name: str) -> None:
    order = operation.order
    await operation.step(
        f"restart Postgres in {name}",
        PatroniSteps.restart_member,
        RestartMemberOrder(
            ref=order.ref,
            uid=order.uid,
            member=name,
            since=order.asked_at,
            deadline_seconds=order.patience_seconds,
        ),
    )
    await handover.until_healthy(operation, name)
