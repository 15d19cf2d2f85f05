"""What is a part of an update, and an operation of its own where that has to be held. Pure.

Restarts of Postgres that parameters ask for, and the switchover before a smaller number of
instances removes the primary: where their kind is to be approved, or to wait for a maintenance
window, the rest of the edit does not wait for them.
"""

from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.orders import order_for


def keep_primary(seen: Observation) -> Observation:
    """As if as many members as there are were wanted, until the primary is none of the surplus."""
    primary = seen.primary
    if Kind.SWITCHOVER not in seen.apart or not (seen.created and seen.instances):
        return seen
    if primary is None or not seen.is_surplus(primary):
        return seen
    return seen.model_copy(
        update={
            "objects": [one for one in seen.objects if one.kind != "StatefulSet"],
            "instances": max(pod.ordinal for pod in seen.pods) + 1,
            "primary_goes": f"{primary.name} leads and is to go",
        }
    )


def order(seen: Observation, memory: Memory) -> OperationOrder | None:
    """What is to be done apart from the rest, if anything."""
    if seen.primary_goes and seen.primary is not None:
        switchover = order_for(seen, memory, kind=Kind.SWITCHOVER, why=seen.primary_goes)
        return switchover.model_copy(update={"former": seen.primary.name})
    if Kind.RESTART in seen.apart and seen.patroni.restarts and not seen.stale:
        return order_for(seen, memory, kind=Kind.RESTART, why="; ".join(seen.patroni.restarts))
    return None
