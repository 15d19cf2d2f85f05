"""Restarts and switchovers that an update may not do by the way."""

import pytest

from tests.unit.test_plan import drifted, plan, pod, running
from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.members import MemberSeen
from workflows.model.memory import Memory
from workflows.model.observation import Observation, PatroniSeen
from workflows.model.status import Word

WAITS = "acid-orders-1 waits for a restart: max_connections 100 -> 120"
OPENS = "2026-01-01T22:00:00Z"


def to_restart(**more: object) -> Observation:
    members = [
        MemberSeen(name="acid-orders-0", role="leader"),
        MemberSeen(name="acid-orders-1", role="replica", pending_restart=True),
    ]
    facts = {"patroni": PatroniSeen(restarts=[WAITS]), "members": members}
    approval = {"apart": [Kind.RESTART], "to_approve": [Kind.RESTART]}
    return running(**{**facts, **approval, **more})


def to_shrink(**more: object) -> Observation:
    """From three members to two, and the third one leads."""
    pods = [pod(0, role="replica"), pod(1), pod(2, role="master")]
    members = [
        MemberSeen(name="acid-orders-0", role="replica"),
        MemberSeen(name="acid-orders-1", role="replica"),
        MemberSeen(name="acid-orders-2", role="leader"),
    ]
    facts = {"pods": pods, "members": members, "objects": [drifted("StatefulSet")]}
    approval = {"apart": [Kind.SWITCHOVER], "to_approve": [Kind.SWITCHOVER]}
    return running(**{**facts, **approval, **more})


def test_a_restart_that_parameters_ask_for_waits_for_approval_and_shows_whom_it_concerns() -> None:
    found = plan(to_restart())
    assert found.order is None
    assert found.held is not None
    assert (found.held.order.kind, found.held.why) == (Kind.RESTART, "approval")
    assert found.held.order.plan is not None
    assert found.held.order.plan.restarts == ["acid-orders-1"]
    assert found.held.order.plan.write_gap_seconds is None
    assert found.report is not None
    synced = {one.type: one for one in found.report.conditions or []}["Synced"]
    assert (synced.status, synced.message) == ("False", "waits for approval")


def test_it_waits_for_a_window_likewise() -> None:
    closed = {"to_approve": [], "in_windows": [Kind.RESTART], "window_open": False}
    found = plan(to_restart(**closed, window_opens=OPENS))
    assert found.held is not None
    assert found.held.why == f"a maintenance window, opens at {OPENS}"


def test_once_it_is_approved_those_are_restarted_that_wait_for_it() -> None:
    held = plan(to_restart()).held
    assert held is not None
    order = plan(to_restart(), Memory(uid="u", approved=[held.order.record])).order
    assert order is not None
    assert (order.kind, order.patroni, order.restarts_wait) == (Kind.RESTART, True, False)


def test_parameters_are_brought_to_patroni_meanwhile_and_nobody_is_restarted() -> None:
    patroni = PatroniSeen(changes=["max_connections is 100, not 120"], restarts=[WAITS])
    order = plan(to_restart(patroni=patroni)).order
    assert order is not None
    assert (order.kind, order.patroni, order.restarts_wait) == (Kind.SYNC, True, True)


def test_a_restart_holds_nothing_else_up() -> None:
    order = plan(to_restart(sql_pending=["role shop is to be created"])).order
    assert order is not None
    assert (order.kind, order.patroni, order.sql) == (Kind.SYNC, False, True)


def test_without_such_a_rule_the_restart_is_a_part_of_the_update() -> None:
    order = plan(to_restart(apart=[], to_approve=[])).order
    assert order is not None
    assert (order.kind, order.patroni, order.restarts_wait) == (Kind.SYNC, True, False)


def test_nobody_is_removed_before_the_primary_may_move() -> None:
    found = plan(to_shrink())
    assert found.order is None
    assert found.held is not None
    assert (found.held.order.kind, found.held.why) == (Kind.SWITCHOVER, "approval")
    assert found.held.order.why == "acid-orders-2 leads and is to go"
    assert found.report is not None
    assert (found.report.word, found.report.members_ready) == (Word.RUNNING, "3/3")


def test_other_objects_are_looked_after_meanwhile() -> None:
    objects = [drifted("StatefulSet"), drifted("Service")]
    order = plan(to_shrink(objects=objects)).order
    assert order is not None
    assert (order.groups, order.surplus, order.instances) == ([Group.SERVICES], [], 3)


def test_once_it_may_the_primary_moves_away_from_who_leads_now() -> None:
    held = plan(to_shrink()).held
    assert held is not None
    order = plan(to_shrink(), Memory(uid="u", approved=[held.order.record])).order
    assert order is not None
    assert (order.kind, order.former) == (Kind.SWITCHOVER, "acid-orders-2")


@pytest.mark.parametrize(
    "more",
    [
        {"apart": [], "to_approve": []},
        {"pods": [pod(0), pod(1), pod(2)]},
        {"instances": 0},
        {"status": {"word": "CreateFailed"}},
    ],
    ids=["no such rule", "a replica goes", "nobody stays", "never created"],
)
def test_otherwise_members_are_removed_at_once(more: dict[str, object]) -> None:
    order = plan(to_shrink(**more)).order
    assert order is not None
    assert Group.STATEFUL_SET in order.groups
    assert order.surplus
