"""The gate after a member was made anew, round after round."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.patroni.pods import pod
from tests.unit.patroni.rest import recorded
from tests.unit.patroni.scene import SECOND, Scene
from tests.unit.sql_server.world import NAME, NAMESPACE
from workflows.model.errors import NotYet
from workflows.model.orders import HealthOrder

REPLICA = f"{NAME}-1"


def order(scene: Scene, *, name: str = REPLICA, seconds: float = 60.0) -> HealthOrder:
    asked = scene.order(seconds)
    return HealthOrder(ref=asked.ref, uid=asked.uid, pod=name, deadline_seconds=seconds)


def replica(**more: Any) -> dict[str, Any]:
    made = pod(1, role="replica", address=SECOND)
    made["status"] |= {"conditions": [{"type": "Ready", "status": "True"}]} | more
    return made


def shows(scene: Scene, *, leader: dict[str, Any] | None = None, **member: Any) -> None:
    """Patroni's view, with other values for the replica or the leader."""
    answer = recorded("cluster-streaming")
    answer["members"][0] |= leader or {}
    answer["members"][1] |= {"host": SECOND} | member
    scene.first.says("/cluster", answer)


def ready(scene: Scene) -> None:
    scene.put(pod(0, role="master"), replica())()
    scene.leads()
    scene.first.says("/config", {"maximum_lag_on_failover": 4096})
    shows(scene)


def test_a_member_that_works_is_healthy_at_once(without_sql: Scene) -> None:
    ready(without_sql)
    members = without_sql.steps().until_healthy(order(without_sql)).members
    assert {member.name for member in members} == {f"{NAME}-0", REPLICA}
    assert without_sql.told == []


def test_a_member_is_healthy_whatever_the_manifest_says(without_sql: Scene) -> None:
    ready(without_sql)
    without_sql.spoil()
    assert len(without_sql.steps().until_healthy(order(without_sql)).members) == 2


def test_it_is_awaited_from_no_pod_to_everything_it_needs(without_sql: Scene) -> None:
    scene = without_sql
    ready(scene)
    del scene.world.kube.stored["Pod", NAMESPACE, REPLICA]
    scene.first.says("/cluster", recorded("cluster-alone"))
    events: list[Callable[[], None]] = [
        scene.put(replica()),
        lambda: shows(scene, state="starting"),
        lambda: shows(scene, timeline=7),
        lambda: shows(scene, lag="unknown"),
        lambda: shows(scene, lag=5000),
        lambda: shows(scene),
    ]

    scene.steps(events).until_healthy(order(scene))

    assert scene.told == [
        f"{REPLICA}: its pod does not exist yet",
        f"{REPLICA}: Patroni is starting",
        f"{REPLICA}: Postgres is starting",
        f"{REPLICA}: on timeline 7, the primary is on 1",
        f"{REPLICA}: how far it is behind is not known",
        f"{REPLICA}: 5000 bytes behind, at most 4096 are allowed",
    ]


def test_patronis_word_has_to_do_where_the_primary_lets_nobody_look(with_sql: Scene) -> None:
    scene = with_sql
    ready(scene)
    scene.world.passwords["postgres"] = "not-the-password"
    secret = f"postgres.{NAME}.credentials.postgresql.acid.zalan.do"
    scene.world.put_secret(NAMESPACE, secret, "postgres")
    scene.steps().until_healthy(order(scene))
    assert scene.told == []


def test_a_pod_that_is_not_ready_or_not_labelled_is_not_healthy(without_sql: Scene) -> None:
    scene = without_sql
    ready(scene)
    unlabelled = replica()
    unlabelled["metadata"]["labels"].pop("spilo-role")
    scene.put(unlabelled)()
    scene.steps([scene.put(replica(conditions=[])), scene.put(replica())]).until_healthy(
        order(scene)
    )
    assert scene.told == [
        f"{REPLICA}: its pod is not labelled replica yet",
        f"{REPLICA}: not ready",
    ]


def test_a_container_that_ends_again_and_again_is_named_and_not_patroni(
    without_sql: Scene,
) -> None:
    scene = without_sql
    ready(scene)
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s"}
    crashing = replica(
        conditions=[], containerStatuses=[{"name": "postgres", "state": {"waiting": waiting}}]
    )
    scene.put(crashing)()
    scene.first.says("/cluster", recorded("cluster-alone"))
    with pytest.raises(NotYet, match="container postgres: CrashLoopBackOff: back-off 10s"):
        scene.steps().until_healthy(order(scene, seconds=0.0))


def test_a_restart_that_only_it_waits_for_is_asked_for_once_in_a_while(without_sql: Scene) -> None:
    scene = without_sql
    ready(scene)
    shows(scene, pending_restart=True)
    scene.second.says("/restart", "restarted successfully")
    events: list[Callable[[], None]] = [lambda: None, lambda: None, lambda: shows(scene)]
    scene.steps(events).until_healthy(order(scene))
    assert scene.told == [f"{REPLICA}: Postgres there waits for a restart"]
    assert scene.second.posted == [("/restart", {"restart_pending": True})]


def test_no_restart_while_the_primary_waits_for_one_too(without_sql: Scene) -> None:
    scene = without_sql
    ready(scene)
    shows(scene, leader={"pending_restart": True}, pending_restart=True)
    scene.steps().until_healthy(order(scene))
    assert (scene.told, scene.second.posted) == ([], [])


def test_the_primary_itself_is_never_restarted(without_sql: Scene) -> None:
    scene = without_sql
    ready(scene)
    shows(scene, leader={"pending_restart": True})
    primary = pod(0, role="master")
    primary["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    scene.put(primary)()
    scene.steps().until_healthy(order(scene, name=f"{NAME}-0"))
    assert scene.first.posted == []
