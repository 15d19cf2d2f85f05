"""What the stub of `tests/unit/watcher` takes for granted, and the watcher as a whole."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pytest
from kubernetes import client, config

from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import connected
from tests.apiserver.plane import Plane
from tests.unit.watcher.waiting import eventually, until
from watcher.api import Api
from watcher.backoff import Backoff
from watcher.farewells import Farewells
from watcher.feed import Feed, Listed, News
from watcher.lease import DEADLINE_SECONDS, DURATION_SECONDS, Lease
from watcher.scope import Scope, Source
from watcher.selection import CONFIG_MAPS, POSTGRESQLS, Selection, path_of
from watcher.service import Watcher
from watcher.term import Calls, Term
from workflows.model.base import ClusterRef
from workflows.model.errors import Forbidden
from workflows.model.operations import Knock
from workflows.model.protection import Protection

LEASE = "postgres-operator"


def cluster(namespace: str, name: str, **metadata: Any) -> Object:
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"namespace": namespace, "name": name, **metadata},
        "spec": {
            "teamId": "acid",
            "numberOfInstances": 1,
            "postgresql": {"version": "17"},
            "volume": {"size": "1Gi"},
        },
    }


def secret(namespace: str) -> Object:
    labels = {"cluster-name": "acid-a", "team": "acid"}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"namespace": namespace, "name": "orders", "labels": labels},
        "stringData": {"password": "first"},
    }


def service(namespace: str, *, port: int) -> Object:
    labels = {"cluster-name": "acid-a", "team": "acid"}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"namespace": namespace, "name": "orders", "labels": labels},
        "spec": {"ports": [{"name": "postgresql", "port": port}], "selector": {"x": "y"}},
    }


@pytest.fixture
def api(apiserver: Plane) -> Iterator[Api]:
    configuration = client.Configuration()
    config.load_kube_config(
        str(apiserver.kubeconfig("operator")), client_configuration=configuration
    )
    opened = Api(configuration)
    yield opened
    opened.close()


# ------------------------------------------------------------------------------- list and watch


class Reading:
    """A feed in a thread, and what it delivered in short."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.heard: list[str] = []
        self._thread = threading.Thread(target=feed.run, args=(self._hear,))
        self._thread.start()

    def _hear(self, news: News) -> None:
        if isinstance(news, Listed):
            names = sorted(item["metadata"]["name"] for item in news.objects)
            self.heard.append(f"[{' '.join(names)}]")
        else:
            self.heard.append(f"{news.kind} {news.object['metadata']['name']}")

    def stop(self) -> None:
        self.feed.stop()
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()


@pytest.fixture
def feed(api: Api, namespace: str) -> Feed:
    return Feed(api, Selection(POSTGRESQLS, namespace), backoff=Backoff(first=0.01))


@pytest.fixture
def read() -> Iterator[Callable[[Feed], Reading]]:
    started: list[Reading] = []

    def start(feed: Feed) -> Reading:
        started.append(Reading(feed))
        return started[-1]

    yield start
    for reading in started:
        reading.stop()


def test_a_feed_sees_the_life_of_a_resource(
    kube: Kube, namespace: str, feed: Feed, read: Callable[[Feed], Reading]
) -> None:
    kube.create(cluster(namespace, "acid-a"))
    reading = read(feed)
    until(lambda: feed.watches)
    kube.create(cluster(namespace, "acid-b"))
    kube.merge("postgresql", namespace, "acid-b", {"spec": {"numberOfInstances": 2}})
    kube.delete("postgresql", namespace, "acid-b")
    until(lambda: len(reading.heard) == 4, says=str(reading.heard))
    assert reading.heard == ["[acid-a]", "ADDED acid-b", "MODIFIED acid-b", "DELETED acid-b"]


