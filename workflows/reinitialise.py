"""Let a replica throw its data away and copy them anew, because somebody asked for it."""

from temporalio import workflow

from workflows import handover
from workflows.gates import Operation, StepFailed, conduct
from workflows.handover import Patience
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.orders import ReinitialiseOrder
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.steering import Steering
from workflows.steps import PatroniSteps


@workflow.defn(name="reinitialise")
class Reinitialise(Steering):
    """May be paused and aborted before the copy begins; a copy that has begun goes on by itself."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=2, word=Word.UPDATING)
        return await conduct(operation, _reinitialise(operation), steering=self)


async def _reinitialise(operation: Operation) -> str:
    """Never the leader's data: nobody else might have them."""
    order = operation.order
    await _until_somebody_else_leads(operation)
    await operation.step(
        f"reinitialise {order.member}",
        PatroniSteps.reinitialise,
        ReinitialiseOrder(ref=order.ref, uid=order.uid, member=order.member),
    )
    operation.changed.append(f"data of {order.member}")
    operation.emit(EventNote(reason="Update", message=f"{order.member} copies its data anew"))
    await handover.until_healthy(operation, order.member)
    return f"{order.member} has copied its data anew"


async def _until_somebody_else_leads(operation: Operation) -> None:
    member, patience = operation.order.member, Patience(operation)
    while True:
        seen = await handover.look(operation)
        if seen.leader is not None and seen.leader.name == member:
            raise StepFailed(f"{member} leads; ask for a switchover first")
        if member not in [pod.name for pod in seen.pods]:
            raise StepFailed(f"{member} is no member of this cluster")
        if seen.leader is not None:
            return
        await patience.wait("nobody leads, so there is nobody to copy from")
