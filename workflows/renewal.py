"""Which pod is made anew next, decided on a fresh look each time. Pure.

One at a time: broken ones first, since that may be their cure, then healthy replicas, the primary
last and after a switchover. Whoever was made anew must serve before another one is touched. The
same look after a crash, a failover or an edit leads to what is left to do.
"""

from enum import StrEnum

from workflows import health
from workflows.model import names
from workflows.model.base import Message
from workflows.model.members import MemberSeen, Membership, PodSeen


class Act(StrEnum):
    """What a move does."""

    RENEW = "renew"
    AWAIT = "await"
    """Until one member serves."""
    SWITCH_OVER = "switch over"
    WAIT = "wait"
    """Until another look finds something else."""
    DONE = "done"


class Move(Message):
    """The next thing to do, and why."""

    act: Act
    name: str = ""
    """Of the member that is renewed, awaited, or to lead."""
    pod_uid: str = ""
    leads: bool = False
    """The pod may go although it is the primary."""
    gated: bool = True
    """Once made anew it has to serve before anything else is done."""
    why: str

    @property
    def downtime(self) -> bool:
        """A primary that serves is made anew, and nobody serves meanwhile."""
        return self.leads and self.gated


def next_move(seen: Membership, cluster: str, *, primary_stays: bool = False) -> Move:
    """What to do next for the cluster of this name.

    `primary_stays`: one that leads neither hands over nor is made anew.
    """
    stale = [pod for pod in wanted(seen) if pod.stale]
    if not stale:
        return _finish_begun(seen) or Move(act=Act.DONE, why="every pod is as the template says")
    if seen.held:
        return Move(act=Act.WAIT, why="Patroni is paused; it would not start what was made anew")
    leader = living_leader(seen)
    if leader is None:
        return _without_leader(seen, stale)
    return (
        _finish_begun(seen)
        or _cure(seen, stale, leader)
        or _complete(seen, cluster, leader)
        or _renew_replica(stale, leader)
        or (_leave_primary(stale[0]) if primary_stays else None)
        or _renew_primary(seen, stale[0], leader)
    )


def wanted(seen: Membership) -> list[PodSeen]:
    """Pods that stay with this number of instances."""
    return [pod for pod in seen.pods if pod.ordinal < seen.instances]


def living_leader(seen: Membership) -> MemberSeen | None:
    """Patroni remembers a dead leader for a while, so its pod has to be alive too."""
    alive = {pod.name for pod in seen.pods if pod.phase == "Running" and not pod.deleting}
    return seen.leader if seen.leader and seen.leader.name in alive else None


def _without_leader(seen: Membership, stale: list[PodSeen]) -> Move:
    """Nobody serves anyway, so nothing is lost by trying what may be the cure."""
    for pod in stale:
        if health.broken(seen, pod):
            why = f"nobody leads, and {pod.name} is broken: {_state(seen, pod)}"
            return _renew(pod, leads=True, gated=False, why=why)
    return Move(act=Act.WAIT, why=f"nobody leads; {_states(seen)}")


def _finish_begun(seen: Membership) -> Move | None:
    """Whoever is current must serve before another one is touched."""
    for pod in wanted(seen):
        lacks = health.lack(seen, pod.name)
        if lacks and not pod.stale:
            return Move(act=Act.AWAIT, name=pod.name, why=lacks)
    return None


def _cure(seen: Membership, stale: list[PodSeen], leader: MemberSeen) -> Move | None:
    others = [pod for pod in stale if pod.name != leader.name]
    for pod in others:
        if health.broken(seen, pod):
            return _renew(pod, why=f"broken: {_state(seen, pod)}")
    for pod in others:
        if health.builds(seen, pod):
            return Move(act=Act.AWAIT, name=pod.name, why=_state(seen, pod))
    return None


def _complete(seen: Membership, cluster: str, leader: MemberSeen) -> Move | None:
    """Members that are about to be made. They may have to wait for a primary that is not ready."""
    there = {pod.name for pod in seen.pods}
    if not any(pod.ready for pod in seen.pods if pod.name == leader.name):
        return None
    for ordinal in range(seen.instances):
        name = names.pod(cluster, ordinal)
        if name not in there:
            return Move(act=Act.AWAIT, name=name, why="its pod does not exist yet")
    return None


def _renew_replica(stale: list[PodSeen], leader: MemberSeen) -> Move | None:
    replica = next((pod for pod in stale if pod.name != leader.name), None)
    return _renew(replica, why=replica.stale) if replica else None


def _leave_primary(primary: PodSeen) -> Move:
    why = f"{primary.name} leads and is made anew in the next maintenance window"
    return Move(act=Act.DONE, name=primary.name, why=why)


def _renew_primary(seen: Membership, primary: PodSeen, leader: MemberSeen) -> Move:
    others = [pod.name for pod in wanted(seen) if pod.name != leader.name]
    candidate = health.candidate(seen, among=others)
    if candidate is not None:
        why = f"{leader.name} is to be made anew: {primary.stale}"
        return Move(act=Act.SWITCH_OVER, name=candidate.name, why=why)
    if all(member.nofailover for member in seen.members if member.name in others):
        return _renew(primary, leads=True, why=primary.stale)
    return Move(act=Act.WAIT, why=f"nobody may take over yet; {obstacles(seen, others)}")


def obstacles(seen: Membership, among: list[str]) -> str:
    """Why none of these members may take over, each with its reason."""
    known = {member.name: health.unfit(seen, member, among=among) for member in seen.members}
    return ", ".join(f"{name}: {known.get(name, 'not known to Patroni')}" for name in among)


def _renew(pod: PodSeen, *, why: str, leads: bool = False, gated: bool = True) -> Move:
    return Move(act=Act.RENEW, name=pod.name, pod_uid=pod.uid, leads=leads, gated=gated, why=why)


def _state(seen: Membership, pod: PodSeen) -> str:
    return health.lack(seen, pod.name) or "it works"


def _states(seen: Membership) -> str:
    return ", ".join(f"{pod.name}: {_state(seen, pod)}" for pod in wanted(seen))
