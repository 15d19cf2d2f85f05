"""Delete a cluster's children in order, found by label, and see each stage gone."""

from temporalio import workflow

from workflows.gates import Operation, conduct
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.orders import RemoveOrder
from workflows.model.report import EventNote
from workflows.steering import Steering
from workflows.steps import KubeSteps


@workflow.defn(name="delete")
class Delete(Steering):
    """The finalizer goes last, so a resource never vanishes before its children."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=len(order.stages), word=None)
        operation.emit(EventNote(reason="Delete", message="Deleting the cluster's resources"))
        return await conduct(operation, _remove_all(operation), steering=self)


async def _remove_all(operation: Operation) -> str:
    order = operation.order
    kept: list[str] = []
    for stage in order.stages:
        result = await operation.step(
            f"delete {stage}",
            KubeSteps.remove,
            RemoveOrder(ref=order.ref, uid=order.uid, stage=stage),
        )
        operation.changed.extend(result.removed)
        kept.extend(result.kept)
    gone = f"{len(operation.changed)} objects deleted"
    return f"{gone}; kept: {', '.join(kept)}" if kept else gone