def test_a_feed_pages_through_many_resources(
    kube: Kube,
    namespace: str,
    feed: Feed,
    read: Callable[[Feed], Reading],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watcher.feed.PAGE_SIZE", 2)
    for letter in "abcde":
        kube.create(cluster(namespace, f"acid-{letter}"))
    reading = read(feed)
    until(lambda: reading.heard)
    assert reading.heard == ["[acid-a acid-b acid-c acid-d acid-e]"]


def test_a_watch_that_the_server_ends_goes_on_without_a_new_list(
    kube: Kube,
    namespace: str,
    feed: Feed,
    read: Callable[[Feed], Reading],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watcher.feed.SERVER_SECONDS", 1)
    monkeypatch.setattr("watcher.feed.SERVER_JITTER_SECONDS", 1)
    reading = read(feed)
    until(lambda: feed.watches >= 3)
    kube.create(cluster(namespace, "acid-a"))
    until(lambda: len(reading.heard) == 2)
    assert (reading.heard, feed.lists) == (["[]", "ADDED acid-a"], 1)


def test_bookmarks_of_the_server_move_the_place_to_resume_from(
    kube: Kube,
    namespace: str,
    feed: Feed,
    read: Callable[[Feed], Reading],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watcher.feed.SERVER_SECONDS", 4)
    monkeypatch.setattr("watcher.feed.SERVER_JITTER_SECONDS", 1)
    reading = read(feed)
    until(lambda: feed.watches)
    listed_at = feed.version
    kube.create(cluster("default", "acid-elsewhere"))
    try:
        until(lambda: int(feed.version or 0) > int(listed_at or 0))
    finally:
        kube.delete("postgresql", "default", "acid-elsewhere")
    assert reading.heard == ["[]"]


def test_a_version_that_the_server_has_forgotten_leads_to_a_new_list(
    kube: Kube, namespace: str, feed: Feed, read: Callable[[Feed], Reading]
) -> None:
    kube.create(cluster(namespace, "acid-a"))
    feed.version = "1"
    reading = read(feed)
    until(lambda: reading.heard)
    assert reading.heard == ["[acid-a]"]


# ---------------------------------------------------------------------------------------- Lease


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replica(api: Api, namespace: str, clock: Clock) -> Callable[[str], Lease]:
    def new(identity: str) -> Lease:
        return Lease(api, namespace=namespace, name=LEASE, identity=identity, clock=clock)

    return new


def test_the_lease_says_who_holds_it_in_terms_of_kubernetes(
    kube: Kube, namespace: str, replica: Callable[[str], Lease]
) -> None:
    lease = replica("a")
    assert lease.attempt()
    assert lease.attempt()
    found = kube.get("Lease", namespace, LEASE)
    assert found is not None
    assert found["spec"]["holderIdentity"] == "a"
    assert found["spec"]["renewTime"] > found["spec"]["acquireTime"]


def test_a_lease_passes_on_at_release_and_after_the_holders_death(
    replica: Callable[[str], Lease], clock: Clock
) -> None:
    first, second, third = replica("a"), replica("b"), replica("c")
    assert first.attempt()
    assert not second.attempt()
    first.release()
    assert second.attempt()
    assert not third.attempt()
    clock.now += DEADLINE_SECONDS
    assert not second.held
    assert not third.attempt()
    clock.now += DURATION_SECONDS - DEADLINE_SECONDS
    assert third.attempt()
    assert not second.attempt()


def test_a_lease_changed_in_between_is_not_overwritten(
    kube: Kube,
    namespace: str,
    replica: Callable[[str], Lease],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    earlier, first, second = replica("z"), replica("a"), replica("b")
    earlier.attempt()
    earlier.release()
    read = second._read

    def read_then_be_overtaken() -> object:
        lease = read()
        first.attempt()
        return lease

    monkeypatch.setattr(second, "_read", read_then_be_overtaken)
    assert not second.attempt()
    found = kube.get("Lease", namespace, LEASE)
    assert found is not None
    assert found["spec"]["holderIdentity"] == "a"


# -------------------------------------------------------------------------- the watcher as a whole


class FakeTemporal:
    def __init__(self) -> None:
        self.knocks: list[str] = []
        self.last: dict[str, Knock] = {}
        self.opened: list[ClusterRef] = []

    async def knock(self, ref: ClusterRef, message: Knock) -> None:
        self.knocks.append(f"{ref.name} {message.reason}")
        self.last[ref.name] = message

    async def open_clusters(self) -> AsyncIterator[ClusterRef]:
        for ref in self.opened:
            yield ref


@pytest.fixture
def temporal() -> FakeTemporal:
    return FakeTemporal()


@pytest.fixture
async def running(
    api: Api, namespace: str, temporal: FakeTemporal
) -> AsyncIterator[Callable[..., asyncio.Task[None]]]:
    tasks: list[asyncio.Task[None]] = []

    def start(identity: str = "a", **rules: Any) -> asyncio.Task[None]:
        scope = Scope(namespaces=[namespace], **rules)

        def new_term(allowed: Callable[[], bool]) -> Term:
            calls = Calls(temporal.knock, temporal.open_clusters)
            farewells = Farewells()
            return Term(api, scope=scope, temporal=calls, allowed=allowed, farewells=farewells)

        lease = Lease(api, namespace=namespace, name=LEASE, identity=identity)
        tasks.append(asyncio.create_task(Watcher(lease=lease, new_term=new_term).run()))
        return tasks[-1]

    yield start
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_only_changes_that_matter_are_told(
    kube: Kube,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    created = kube.create(cluster(namespace, "acid-a"))
    running()
    await eventually(lambda: temporal.knocks)
    status = {"status": {"PostgresClusterStatus": "Creating"}}
    kube.merge("postgresql", namespace, "acid-a", status, part="status")
    kube.merge("postgresql", namespace, "acid-a", {"spec": {"numberOfInstances": 2}})
    await eventually(lambda: len(temporal.knocks) == 2)
    assert temporal.knocks == ["acid-a listed", "acid-a modified"]
    assert temporal.last["acid-a"].uid == created["metadata"]["uid"]
    assert temporal.last["acid-a"].generation == 2


async def test_what_people_do_to_objects_is_told_and_what_we_do_is_not(
    apiserver: Plane,
    kube: Kube,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    kube.create(cluster(namespace, "acid-a"))
    running()
    await eventually(lambda: temporal.knocks == ["acid-a listed"])
    operator = connected(apiserver.kubeconfig("operator"))
    operator.create(secret(namespace))
    operator.apply(service(namespace, port=5432))
    made = int(time.time())
    await eventually(lambda: int(time.time()) > made)  # Kubernetes notes writes by the second
    operator.apply(service(namespace, port=5433))
    operator.patch("Secret", namespace, "orders", {"stringData": {"password": "ours"}})
    operator.close()
    change: Object
    for kind, change in (
        ("Secret", {"stringData": {"password": "theirs"}}),
        ("Service", {"spec": {"type": "NodePort"}}),
        ("Service", {"metadata": {"labels": {"team": None}}}),
    ):
        told = len(temporal.knocks)
        kube.merge(kind, namespace, "orders", change)
        await eventually(partial(_more_than, told, temporal.knocks))
    kube.delete("Service", namespace, "orders")
    await eventually(lambda: len(temporal.knocks) == 5)
    kinds = ["secrets", "services", "services", "services"]
    assert temporal.knocks[1:] == [f"acid-a {kind} changed" for kind in kinds]


def _more_than(number: int, knocks: Sequence[str]) -> bool:
    return len(knocks) > number


async def test_the_configuration_and_what_it_names_are_followed(
    kube: Kube,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    meta = {"namespace": namespace, "name": "settings"}
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {}}
    kube.create(settings)
    kube.create(settings | {"metadata": meta | {"name": "other"}})
    kube.create(cluster(namespace, "acid-a"))
    place = Selection(CONFIG_MAPS, namespace, name="settings")
    running(sources=[Source(place, configuration=True)])
    await eventually(lambda: temporal.knocks == ["acid-a listed"])
    kube.merge("ConfigMap", namespace, "other", {"data": {"workers": "2"}})
    kube.merge("ConfigMap", namespace, "settings", {"data": {"workers": "2"}})
    await eventually(lambda: len(temporal.knocks) == 2)
    assert temporal.knocks == ["acid-a listed", "acid-a configmaps settings changed"]


async def test_a_deletion_without_the_required_annotation_is_told_as_refused(
    kube: Kube,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    running(protection=Protection(name_key="delete-name"))
    kube.create(cluster(namespace, "acid-a"))
    kube.create(cluster(namespace, "acid-b", annotations={"delete-name": "acid-b"}))
    await eventually(lambda: len(temporal.knocks) == 2)
    kube.delete("postgresql", namespace, "acid-a")
    kube.delete("postgresql", namespace, "acid-b")
    await eventually(lambda: len(temporal.knocks) == 4)
    assert "delete-name" in temporal.last["acid-a"].deletion.refused
    assert temporal.last["acid-b"].deletion.refused == ""


async def test_a_cluster_deleted_while_no_operator_ran_is_told(
    namespace: str, temporal: FakeTemporal, running: Callable[..., asyncio.Task[None]]
) -> None:
    temporal.opened = [ClusterRef(namespace=namespace, name="acid-gone")]
    running()
    await eventually(lambda: temporal.knocks)
    assert temporal.last["acid-gone"].gone


async def test_a_second_replica_takes_over_when_the_first_stops(
    kube: Kube,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    kube.create(cluster(namespace, "acid-a"))
    first = running("a")
    await eventually(lambda: temporal.knocks == ["acid-a listed"])
    running("b")
    first.cancel()
    await eventually(lambda: temporal.knocks == ["acid-a listed", "acid-a listed"])
    kube.create(cluster(namespace, "acid-b"))
    await eventually(lambda: temporal.knocks[2:] == ["acid-b added"])


async def test_watching_writes_nothing_but_the_lease(
    kube: Kube,
    audit: Audit,
    namespace: str,
    temporal: FakeTemporal,
    running: Callable[..., asyncio.Task[None]],
) -> None:
    running()
    kube.create(cluster(namespace, "acid-a"))
    await eventually(lambda: temporal.knocks)
    assert audit.writes(user="operator", namespace=namespace) == []


def test_a_wrong_token_is_told_as_forbidden(apiserver: Plane) -> None:
    configuration = client.Configuration()
    config.load_kube_config(
        str(apiserver.kubeconfig("operator")), client_configuration=configuration
    )
    configuration.api_key["BearerToken"] = "Bearer wrong"
    configuration.refresh_api_key_hook = None  # would read the right one again
    with pytest.raises(Forbidden, match="401"):
        Api(configuration).get(path_of(POSTGRESQLS, None))
