"""Which member leaves its node next."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.evacuation import next_move
from workflows.model.members import MemberSeen, Membership, PodSeen
from workflows.renewal import Act, Move

NAME = "db"


def pod(ordinal: int, **more: Any) -> PodSeen:
    facts = {"role": "replica" if ordinal else "master", "ready": True, "phase": "Running"}
    place = {"name": f"{NAME}-{ordinal}", "uid": f"u{ordinal}", "node": f"n{ordinal}"}
    return PodSeen.model_validate({**place, **facts, **more})


def going(ordinal: int, **more: Any) -> PodSeen:
    return pod(ordinal, leaving="is cordoned", **more)


def member(ordinal: int, **more: Any) -> MemberSeen:
    lead = ordinal == 0
    facts = {
        "role": "leader" if lead else "replica",
        "state": "running" if lead else "streaming",
        "timeline": 1,
        "lag_bytes": None if lead else 0,
    }
    return MemberSeen.model_validate({"name": f"{NAME}-{ordinal}", **facts, **more})


def seen(*pods: PodSeen, **more: Any) -> Membership:
    members = [member(one.ordinal) for one in pods if one.ready]
    facts = {"pods": list(pods), "members": members, "instances": len(pods)}
    return Membership.model_validate(facts | more)


def move(*pods: PodSeen, primary_stays: bool = False, **more: Any) -> tuple[Act, str]:
    found = next_move(seen(*pods, **more), NAME, primary_stays=primary_stays)
    return found.act, found.name


def test_nothing_is_done_while_no_node_is_to_be_left() -> None:
    assert move(pod(0), pod(1)) == (Act.DONE, "")


def test_replicas_move_before_the_primary_hands_over() -> None:
    assert move(going(0), going(1), pod(2)) == (Act.RENEW, "db-1")
    assert move(going(0), pod(1), pod(2)) == (Act.SWITCH_OVER, "db-1")


def test_the_primary_only_goes_to_a_node_that_stays() -> None:
    assert move(going(0), going(1, stays="bound"), pod(2)) == (Act.SWITCH_OVER, "db-2")
    assert move(going(0), going(1, stays="bound")) == (Act.WAIT, "")


def test_no_replica_moves_before_the_others_serve() -> None:
    starting = pod(2, ready=False, role="", reason="starts")
    assert move(pod(0), going(1), starting) == (Act.AWAIT, "db-2")


def test_a_member_that_finds_no_node_does_not_hold_up_the_primary() -> None:
    homeless = pod(2, ready=False, role="", node="", reason="not scheduled: 0/3 nodes fit")
    assert move(going(0), going(1), homeless, pod(3)) == (Act.SWITCH_OVER, "db-3")


def test_a_replica_that_copies_is_let_finish() -> None:
    copying = going(1, ready=False)
    members = [member(0), member(1, state="creating replica"), member(2)]
    assert move(pod(0), copying, pod(2), members=members) == (Act.AWAIT, "db-1")


def test_a_single_member_moves_with_downtime() -> None:
    found = next_move(seen(going(0)), NAME)
    assert (found.act, found.name, found.downtime) == (Act.RENEW, "db-0", True)


def test_who_fits_nowhere_else_stays_and_says_why() -> None:
    found = next_move(seen(going(0, stays="its volume is bound")), NAME)
    assert found == Move(act=Act.DONE, why="db-0 stays on n0: its volume is bound")
    found = next_move(seen(pod(0), going(1, stays="its volume is bound")), NAME)
    assert found.act is Act.DONE


def test_outside_of_windows_only_replicas_move() -> None:
    assert move(going(0), going(1), primary_stays=True) == (Act.RENEW, "db-1")
    assert move(going(0), pod(1), primary_stays=True) == (Act.DONE, "")


@pytest.mark.parametrize("trouble", [{"held": True}, {"members": []}])
def test_a_cluster_that_nobody_leads_or_that_is_paused_is_waited_for(trouble: Any) -> None:
    assert move(going(0), pod(1), **trouble) == (Act.WAIT, "")


def test_nobody_takes_over_who_may_not() -> None:
    members = [member(0), member(1, nofailover=True)]
    found = next_move(seen(going(0), pod(1), members=members), NAME)
    assert (found.act, found.leads) == (Act.RENEW, True)  # nobody ever will, so with downtime
    members = [member(0), member(1, state="stopped")]
    assert move(going(0), pod(1), members=members) == (Act.WAIT, "")


PODS = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=4)


@given(PODS)
def test_whoever_moves_is_to_leave_and_can_and_nobody_else_is_touched(
    facts: list[tuple[bool, bool, bool]],
) -> None:
    pods = [
        pod(
            number,
            leaving="is cordoned" if leaving else "",
            stays="bound" if leaving and stays else "",
            ready=ready,
        )
        for number, (leaving, stays, ready) in enumerate(facts)
    ]
    found = next_move(seen(*pods), NAME)
    if found.act is Act.RENEW:
        one = pods[int(found.name[-1])]
        assert one.leaving
        assert not one.stays
        assert found.leads == (one.ordinal == 0)
        assert not found.leads or len(pods) == 1
    if found.act is Act.SWITCH_OVER:
        assert pods[0].leaving
        assert not pods[int(found.name[-1])].leaving
