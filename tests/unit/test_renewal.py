"""The next move of a rolling update, from what one look at the members shows."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.model.members import MemberSeen, Membership, PodSeen
from workflows.renewal import Act, Move, next_move

NAME = "acid-orders"
STALE = "spec.containers[postgres].image"


def pod(number: int, *, stale: bool = True, **more: object) -> PodSeen:
    facts: dict[str, object] = {
        "role": "replica" if number else "master",
        "ready": True,
        "phase": "Running",
        "stale": STALE if stale else "",
    }
    return PodSeen.model_validate({"name": f"{NAME}-{number}", "uid": str(number)} | facts | more)


def member(number: int, **more: object) -> MemberSeen:
    leads = number == 0
    facts: dict[str, object] = {
        "role": "leader" if leads else "replica",
        "state": "running" if leads else "streaming",
        "timeline": 3,
        "lag_bytes": None if leads else 0,
    }
    return MemberSeen.model_validate({"name": f"{NAME}-{number}"} | facts | more)


def seen(*pods: PodSeen, members: list[MemberSeen] | None = None, **more: object) -> Membership:
    """A cluster of as many instances as there are pods, 0 leading."""
    given = [member(one.ordinal) for one in pods] if members is None else members
    facts: dict[str, object] = {"pods": list(pods), "members": given, "instances": len(pods)}
    return Membership.model_validate(facts | more)


def move(found: Membership) -> Move:
    return next_move(found, NAME)


def what(found: Membership) -> tuple[Act, str]:
    decided = move(found)
    return decided.act, decided.name.removeprefix(f"{NAME}-")


def test_nothing_is_done_when_every_pod_is_current_and_serves() -> None:
    assert what(seen(pod(0, stale=False), pod(1, stale=False))) == (Act.DONE, "")


def test_replicas_come_first_and_the_primary_moves_before_its_pod_goes() -> None:
    assert what(seen(pod(0), pod(1))) == (Act.RENEW, "1")
    assert what(seen(pod(0), pod(1, stale=False))) == (Act.SWITCH_OVER, "1")
    moved = seen(
        pod(0, role="replica"),
        pod(1, stale=False, role="master"),
        members=[
            member(0, role="replica", state="streaming", lag_bytes=0),
            member(1, role="leader", state="running"),
        ],
    )
    assert what(moved) == (Act.RENEW, "0")


def test_a_broken_replica_comes_before_a_healthy_one() -> None:
    broken = pod(2, ready=False, phase="Pending", reason="container postgres: ImagePullBackOff")
    assert what(seen(pod(0), pod(1), broken)) == (Act.RENEW, "2")


@pytest.mark.parametrize(
    ("replica", "why"),
    [
        ({"state": "starting"}, "starting"),
        ({"timeline": 2}, "on timeline 2, the primary is on 3"),
        ({"lag_bytes": None}, "how far it is behind is not known"),
        ({"lag_bytes": 2**30}, "1073741824 bytes behind, at most 1048576 are allowed"),
        ({"pending_restart": True}, "Postgres there waits for a restart"),
    ],
)
def test_the_next_is_not_touched_before_the_one_made_anew_serves(
    replica: dict[str, object], why: str
) -> None:
    begun = seen(
        pod(0), pod(1, stale=False), pod(2), members=[member(0), member(1, **replica), member(2)]
    )
    assert what(begun) == (Act.AWAIT, "1")
    assert move(begun).why == why


def test_a_pod_that_is_not_ready_or_not_labelled_does_not_serve() -> None:
    unready = pod(1, stale=False, ready=False, reason="not ready")
    assert what(seen(pod(0), unready)) == (Act.AWAIT, "1")
    assert what(seen(pod(0), pod(1, stale=False, role=""))) == (Act.AWAIT, "1")


def test_a_restart_the_primary_waits_for_too_holds_nobody_up() -> None:
    members = [member(0, pending_restart=True), member(1, pending_restart=True)]
    assert what(seen(pod(0), pod(1, stale=False), members=members)) == (Act.SWITCH_OVER, "1")


def test_a_base_backup_is_not_cut_short() -> None:
    members = [member(0), member(1, state="creating replica")]
    assert what(seen(pod(0), pod(1, ready=False), members=members)) == (Act.AWAIT, "1")


def test_a_member_that_is_still_to_be_made_is_waited_for() -> None:
    assert what(seen(pod(0), instances=2)) == (Act.AWAIT, "1")


def test_a_missing_member_does_not_wait_for_a_primary_that_it_waits_for() -> None:
    unready = pod(0, ready=False, reason="container sidecar: CrashLoopBackOff")
    assert what(seen(unready, instances=2))[0] is not Act.AWAIT


def test_one_instance_is_restarted_with_downtime_and_says_so() -> None:
    decided = move(seen(pod(0)))
    assert (decided.act, decided.leads, decided.downtime) == (Act.RENEW, True, True)


def test_the_primary_restarts_in_place_when_no_replica_may_ever_take_over() -> None:
    tagged = seen(pod(0), pod(1, stale=False), members=[member(0), member(1, nofailover=True)])
    assert (move(tagged).act, move(tagged).leads) == (Act.RENEW, True)


def test_the_least_behind_takes_over() -> None:
    members = [member(0), member(1, lag_bytes=900), member(2, lag_bytes=20)]
    pods = [pod(0), pod(1, stale=False), pod(2, stale=False)]
    assert what(seen(*pods, members=members)) == (Act.SWITCH_OVER, "2")


def test_a_synchronous_standby_takes_over_before_others() -> None:
    members = [member(0), member(1), member(2, role="sync_standby", lag_bytes=50)]
    pods = [pod(0), pod(1, stale=False), pod(2, stale=False)]
    assert what(seen(*pods, members=members)) == (Act.SWITCH_OVER, "2")


def test_synchronous_mode_waits_for_a_synchronous_standby() -> None:
    decided = move(seen(pod(0), pod(1, stale=False), synchronous=True))
    assert decided.act is Act.WAIT
    assert f"{NAME}-1: not a synchronous standby yet" in decided.why


def test_in_synchronous_mode_a_member_is_made_a_synchronous_standby_unless_tagged() -> None:
    pods = [pod(0), pod(1, stale=False), pod(2, stale=False)]
    members = [member(0), member(1, nosync=True), member(2, lag_bytes=20)]
    mode = {"synchronous": True, "any_may_lead": True}
    assert what(seen(*pods, members=members, **mode)) == (Act.SWITCH_OVER, "2")
    assert "tagged nosync" in move(seen(*pods[:2], members=members[:2], **mode)).why


def test_a_member_tagged_nofailover_never_takes_over() -> None:
    members = [member(0), member(1, nofailover=True), member(2, lag_bytes=9)]
    pods = [pod(0), pod(1, stale=False), pod(2, stale=False)]
    assert what(seen(*pods, members=members)) == (Act.SWITCH_OVER, "2")


def test_a_paused_patroni_is_left_alone() -> None:
    decided = move(seen(pod(0), pod(1), held=True))
    assert (decided.act, "paused" in decided.why) == (Act.WAIT, True)


def test_without_a_leader_only_what_is_broken_is_made_anew() -> None:
    down = pod(0, ready=False, phase="Pending", reason="container postgres: ErrImagePull")
    assert what(seen(down, members=[])) == (Act.RENEW, "0")
    assert move(seen(down, members=[])).gated is False
    followers = [member(0, role="replica", state="running"), member(1)]
    assert what(seen(pod(0), pod(1), members=followers)) == (Act.WAIT, "")


def test_a_leader_whose_pod_has_died_leads_no_more() -> None:
    dead = pod(0, ready=False, phase="Failed", reason="failed: Evicted")
    assert what(seen(dead, pod(1, stale=False))) == (Act.RENEW, "0")


def test_members_that_can_not_be_reached_are_not_taken_for_broken() -> None:
    assert move(seen(pod(0), pod(1), members=[])).act is Act.WAIT


def test_a_pod_whose_patroni_never_came_up_is_broken() -> None:
    assert what(seen(pod(0, role=""), members=[])) == (Act.RENEW, "0")


def test_members_that_are_to_go_do_not_matter() -> None:
    found = seen(pod(0, stale=False), pod(1), instances=1)
    assert what(found) == (Act.DONE, "")


# -------------------------------------------------------------------------------- as a whole


@dataclass
class Cluster:
    """A cluster that does what is asked of it; what a look shows of it may be delayed."""

    size: int
    leader: int
    stale: set[int]
    broken: set[int]
    fresh: set[int] = field(default_factory=set)
    """Made anew, and not serving yet."""
    moves: list[tuple[Act, int]] = field(default_factory=list)

    def look(self) -> Membership:
        pods = [
            pod(
                one,
                stale=one in self.stale,
                role="master" if one == self.leader else "replica",
                ready=one not in self.broken | self.fresh,
                reason="down",
            )
            for one in range(self.size)
        ]
        members = [
            member(one, role="leader", state="running", lag_bytes=None)
            if one == self.leader
            else member(one, role="replica", state="streaming", lag_bytes=0)
            for one in range(self.size)
        ]
        return seen(*pods, members=members)

    def make(self, decided: Move) -> None:
        number = int(decided.name.rpartition("-")[2])
        self.moves.append((decided.act, number))
        if decided.act is Act.RENEW:
            self.renew(number, leads=decided.leads)
        elif decided.act is Act.AWAIT:
            self.fresh.discard(number)
            self.broken.discard(number)
        elif decided.act is Act.SWITCH_OVER:
            assert number not in self.broken | self.fresh | self.stale
            self.leader = number

    def renew(self, number: int, *, leads: bool) -> None:
        assert not self.fresh, "two at once"
        assert number != self.leader or (leads and self.size == 1), "the primary, while it leads"
        self.stale.discard(number)
        self.broken.discard(number)
        self.fresh.add(number)


@st.composite
def clusters(draw: st.DrawFn) -> Cluster:
    size = draw(st.integers(1, 5))
    numbers = st.integers(0, size - 1)
    leader = draw(numbers)
    broken = draw(st.sets(numbers)) - {leader}
    return Cluster(size=size, leader=leader, stale=draw(st.sets(numbers)), broken=broken)


@given(clusters(), st.data())
def test_one_by_one_the_primary_last_until_nothing_is_stale(
    cluster: Cluster, data: st.DataObject
) -> None:
    """Also when the primary fails over to another healthy member between any two moves."""
    failovers = data.draw(st.integers(0, 3))
    for _ in range(6 * cluster.size + 3 * failovers):
        decided = move(cluster.look())
        if decided.act is Act.DONE:
            break
        assert decided.act is not Act.WAIT
        cluster.make(decided)
        healthy = set(range(cluster.size)) - cluster.broken - cluster.fresh
        if healthy and failovers and data.draw(st.booleans()):
            failovers -= 1
            cluster.leader = data.draw(st.sampled_from(sorted(healthy)))
    else:
        raise AssertionError(f"no end in sight: {cluster.moves}")
    assert not cluster.stale
    assert not cluster.fresh


@given(clusters())
def test_without_a_failover_the_primary_moves_once_at_most(cluster: Cluster) -> None:
    first = cluster.leader
    while (decided := move(cluster.look())).act is not Act.DONE:
        cluster.make(decided)
    moved = [number for act, number in cluster.moves if act is Act.SWITCH_OVER]
    renewed = [number for act, number in cluster.moves if act is Act.RENEW]
    assert len(moved) <= 1
    assert len(renewed) == len(set(renewed))
    assert first not in renewed or renewed[-1] == first


def test_a_primary_that_is_to_stay_ends_it_once_its_replicas_are_current() -> None:
    behind = seen(pod(0), pod(1))
    assert next_move(behind, NAME, primary_stays=True).act is Act.RENEW
    for left in (seen(pod(0), pod(1, stale=False)), seen(pod(0))):
        move = next_move(left, NAME, primary_stays=True)
        assert (move.act, move.name) == (Act.DONE, f"{NAME}-0")
