"""What an operation would do, told before it begins: pure, from one look at the cluster."""

from collections.abc import Callable, Sequence

from workflows import health
from workflows.evacuation import departing
from workflows.model.kinds import Kind
from workflows.model.members import PodSeen
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.model.postgresoperation import OperationPlan
from workflows.renewal import obstacles

SWITCHOVER_SECONDS = 2.5
"""As measured: Patroni stops the old primary, and the new one ends its recovery."""
RESTART_SECONDS = 4.0
"""Of Postgres in place, as long as clients don't hold it up."""
ALONE_SECONDS = 20.0
"""A pod that nobody stands in for: it stops, is made anew, and recovers."""
GUESSES = {
    Kind.CREATE: 30.0,
    Kind.UPDATE: 10.0,
    Kind.SYNC: 5.0,
    Kind.DELETE: 15.0,
    Kind.SWITCHOVER: 10.0,
    Kind.RESTART: 15.0,
    Kind.REINITIALISE: 60.0,
}
POD_SECONDS = 15.0
"""To make one pod anew and see it serve."""


def preview(order: OperationOrder, seen: Observation) -> OperationPlan:
    """The plan of an operation, as people are shown it."""
    return _PLANS.get(order.kind, _changes)(order, seen)


def expected(order: OperationOrder, seen: Observation) -> tuple[float, str]:
    """Seconds that it will take, and what that rests on."""
    if known := seen.durations.get(order.kind):
        return known, "this cluster's earlier ones"
    pods = len(order.plan.restarts) if order.plan else 0
    return GUESSES.get(order.kind, POD_SECONDS * max(1, pods)), "a guess, as there was none before"


def _changes(order: OperationOrder, seen: Observation) -> OperationPlan:
    moves = bool(seen.primary and seen.is_surplus(seen.primary) and seen.instances)
    return OperationPlan(
        why=order.why,
        changes=[str(drifted) for drifted in seen.objects],
        restarts=list(seen.patroni.restarts) if order.patroni else [],
        leader=_leader(seen),
        primary_moves=moves,
        write_gap_seconds=SWITCHOVER_SECONDS if moves else None,
    )


def _rolling_update(order: OperationOrder, seen: Observation) -> OperationPlan:
    leader = _leader(seen)
    pods = [pod for pod in seen.pods if not seen.is_surplus(pod)]
    template = seen.new_template is not None or bool(seen.template_waits)
    chosen = [pod.name for pod in pods if _is_chosen(pod, order) or template]
    return _made_anew(order, seen, chosen, moves=leader in chosen)


def _made_anew(
    order: OperationOrder, seen: Observation, chosen: Sequence[str], *, moves: bool
) -> OperationPlan:
    """These pods, the primary last; `moves`: writes stop for it."""
    leader, alone = _leader(seen), seen.instances < 2
    gap = ALONE_SECONDS if alone else SWITCHOVER_SECONDS
    return OperationPlan(
        why=order.why,
        restarts=sorted(chosen, key=lambda name: name == leader),
        leader=leader,
        primary_moves=moves and not alone,
        write_gap_seconds=gap if moves else None,
        preflight=_obstacles(seen) if moves and not alone else [],
    )


def _is_chosen(pod: PodSeen, order: OperationOrder) -> bool:
    """Who was made anew already is the one to be made from the former template again."""
    return pod.current if order.rolls_back else bool(pod.stale) or order.requested


def _switchover(order: OperationOrder, seen: Observation) -> OperationPlan:
    return OperationPlan(
        why=order.why,
        leader=_leader(seen),
        primary_moves=True,
        write_gap_seconds=SWITCHOVER_SECONDS,
        preflight=_obstacles(seen, only=order.candidate),
    )


def _restart(order: OperationOrder, seen: Observation) -> OperationPlan:
    leader = _leader(seen)
    waiting = {member.name for member in seen.members if member.pending_restart}
    chosen = [pod.name for pod in seen.pods if order.member in ("", pod.name)]
    pods = [name for name in chosen if name in waiting] if order.patroni else chosen
    return OperationPlan(
        why=order.why,
        changes=list(seen.patroni.restarts) if order.patroni else [],
        restarts=sorted(pods, key=lambda name: name == leader),
        leader=leader,
        write_gap_seconds=RESTART_SECONDS if leader in pods else None,
    )


def _reinitialise(order: OperationOrder, seen: Observation) -> OperationPlan:
    leads = order.member == _leader(seen)
    return OperationPlan(
        why=order.why,
        restarts=[order.member],
        leader=_leader(seen),
        preflight=[f"{order.member} leads"] if leads else [],
    )


def _drain(order: OperationOrder, seen: Observation) -> OperationPlan:
    leader = _leader(seen)
    leaving = departing(seen.membership)
    moves = any(pod.name == leader for pod in leaving) and not order.primary_stays
    chosen = [pod.name for pod in leaving if not pod.stays and (moves or pod.name != leader)]
    return _made_anew(order, seen, chosen, moves=moves)


_PLANS: dict[Kind, Callable[[OperationOrder, Observation], OperationPlan]] = {
    Kind.ROLLING_UPDATE: _rolling_update,
    Kind.SWITCHOVER: _switchover,
    Kind.RESTART: _restart,
    Kind.REINITIALISE: _reinitialise,
    Kind.DRAIN: _drain,
}


def _leader(seen: Observation) -> str:
    leader = seen.membership.leader
    return leader.name if leader else ""


def _obstacles(seen: Observation, *, only: str = "") -> list[str]:
    """Why nobody may take over right now, or nothing."""
    leader = _leader(seen)
    among = [only] if only else [pod.name for pod in seen.pods if pod.name != leader]
    if health.candidate(seen.membership, among=among) is not None:
        return []
    return [f"nobody may take over yet; {obstacles(seen.membership, among)}"]
