"""Waits that see Kubernetes, Patroni and the primary change, round after round."""

import pytest

from activities.patroni import sight
from tests.unit.patroni.pods import pod, unscheduled
from tests.unit.patroni.rest import recorded
from tests.unit.patroni.scene import SECOND, Scene
from tests.unit.sql_server.world import NAME, NAMESPACE
from workflows.model.errors import NotYet, Precondition

# ----------------------------------------------------------------------------------- primary


def test_a_primary_is_awaited_from_no_pod_to_its_label(without_sql: Scene) -> None:
    scene = without_sql
    steps = scene.steps(
        [
            scene.put(unscheduled(0)),
            scene.put(pod(0)),
            lambda: scene.first.says("/patroni", recorded("patroni-initializing")),
            lambda: scene.first.says("/patroni", recorded("patroni-primary")),
            scene.leads,
            scene.put(pod(0, role="master")),
        ]
    )

    members = steps.until_primary(scene.order()).members

    assert [member.name for member in members] == [f"{NAME}-0"]
    assert scene.told == [
        "acid-test-0: its pod does not exist yet",
        "acid-test-0: not scheduled: 0/3 nodes are available",
        "acid-test-0: waiting for the leader lock",
        "acid-test-0: a new database is being initialised",
        "acid-test-0: waiting for the leader lock",
        "acid-test-0: its pod is not labelled as the primary yet",
    ]


def test_a_second_run_finds_the_primary_at_once(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, role="master"))()
    scene.leads()

    scene.steps().until_primary(scene.order())

    assert scene.told == []


def test_a_pod_whose_patroni_does_not_answer_is_starting(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, address="127.0.0.3"))()

    with pytest.raises(NotYet, match="acid-test-0: Patroni is starting"):
        scene.steps().until_primary(scene.order(seconds=0.0))


def test_the_leader_may_be_another_than_the_first_pod(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, role="replica"), pod(1, role="master", address=SECOND))()
    scene.second.says("/primary", {})
    scene.second.says("/cluster", recorded("cluster-streaming"))

    assert len(scene.steps().until_primary(scene.order()).members) == 2


def test_with_database_access_the_primary_must_take_writes(with_sql: Scene) -> None:
    scene = with_sql
    scene.put(pod(0, role="master"))()
    scene.leads()
    secret = "postgres.acid-test.credentials.postgresql.acid.zalan.do"
    hidden = scene.world.kube.stored.pop(("Secret", NAMESPACE, secret))

    scene.steps([lambda: scene.world.kube.put(hidden)]).until_primary(scene.order())

    assert scene.told == [f"acid-test-0: Secret default/{secret} has no password yet"]


def test_a_standby_cluster_has_a_standby_leader_and_no_sql(with_sql: Scene) -> None:
    scene = with_sql
    scene.world.apply(standby={"standby_host": "elsewhere"})
    scene.put(pod(0, role="master"))()
    scene.first.says("/leader", {})
    scene.first.says("/cluster", recorded("cluster-alone"))
    scene.world.kube.stored.pop(
        ("Secret", NAMESPACE, "postgres.acid-test.credentials.postgresql.acid.zalan.do")
    )

    assert len(scene.steps().until_primary(scene.order()).members) == 1


def test_an_order_for_another_resource_of_that_name_is_refused(without_sql: Scene) -> None:
    order = without_sql.order().model_copy(update={"uid": "another"})

    with pytest.raises(Precondition):
        without_sql.steps().until_primary(order)


# ----------------------------------------------------------------------------------- members


def test_members_are_awaited_until_all_work_and_are_labelled(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, role="master"))()
    scene.leads()
    steps = scene.steps(
        [
            scene.put(pod(1, address=SECOND)),
            scene.shows("copying"),
            scene.shows("starting"),
            scene.shows("streaming"),
            scene.put(pod(1, role="replica", address=SECOND)),
        ]
    )

    members = steps.until_members(scene.order()).members

    assert [(member.name, member.state) for member in members] == [
        ("acid-test-0", "running"),
        ("acid-test-1", "streaming"),
    ]
    assert scene.told == [
        "acid-test-1: its pod does not exist yet",
        "acid-test-1: Patroni is starting",
        "acid-test-1: copying the base backup",
        "acid-test-1: Postgres is starting",
        "acid-test-1: its pod is not labelled replica yet",
    ]


def test_with_database_access_the_primary_must_see_the_replica(with_sql: Scene) -> None:
    scene = with_sql
    scene.put(pod(0, role="master"), pod(1, role="replica", address=SECOND))()
    scene.leads()
    scene.shows("streaming")()

    with pytest.raises(NotYet, match="acid-test-1: does not stream yet"):
        scene.steps().until_members(scene.order(seconds=0.0))

    with scene.world.server.streaming_as("acid-test-1"):
        assert len(scene.steps().until_members(scene.order()).members) == 2


def test_one_instance_needs_no_replica(with_sql: Scene) -> None:
    scene = with_sql
    scene.instances = 1
    scene.put(pod(0, role="master"))()
    scene.leads()

    assert len(scene.steps().until_members(scene.order()).members) == 1
    assert scene.told == []


def test_a_wait_past_its_deadline_says_what_is_missing(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, role="master"), unscheduled(1))()
    scene.leads()

    with pytest.raises(NotYet) as caught:
        scene.steps().until_members(scene.order(seconds=0.0))

    assert str(caught.value) == "acid-test-1: not scheduled: 0/3 nodes are available"


def test_a_lost_primary_is_looked_for_at_the_other_members(without_sql: Scene) -> None:
    scene = without_sql
    scene.put(pod(0, role="master", address="127.0.0.3"), pod(1, role="replica", address=SECOND))()
    scene.second.says("/cluster", recorded("cluster-streaming"))

    assert len(scene.steps().until_members(scene.order()).members) == 2


def test_pods_are_listed_seldom(with_sql: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = with_sql
    monkeypatch.setattr(sight, "_SECONDS_BETWEEN_LISTS", 3600.0)
    scene.put(pod(0, role="master"), pod(1, address=SECOND))()
    scene.leads()
    rounds = [scene.shows("copying")] * 10 + [scene.shows("streaming")]
    labelled = scene.put(pod(1, role="replica", address=SECOND))

    with scene.world.server.streaming_as("acid-test-1"):
        scene.steps([*rounds, labelled]).until_members(scene.order())

    assert scene.told[-1] == "acid-test-1: its pod is not labelled replica yet"
    assert scene.world.kube.asked.count("list Pod") <= 4
