"""Bring a running cluster to what its resource says: after an edit, or because it drifted."""

from temporalio import workflow

from workflows import stages
from workflows.gates import Operation, conduct
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.status import Word
from workflows.steering import Steering


@workflow.defn(name="update")
class Update(Steering):
    """Applies only the groups that differ; a second run finds nothing to do."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=stages.count(order), word=Word.UPDATING)
        return await conduct(operation, stages.converge(operation), steering=self)
