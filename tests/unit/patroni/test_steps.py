"""Waits that see Kubernetes, Patroni and the primary change, round after round."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any, cast

import pytest

from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.patroni import sight
from activities.patroni.client import PatroniClient
from activities.patroni.steps import PatroniSteps
from tests.unit.patroni.pods import pod, unscheduled
from tests.unit.patroni.rest import Rest, recorded
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import NAME, NAMESPACE, OPERATOR_NAMESPACE, UID, World
from workflows.model.base import ClusterRef
from workflows.model.errors import NotYet, Precondition
from workflows.model.operations import MembersOrder

ROUNDS = 40
FIRST, SECOND = "127.0.0.1", "127.0.0.2"
Event = Callable[[], None]


class Scene:
    """A cluster to which something happens after each round of a wait."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.instances = 2
        self.first = Rest(FIRST)
        self.second = Rest(SECOND, self.first.port)
        self.told: list[str] = []
        self._events: Iterator[Event] = iter(())
        world.kube.stored.pop(("Pod", NAMESPACE, f"{NAME}-0"))

    def order(self, seconds: float = 60.0) -> MembersOrder:
        ref = ClusterRef(namespace=NAMESPACE, name=NAME)
        return MembersOrder(ref=ref, uid=UID, instances=self.instances, deadline_seconds=seconds)

    def steps(self, events: Sequence[Event] = ()) -> PatroniSteps:
        self._events = iter(events)
        kube = cast(Kube, self.world.kube)
        settings = ConfigurationSettings(OPERATOR_NAMESPACE, config_map="operator")
        return PatroniSteps(
            kube=kube,
            configuration=ConfigurationSource(kube, settings),
            patroni=PatroniClient(port=self.first.port, seconds=2.0),
            primaries=self.world.primaries,
            teller=lambda ref, uid: self._tell,
            pause=0.0,
        )

    def put(self, *pods: dict[str, Any]) -> Event:
        def event() -> None:
            for one in pods:
                self.world.kube.put(one)

        return event

    def leads(self) -> None:
        self.first.says("/primary", recorded("patroni-primary"))
        self.first.says("/cluster", recorded("cluster-alone"))

    def shows(self, name: str) -> Event:
        return lambda: self.first.says("/cluster", recorded(f"cluster-{name}"))

    def close(self) -> None:
        self.first.close()
        self.second.close()

    def _tell(self, text: str) -> None:
        """A round has gone by without success."""
        assert len(self.told) < ROUNDS, self.told
        if not self.told or self.told[-1] != text:
            self.told.append(text)
        next(self._events, lambda: None)()


@pytest.fixture
def without_sql(sql_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sight, "_SECONDS_BETWEEN_LISTS", 0.0)
    world = World(sql_server, options={"enable_database_access": "false"})
    with closing(Scene(world)) as scene:
        yield scene


@pytest.fixture
def with_sql(sql_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sight, "_SECONDS_BETWEEN_LISTS", 0.0)
    with closing(Scene(World(sql_server))) as scene:
        yield scene


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
    scene.first.says("/standby-leader", {})
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
