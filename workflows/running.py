"""The workflow of an operation, as its cluster's entity begins it and sees it end."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ChildWorkflowError, is_cancelled_exception

from workflows.model.kinds import Kind
from workflows.model.operations import OperationOrder, OperationResult, Outcome
from workflows.progress import sentence

Child = workflow.ChildWorkflowHandle[Any, OperationResult]

OPERATIONS = {
    Kind.CREATE: "create",
    Kind.UPDATE: "update",
    Kind.SYNC: "update",
    Kind.DELETE: "delete",
    Kind.ROLLING_UPDATE: "rolling-update",
    Kind.SWITCHOVER: "switchover",
    Kind.RESTART: "restart",
    Kind.REINITIALISE: "reinitialise",
    Kind.DRAIN: "drain",
}


async def start(order: OperationOrder, *, name: str) -> Child:
    """It outlives the entity. Raises WorkflowAlreadyStartedError when one of that name runs."""
    return await workflow.start_child_workflow(
        OPERATIONS[order.kind],
        order,
        id=name,
        result_type=OperationResult,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{order.kind} {order.ref}: {order.why}"[:200],
    )


async def outcome(child: Child, order: OperationOrder) -> OperationResult:
    """The child's result; one that was cancelled or terminated by hand counts as an outcome too."""
    try:
        return await child
    except ChildWorkflowError as error:
        cancelled = is_cancelled_exception(error)
        outcome = Outcome.ABORTED if cancelled else Outcome.FAILED
        message = "cancelled in Temporal" if cancelled else sentence(error)
        return OperationResult(kind=order.kind, outcome=outcome, message=message)
