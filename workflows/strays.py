"""Operations that an entity before this one has begun: they end before another one begins."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.model.base import ClusterRef
from workflows.model.status import OperationStatus
from workflows.report import number_of

WHY = "its entity was started anew"
TRIES = 30
PAUSE = timedelta(seconds=2)


async def end(workflow_id: str) -> None:
    """The one whose id is wanted for another."""
    with suppress(Exception):
        stray = workflow.get_external_workflow_handle(workflow_id)
        await stray.signal("supersede", WHY)
    await workflow.sleep(PAUSE, summary=f"until {workflow_id} has ended")


async def end_lost(lost: OperationStatus, ref: ClusterRef, *, sequence: int) -> int:
    """The one that runs by the status, if this entity has not begun it.

    Returns the number from which to count on: that of the one that was there, or `sequence`.
    """
    number = number_of(lost.workflow_id)
    ours = lost.workflow_id.startswith(f"{ref}/op/")
    if not ours or number is None or number <= sequence:
        return sequence
    if not workflow.patched("ends-lost-operations"):
        return sequence
    stray = workflow.get_external_workflow_handle(lost.workflow_id)
    for _ in range(TRIES):
        try:
            await stray.signal("supersede", WHY)
        except ApplicationError:
            break  # it has ended, or it never was
        sequence = number
        await workflow.sleep(PAUSE, summary=f"until {lost.workflow_id} has ended")
    return sequence
