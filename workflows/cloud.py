"""Volumes that are modified by the cloud's own API, as a part of create and update."""

from workflows.gates import Operation, StepFailed
from workflows.model.orders import CloudVolumesOrder
from workflows.steps import CloudSteps


async def modify_volumes(operation: Operation) -> None:
    """Before claims are resized: one modification in hours is all that EC2 allows for a volume.

    So size, type and speed are asked for together, and the storage driver finds the size done.
    Trouble is told and holds nothing else up. Orders of former releases never ask for it.
    """
    order = operation.order
    if not order.cloud_volumes:
        return
    asked = CloudVolumesOrder(ref=order.ref, uid=order.uid)
    try:
        done = await operation.step("modify volumes", CloudSteps.modify_volumes, asked)
    except StepFailed as error:
        operation.problems.append(str(error))
        return
    operation.changed.extend(done.changed)
    operation.problems.extend(done.problems)
