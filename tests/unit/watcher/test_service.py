import asyncio
import threading
from collections.abc import AsyncIterator, Callable

import pytest

from tests.unit.watcher.stub import HANG, ApiStub, event, resource
from tests.unit.watcher.waiting import eventually
from watcher.api import Api
from watcher.lease import Lease
from watcher.service import Watcher
from watcher.term import Calls, Scope, Term
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock


class FakeTemporal:
    """Takes knocks, knows open entities, and may be away. Contract: `workflows.client`."""

    def __init__(self) -> None:
        self.knocks: list[str] = []
        self.opened: list[ClusterRef] = []
        self.away = False

    async def knock(self, ref: ClusterRef, message: Knock) -> None:
        if self.away:
            raise ConnectionError("no Temporal")
        self.knocks.append(f"{ref.name} {message.reason}")

    async def open_clusters(self) -> AsyncIterator[ClusterRef]:
        if self.away:
            raise ConnectionError("no Temporal")
        for ref in self.opened:
            yield ref


class Running:
    """A watcher in a task of its own."""

    def __init__(
        self, api: Api, temporal: FakeTemporal, *, identity: str, namespaces: list[str]
    ) -> None:
        self.lease = Lease(api, namespace="ops", name="postgres-operator", identity=identity)

        def new_term(allowed: Callable[[], bool]) -> Term:
            return Term(
                api,
                scope=Scope(namespaces=namespaces),
                temporal=Calls(temporal.knock, temporal.open_clusters),
                allowed=allowed,
            )

        self.watcher = Watcher(lease=self.lease, new_term=new_term)
        self.task = asyncio.create_task(self.watcher.run())

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


Start = Callable[..., Running]


@pytest.fixture
def temporal() -> FakeTemporal:
    return FakeTemporal()


@pytest.fixture
async def start(api: Api, temporal: FakeTemporal) -> AsyncIterator[Start]:
    started: list[Running] = []

    def new(identity: str = "a", namespaces: tuple[str, ...] = ("*",)) -> Running:
        started.append(Running(api, temporal, identity=identity, namespaces=list(namespaces)))
        return started[-1]

    yield new
    for running in started:
        await running.stop()


async def test_what_is_listed_and_what_changes_reaches_temporal(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    stub.watches = [[event("ADDED", resource("b", version=11)), HANG]]
    start()
    await eventually(lambda: len(temporal.knocks) == 2)
    assert temporal.knocks == ["a listed", "b added"]


async def test_a_cluster_deleted_while_nobody_watched_is_told(
    start: Start, temporal: FakeTemporal
) -> None:
    temporal.opened = [ClusterRef(namespace="default", name="orphan")]
    start()
    await eventually(lambda: temporal.knocks)
    assert temporal.knocks == ["orphan vanished unseen"]


async def test_clusters_outside_the_watched_namespace_have_not_vanished(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    temporal.opened = [ClusterRef(namespace="elsewhere", name="theirs")]
    start(namespaces=("default",))
    await eventually(lambda: temporal.knocks)
    assert temporal.knocks == ["a listed"]


async def test_nothing_is_lost_while_temporal_is_away(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    temporal.away = True
    stub.lists = [[resource("a")]]
    running = start()
    await eventually(lambda: running.watcher.figures().leading)
    temporal.away = False
    await eventually(lambda: temporal.knocks == ["a listed"])


async def test_only_the_holder_of_the_lease_knocks(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    first = start("a")
    await eventually(lambda: temporal.knocks)
    second = start("b")
    await eventually(lambda: second.lease.holder == "a")
    assert temporal.knocks == ["a listed"]
    await first.stop()
    await eventually(lambda: temporal.knocks == ["a listed", "a listed"])
    assert second.watcher.figures().leading


async def test_stopping_releases_the_lease_and_ends_the_threads(
    stub: ApiStub, start: Start
) -> None:
    running = start()
    await eventually(lambda: stub.watched_from)
    await running.stop()
    [lease] = stub.stored.values()
    assert lease["spec"]["holderIdentity"] == ""
    assert not [thread for thread in threading.enumerate() if thread.name == "watch"]


async def test_losing_the_lease_ends_the_watch(
    stub: ApiStub, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.service.RENEW_SECONDS", 0.05)
    running = start()
    await eventually(lambda: stub.watched_from)
    with stub.lock:
        [lease] = stub.stored.values()
        lease["spec"]["holderIdentity"] = "thief"
        lease["metadata"]["resourceVersion"] = "77"
    await eventually(lambda: running.lease.holder == "thief")
    await eventually(
        lambda: not [thread for thread in threading.enumerate() if thread.name == "watch"]
    )
    assert not running.watcher.figures().leading


async def test_beginning_anew_tells_everyone_again(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    running = start()
    await eventually(lambda: temporal.knocks == ["a listed"])
    running.watcher.begin_anew()
    await eventually(lambda: temporal.knocks == ["a listed", "a listed"])
    assert running.watcher.figures().leading


async def test_a_workflow_that_was_ended_by_hand_is_started_again(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.term.SWEEP_SECONDS", 0.02)
    stub.lists = [[resource("a")]]
    start()
    await eventually(lambda: temporal.knocks[:2] == ["a listed", "a unknown"])


async def test_a_bug_in_a_feed_starts_a_new_term(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.service.RENEW_SECONDS", 0.05)
    monkeypatch.setattr("watcher.service.RESTART_SECONDS", 0.01)
    stub.lists = [[{"metadata": {}}], [resource("a")]]
    start()
    await eventually(lambda: temporal.knocks == ["a listed"])


async def test_figures_count_what_happened(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a"), resource("b")]]
    running = start()
    await eventually(lambda: running.watcher.figures().delivered == 2)
    figures = running.watcher.figures()
    assert (figures.clusters, figures.lists, figures.waiting) == (2, 2, 0)
    assert figures.holder == "a"
