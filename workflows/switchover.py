"""Hand the lead to another member because somebody asked for it."""

from temporalio import workflow

from workflows import handover, health
from workflows.gates import Operation, StepFailed, conduct
from workflows.handover import Patience
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.status import Word
from workflows.renewal import obstacles, wanted
from workflows.steering import Steering

MOST_TRIES = 3
"""Each of them may stop writes for a moment."""


@workflow.defn(name="switchover")
class Switchover(Steering):
    """Nothing to be rolled back: who wants the former primary again asks for that.

    May be paused and aborted before the lead is handed over; after that only the former primary is
    waited for.
    """

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=2, word=Word.UPDATING)
        return await conduct(operation, _switch_over(operation), steering=self)


async def _switch_over(operation: Operation) -> str:
    """The lead moves once: away from who led when it was planned."""
    patience, tries, former = Patience(operation), 0, operation.order.former
    while True:
        seen = await handover.look(operation)
        leader = seen.leader.name if seen.leader else ""
        if _is_done(leader, former=former, candidate=operation.order.candidate):
            return await _end(operation, former=former, leader=leader)
        former = former or leader
        candidate, why_not = _candidate(seen, named=operation.order.candidate)
        if not (leader and candidate):
            await patience.wait(why_not if leader else "nobody leads")
            continue
        if tries >= MOST_TRIES:
            raise StepFailed(f"{leader} still leads after {tries} tries")
        tries += 1
        failed = await handover.switch_over(operation, seen, candidate=candidate)
        if failed:
            await patience.wait(failed)


def _is_done(leader: str, *, former: str, candidate: str) -> bool:
    if candidate:
        return leader == candidate
    return bool(former and leader and leader != former)


def _candidate(seen: Membership, *, named: str) -> tuple[str, str]:
    """Who takes over, or nobody and why."""
    leader = seen.leader.name if seen.leader else ""
    among = [named] if named else [pod.name for pod in wanted(seen) if pod.name != leader]
    found = health.candidate(seen, among=among)
    if found is not None:
        return found.name, ""
    return "", f"nobody may take over; {obstacles(seen, among)}" if among else "it is alone"


async def _end(operation: Operation, *, former: str, leader: str) -> str:
    if not former or former == leader:
        return f"{leader} leads already"
    await handover.until_healthy(operation, former, does="follows")
    return f"{leader} leads, {former} follows"
