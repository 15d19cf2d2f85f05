"""Which member leaves its node next, decided on a fresh look each time. Pure.

Replicas first, one at a time, each served again before the next; then the primary hands over to a
member on a node that stays, and its pod follows. Who fits on no other node is passed over.
"""

from workflows import health
from workflows.model import names
from workflows.model.kinds import Kind
from workflows.model.members import Membership, PodSeen
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.orders import order_for
from workflows.renewal import Act, Move, living_leader, obstacles, wanted

NOBODY = "nobody is on a node that is to be left"


def next_move(seen: Membership, cluster: str, *, primary_stays: bool = False) -> Move:
    """What to do next for the cluster of this name."""
    leaving = departing(seen)
    if not leaving:
        return Move(act=Act.DONE, why=NOBODY)
    if seen.held:
        return Move(act=Act.WAIT, why="Patroni is paused; it would not start what has moved")
    leader = living_leader(seen)
    if leader is None:
        return Move(act=Act.WAIT, why="nobody leads")
    replica = next((pod for pod in leaving if pod.name != leader.name and not pod.stays), None)
    primary = next((pod for pod in leaving if pod.name == leader.name), None)
    return (
        (_move_replica(seen, cluster, replica) if replica else None)
        or (_spare_primary(seen, primary) if primary and not primary_stays else None)
        or Move(act=Act.DONE, why=_left_behind(leaving))
    )


def order(seen: Observation, memory: Memory) -> OperationOrder | None:
    """What is to be done, if anything: replicas move at any time, the primary in windows."""
    leaving = departing(seen.membership)
    if not leaving:
        return None
    why = "; ".join(f"{pod.name} is on {pod.node}, which {pod.leaving}" for pod in leaving)
    patience = {"patience_seconds": seen.move_patience_seconds}
    whole = order_for(seen, memory, kind=Kind.DRAIN, why=why).model_copy(update=patience)
    if not seen.window_open:
        replicas = whole.model_copy(update={"primary_stays": True})
        if _first(seen, replicas).act is not Act.DONE:
            return replicas
    return whole if _first(seen, whole).act is not Act.DONE else None


def can_begin(seen: Observation, order: OperationOrder) -> bool:
    """Whether there is something to do rather than to wait for."""
    return _first(seen, order).act in (Act.RENEW, Act.SWITCH_OVER)


def _first(seen: Observation, order: OperationOrder) -> Move:
    return next_move(seen.membership, order.ref.name, primary_stays=order.primary_stays)


def departing(seen: Membership) -> list[PodSeen]:
    """Members that are to leave their node, whether they can or not."""
    return [pod for pod in wanted(seen) if pod.leaving and not pod.deleting]


def _move_replica(seen: Membership, cluster: str, replica: PodSeen) -> Move | None:
    """Not before the others serve; but a pod that finds no node must not hold up the primary."""
    there = {pod.name: pod for pod in wanted(seen)}
    for ordinal in range(seen.instances):
        name = names.pod(cluster, ordinal)
        pod = there.get(name)
        if pod is not None and pod.leaving:
            continue
        if lacks := health.lack(seen, name):
            homeless = pod is not None and not pod.node and not pod.deleting
            return None if homeless else Move(act=Act.AWAIT, name=name, why=lacks)
    if health.builds(seen, replica):
        return Move(act=Act.AWAIT, name=replica.name, why=health.lack(seen, replica.name))
    return _leave(replica)


def _spare_primary(seen: Membership, primary: PodSeen) -> Move:
    others = [pod for pod in wanted(seen) if pod.name != primary.name]
    staying = [pod.name for pod in others if not pod.leaving]
    candidate = health.candidate(seen, among=staying)
    if candidate is not None:
        why = f"{primary.name} is to leave {primary.node}, which {primary.leaving}"
        return Move(act=Act.SWITCH_OVER, name=candidate.name, why=why)
    barred = {member.name for member in seen.members if member.nofailover}
    if all(pod.name in barred for pod in others):
        if primary.stays:
            return Move(act=Act.DONE, why=_left_behind([primary]))
        return _leave(primary, leads=True)
    if not staying:
        return Move(act=Act.WAIT, why="all members are on nodes that are to be left")
    return Move(act=Act.WAIT, why=f"nobody may take over yet; {obstacles(seen, staying)}")


def _leave(pod: PodSeen, *, leads: bool = False) -> Move:
    why = f"{pod.node} {pod.leaving}"
    return Move(act=Act.RENEW, name=pod.name, pod_uid=pod.uid, leads=leads, why=why)


def _left_behind(leaving: list[PodSeen]) -> str:
    told = [f"{pod.name} stays on {pod.node}: {pod.stays or 'it leads'}" for pod in leaving]
    return "; ".join(told)
