"""Having the member that is to lead among the synchronous standbys, against a pretended Patroni."""

from typing import Any

import pytest

from activities.patroni import synchronous
from tests.unit.patroni.pods import pod
from tests.unit.patroni.rest import recorded
from tests.unit.patroni.scene import SECOND, Scene
from tests.unit.sql_server.world import NAME
from workflows.model.errors import NotYet, Precondition, Unavailable
from workflows.model.orders import ConfigureOrder, SynchronousOrder

LEADER, CANDIDATE = f"{NAME}-0", f"{NAME}-1"
COUNT = "synchronous_node_count"
MODE = {"synchronous_mode": True}


@pytest.fixture
def scene(without_sql: Scene) -> Scene:
    scene = without_sql
    scene.put(pod(0, role="master"), pod(1, role="replica", address=SECOND))()
    says(scene, candidate="replica", other="sync_standby")
    scene.first.says("/config", MODE)
    return scene


def says(scene: Scene, *, candidate: str, other: str, state: str = "streaming") -> None:
    """The roles of the two replicas, of which the second has no pod here; the first's state."""
    told = recorded("cluster-streaming")
    leader, replica = told["members"]
    roles = (CANDIDATE, candidate), (f"{NAME}-2", other)
    members = [leader, *(replica | {"name": name, "role": role} for name, role in roles)]
    members[1]["state"] = state
    scene.first.says("/cluster", told | {"members": members})


def takes_over(scene: Scene) -> None:
    """What Patroni does in its next round."""
    says(scene, candidate="sync_standby", other="sync_standby")


def make(scene: Scene, *events: Any, seconds: float = 60.0, leader: str = LEADER) -> str:
    asked = scene.order()
    order = SynchronousOrder(
        ref=asked.ref, uid=asked.uid, pod=CANDIDATE, leader=leader, deadline_seconds=seconds
    )
    return scene.steps(events).make_synchronous(order).lack


def reset(scene: Scene) -> None:
    asked = scene.order()
    scene.steps().reset_synchronous(ConfigureOrder(ref=asked.ref, uid=asked.uid))


def test_patroni_may_have_more_of_them_until_the_lead_has_moved(scene: Scene) -> None:
    assert make(scene, lambda: takes_over(scene)) == ""
    assert scene.first.posted == [("/config", {COUNT: 2})]
    assert scene.told == [f"{CANDIDATE}: becoming a synchronous standby"]


def test_one_that_is_one_already_is_left_alone(scene: Scene) -> None:
    says(scene, candidate="quorum_standby", other="quorum_standby")
    make(scene)
    assert scene.first.posted == []


def test_what_patroni_does_by_itself_is_waited_for(scene: Scene) -> None:
    says(scene, candidate="replica", other="replica")
    make(scene, lambda: None, lambda: takes_over(scene))
    assert scene.first.posted == []


def test_the_number_is_written_once(scene: Scene) -> None:
    stored = MODE | {COUNT: 2}
    make(
        scene,
        lambda: scene.first.says("/config", stored),
        lambda: None,
        lambda: takes_over(scene),
    )
    assert scene.first.posted == [("/config", {COUNT: 2})]


def test_somebody_else_who_leads_is_looked_at_again(scene: Scene) -> None:
    assert make(scene, leader=CANDIDATE) == f"{LEADER} leads now"
    assert scene.first.posted == []


def test_a_member_that_starts_is_waited_for(scene: Scene) -> None:
    says(scene, candidate="replica", other="sync_standby", state="starting")
    assert make(scene, lambda: takes_over(scene)) == ""
    assert scene.told == [f"{CANDIDATE}: Postgres is starting"]


def test_a_member_that_is_out_of_action_is_not_waited_for(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synchronous, "SECONDS_WITHOUT_WORK", -1.0)
    says(scene, candidate="replica", other="sync_standby", state="stopped")
    assert make(scene) == f"{CANDIDATE}: Postgres is stopped"
    assert scene.first.posted == []


def test_nobody_who_answers_is_shown(scene: Scene) -> None:
    scene.first.says("/config", {}, status=503)
    with pytest.raises(NotYet, match="can't be read"):
        make(scene, seconds=0.0)


@pytest.mark.parametrize(("live", "patches"), [({COUNT: 2}, [{COUNT: 0}]), ({}, [])])
def test_afterwards_there_are_as_many_as_the_manifest_says(
    scene: Scene, live: dict[str, Any], patches: list[Any]
) -> None:
    scene.first.says("/config", MODE | live)
    reset(scene)
    assert [body for _, body in scene.first.posted] == patches


def test_an_invalid_manifest_says_nothing_and_nothing_is_written(scene: Scene) -> None:
    scene.first.says("/config", MODE | {COUNT: 2})
    scene.spoil()
    reset(scene)
    assert scene.first.posted == []


def test_a_reset_that_nobody_hears_is_tried_again(scene: Scene) -> None:
    scene.first.says("/cluster", {}, status=503)
    with pytest.raises(Unavailable):
        reset(scene)


def test_no_member_of_another_cluster_of_the_same_name_is_touched(scene: Scene) -> None:
    ref = scene.order().ref
    order = SynchronousOrder(ref=ref, uid="another", pod=CANDIDATE, leader=LEADER)
    with pytest.raises(Precondition):
        scene.steps().make_synchronous(order)
