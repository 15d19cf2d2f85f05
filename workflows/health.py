"""What a member lacks before the next one may be touched, and who may take over. Pure.

A role label alone says little: a replica has one while it still copies. So Patroni's view counts as
well: state, timeline, lag and pending restarts.
"""

from collections.abc import Collection

from workflows.model.members import LEADERS, MemberSeen, Membership, PodSeen
from workflows.model.names import Role

SYNCHRONOUS = frozenset({"sync_standby", "quorum_standby"})
WORKING = frozenset({"running", "streaming"})
WORKING_STANDBY = WORKING | {"in archive recovery"}
BUILDING = frozenset(
    {"creating replica", "initializing new cluster", "running custom bootstrap script"}
)
"""States that take long and lead somewhere; ending them would lose what was done."""


def lack(seen: Membership, name: str) -> str:
    """What keeps a member from serving as well as it can, or nothing."""
    pod = next((pod for pod in seen.pods if pod.name == name), None)
    if pod is None:
        return "its pod does not exist yet"
    if not _serves(pod):
        return pod.reason or "its pod is not ready"
    member = seen.member(name)
    if member is None or not member.state:
        return "Patroni there is not known yet"
    if not works(seen, member):
        return member.state
    return arrears(member, seen.leader, max_lag=seen.max_lag_bytes) or _mislabelled(pod, member)


def arrears(member: MemberSeen, leader: MemberSeen | None, *, max_lag: int) -> str:
    """What a working member lacks by comparison with the leader, or nothing."""
    if leader is None:
        return "nobody leads"
    if member.name == leader.name:
        return ""
    if member.timeline != leader.timeline:
        return f"on timeline {member.timeline}, the primary is on {leader.timeline}"
    if member.lag_bytes is None:
        return "how far it is behind is not known"
    if member.lag_bytes > max_lag:
        return f"{member.lag_bytes} bytes behind, at most {max_lag} are allowed"
    if waits_for_restart(member, leader):
        return "Postgres there waits for a restart"
    return ""


def waits_for_restart(member: MemberSeen, leader: MemberSeen) -> bool:
    """Whether a restart would help. While the primary waits for one too, its replicas can't be rid
    of theirs: they may not have less than it has of what is to be lowered."""
    return member.pending_restart and not leader.pending_restart


def works(seen: Membership, member: MemberSeen) -> bool:
    """Whether Postgres there runs; in a cluster that follows another one, all recover."""
    follows = seen.leader is not None and seen.leader.role == "standby_leader"
    return member.state in (WORKING_STANDBY if follows else WORKING)


def builds(seen: Membership, pod: PodSeen) -> bool:
    """Whether its data directory is being made right now."""
    member = seen.member(pod.name)
    return pod.phase == "Running" and member is not None and member.state in BUILDING


def broken(seen: Membership, pod: PodSeen) -> bool:
    """Whether it serves nobody and does nothing that would change that.

    Where no member answers it may be us who can't reach them. Then a pod without a role label is
    one whose Patroni has never come up, and one with a label is left in peace.
    """
    if builds(seen, pod):
        return False
    if not _serves(pod):
        return True
    member = seen.member(pod.name)
    if member is None:
        return bool(seen.members) or not pod.role
    return not works(seen, member)


def candidate(seen: Membership, *, among: Collection[str]) -> MemberSeen | None:
    """Who takes over from the leader: a synchronous standby before others, then the least behind.

    In synchronous mode only such a standby has everything that was acknowledged, so another one is
    made one before it leads.
    """
    fit = [member for member in seen.members if not unfit(seen, member, among=among)]
    order = {name: place for place, name in enumerate(among)}
    return min(
        fit,
        key=lambda one: (one.role not in SYNCHRONOUS, one.lag_bytes or 0, order[one.name]),
        default=None,
    )


def unfit(seen: Membership, member: MemberSeen, *, among: Collection[str]) -> str:
    """Why a member can't take over, or nothing."""
    if member.role in LEADERS:
        return "it leads"
    if member.name not in among:
        return "it is to go"
    if member.nofailover:
        return "tagged nofailover"
    return lack(seen, member.name) or _asynchronous(seen, member)


def becomes_synchronous(seen: Membership, name: str) -> bool:
    """Whether it has to be made a synchronous standby before it may lead."""
    member = seen.member(name)
    return seen.synchronous and member is not None and member.role not in SYNCHRONOUS


def _asynchronous(seen: Membership, member: MemberSeen) -> str:
    if not becomes_synchronous(seen, member.name):
        return ""
    if not seen.any_may_lead:
        return "not a synchronous standby yet"
    return "tagged nosync" if member.nosync else ""


def _serves(pod: PodSeen) -> bool:
    return pod.ready and pod.phase == "Running" and not pod.deleting


def _mislabelled(pod: PodSeen, member: MemberSeen) -> str:
    expected = Role.MASTER if member.role in LEADERS else Role.REPLICA
    return "" if pod.role == expected else f"its pod is not labelled {expected.value} yet"
