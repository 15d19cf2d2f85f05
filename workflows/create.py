"""Create a cluster: every child object, then members, roles and databases."""

from temporalio import workflow

from workflows import stages
from workflows.gates import Operation, conduct
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.steering import Steering


@workflow.defn(name="create")
class Create(Steering):
    """Run again after any interruption it finds what is there and goes on."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=stages.count(order), word=Word.CREATING)
        operation.emit(EventNote(reason="Create", message="Creating the cluster's resources"))
        return await conduct(operation, stages.converge(operation), steering=self)
