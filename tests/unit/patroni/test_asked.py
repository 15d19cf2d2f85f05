"""What people ask of one member: looked at first, asked for once, seen to have happened."""

import pytest

from tests.unit.patroni.pods import pod
from tests.unit.patroni.rest import recorded
from tests.unit.patroni.scene import SECOND, Scene
from tests.unit.sql_server.world import NAME
from workflows.model.errors import NotYet, Precondition
from workflows.model.orders import ReinitialiseOrder, RestartMemberOrder

MEMBER = f"{NAME}-1"
BEFORE, ASKED, AFTER = (f"2026-01-31 12:00:0{second}.5+00:00" for second in (0, 1, 2))


@pytest.fixture
def scene(without_sql: Scene) -> Scene:
    scene = without_sql
    scene.put(pod(0, role="master"), pod(1, role="replica", address=SECOND))()
    says(scene, started=BEFORE)
    return scene


def says(scene: Scene, **facts: str) -> None:
    told = recorded("patroni-primary") | {"role": "replica", "state": "running"}
    told["postmaster_start_time"] = facts.pop("started", BEFORE)
    scene.second.says("/patroni", told | facts)


def restart(scene: Scene, *, seconds: float = 60.0) -> None:
    asked = scene.order(seconds)
    since = "2026-01-31T12:00:01Z"
    order = RestartMemberOrder(
        ref=asked.ref, uid=asked.uid, member=MEMBER, since=since, deadline_seconds=seconds
    )
    scene.steps().restart_member(order)


def reinitialise(scene: Scene) -> None:
    asked = scene.order()
    scene.steps().reinitialise(ReinitialiseOrder(ref=asked.ref, uid=asked.uid, member=MEMBER))


def paths(scene: Scene) -> list[str]:
    return [path for path, _ in scene.second.posted]


def test_postgres_is_restarted_once(scene: Scene) -> None:
    scene.second.says("/restart", "restarted successfully")
    scene.second.then = lambda: says(scene, started=AFTER)
    restart(scene)
    assert paths(scene) == ["/restart"]


def test_one_that_was_started_since_is_left_alone(scene: Scene) -> None:
    says(scene, started=AFTER)
    restart(scene)
    assert paths(scene) == []


def test_one_that_starts_right_now_is_waited_for(scene: Scene) -> None:
    says(scene, state="starting")
    with pytest.raises(NotYet, match="starting"):
        restart(scene, seconds=0.2)
    assert paths(scene) == []


def test_a_refusal_is_told_in_patronis_words(scene: Scene) -> None:
    scene.second.says("/restart", b"another restart is running", status=503)
    with pytest.raises(Precondition, match="another restart is running"):
        restart(scene)


def test_a_replica_copies_its_data_anew(scene: Scene) -> None:
    scene.second.says("/reinitialize", "reinitialize started")
    scene.second.then = lambda: says(scene, state="creating replica")
    reinitialise(scene)
    assert paths(scene) == ["/reinitialize"]


def test_one_that_copies_already_is_left_alone(scene: Scene) -> None:
    says(scene, state="creating replica")
    reinitialise(scene)
    assert paths(scene) == []


def test_the_leader_keeps_its_data(scene: Scene) -> None:
    says(scene, role="primary")
    with pytest.raises(Precondition, match="leads"):
        reinitialise(scene)
    assert paths(scene) == []
