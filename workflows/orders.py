"""What an operation is told when it begins. Pure."""

from collections.abc import Sequence

from workflows.model.children import Group, Stage
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.reasons import groups_to_apply


def order_for(
    seen: Observation,
    memory: Memory,
    *,
    kind: Kind,
    why: str,
    groups: Sequence[Group] = (),
) -> OperationOrder:
    """What an operation of this kind is to do, as the cluster was seen."""
    changes = Group.STATEFUL_SET in groups_to_apply(seen)
    waits = not (seen.stale or (seen.pods and changes))  # another look tells who is stale then
    connects = waits or bool(seen.sql_pending)
    return OperationOrder(
        ref=seen.ref,
        uid=seen.uid or memory.uid,
        generation=seen.generation,
        kind=kind,
        why=why,
        groups=list(groups),
        stages=list(Stage) if kind is Kind.DELETE else [],
        instances=seen.instances,
        sql=connects and seen.database_access and not seen.standby and seen.instances > 0,
        patience_seconds=seen.patience_seconds,
        members=waits,
        surplus=[pod.name for pod in seen.surplus],
        longest_retry_seconds=seen.longest_retry_seconds,
        patroni=_configures(seen, kind),
        configuration=seen.rollout.name if kind is Kind.ROLLING_UPDATE else "",
        restarts_wait=_restarts_wait(seen, kind),
        untouched=seen.untouched,
        cloud_volumes=any(one.cloud for one in seen.objects),
    )


def _configures(seen: Observation, kind: Kind) -> bool:
    """In a new cluster it is seen only when members run, and before that step by step."""
    if kind is Kind.CREATE:
        return seen.instances > 0
    restarts = seen.patroni.restarts and not _restarts_wait(seen, kind)
    return bool(seen.patroni.changes or restarts)


def _restarts_wait(seen: Observation, kind: Kind) -> bool:
    """Nobody uses a new cluster yet."""
    return Kind.RESTART in seen.apart and kind not in (Kind.CREATE, Kind.RESTART)
