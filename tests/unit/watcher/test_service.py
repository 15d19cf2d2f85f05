import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from tests.unit.watcher.stub import HANG, ApiStub, Step, event, resource
from tests.unit.watcher.waiting import eventually
from watcher.api import Api
from watcher.farewells import Farewells
from watcher.lease import Lease
from watcher.scope import Scope, Source
from watcher.selection import (
    CHILDREN,
    CONFIG_MAPS,
    NODES,
    OPERATIONS,
    PODS,
    POSTGRESQLS,
    SECRETS,
    Selection,
)
from watcher.service import Watcher
from watcher.term import Calls, Term
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock


class FakeTemporal:
    """Takes knocks, knows open entities, and may be away. Contract: `workflows.client`."""

    def __init__(self) -> None:
        self.knocks: list[str] = []
        self.renewed: list[bool] = []
        self.opened: list[ClusterRef] = []
        self.away = False
        self.fails = ""
        """Reason of knocks that do not arrive."""

    async def knock(self, ref: ClusterRef, message: Knock) -> None:
        if self.away or message.reason == self.fails:
            raise ConnectionError("no Temporal")
        self.knocks.append(f"{ref.name} {message.reason}")
        self.renewed.append(message.renewed)

    async def open_clusters(self) -> AsyncIterator[ClusterRef]:
        if self.away:
            raise ConnectionError("no Temporal")
        for ref in self.opened:
            yield ref


class Running:
    """A watcher in a task of its own."""

    def __init__(self, api: Api, temporal: FakeTemporal, *, identity: str, scope: Scope) -> None:
        self.configurations = 0
        self.renewed = False
        self.lease = Lease(api, namespace="ops", name="postgres-operator", identity=identity)

        farewells = Farewells()

        def new_term(allowed: Callable[[], bool]) -> Term:
            return Term(
                api,
                scope=scope,
                temporal=Calls(temporal.knock, temporal.open_clusters),
                allowed=allowed,
                farewells=farewells,
                on_configuration=self.count,
                renewed=self.renewed,
            )

        self.watcher = Watcher(lease=self.lease, new_term=new_term)
        self.task = asyncio.create_task(self.watcher.run())

    def count(self) -> None:
        self.configurations += 1

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

    def new(
        identity: str = "a",
        namespaces: tuple[str, ...] = ("*",),
        sources: Sequence[Source] = (),
    ) -> Running:
        scope = Scope(namespaces=namespaces, sources=sources)
        started.append(Running(api, temporal, identity=identity, scope=scope))
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


DELETED: Sequence[Step] = [event("DELETED", resource("a", version=11)), HANG]


async def test_beginning_anew_tells_of_a_deletion_that_may_not_be_over(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists, stub.watches = [[resource("a")], [resource("b")]], [DELETED, [HANG]]
    running = start()
    await eventually(lambda: temporal.knocks[-1:] == ["a deleted"])
    running.watcher.begin_anew()
    await eventually(lambda: temporal.knocks.count("a deleted") == 2)


async def test_a_deletion_that_nobody_could_be_told_of_is_told_after_beginning_anew(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists, stub.watches = [[resource("a")], [resource("b")]], [DELETED, [HANG]]
    temporal.fails = "deleted"
    running = start()
    await eventually(lambda: running.watcher.figures().failed > 0)
    temporal.fails = ""
    running.watcher.begin_anew()
    await eventually(lambda: "a deleted" in temporal.knocks)


async def test_a_deletion_whose_workflow_has_ended_is_not_told_again(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.term.SWEEP_SECONDS", 0.05)
    stub.lists = [[resource("a"), resource("b")], [resource("b")]]
    stub.watches = [DELETED, [HANG]]
    running = start()
    await eventually(lambda: "a deleted" in temporal.knocks)
    told = len(temporal.knocks)
    await eventually(lambda: temporal.knocks[told:].count("b unknown") >= 4)
    running.watcher.begin_anew()
    await eventually(lambda: "b listed" in temporal.knocks[told:])
    assert temporal.knocks.count("a deleted") == 1


async def test_a_term_that_follows_a_change_of_the_configuration_tells_of_it(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    running = start()
    await eventually(lambda: temporal.knocks == ["a listed"])
    running.renewed = True
    running.watcher.begin_anew()
    await eventually(lambda: len(temporal.knocks) == 2)
    assert temporal.renewed == [False, True]


async def test_a_workflow_that_was_ended_by_hand_is_started_again(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.term.SWEEP_SECONDS", 0.02)
    stub.lists = [[resource("a")]]
    temporal.opened = [ClusterRef(namespace="default", name="a")]
    start()
    await eventually(lambda: "a listed" in temporal.knocks)
    temporal.opened = []
    await eventually(lambda: {"a listed", "a unknown"} <= set(temporal.knocks))


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
    kinds = len((POSTGRESQLS, OPERATIONS, PODS, NODES, *CHILDREN))
    await eventually(lambda: running.watcher.figures().delivered == 2)
    await eventually(lambda: running.watcher.figures().lists == kinds)
    figures = running.watcher.figures()
    assert (figures.clusters, figures.waiting) == (2, 0)
    assert (figures.holder, figures.oldest_seconds) == ("a", 0.0)


async def test_a_service_deleted_by_hand_is_told(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    gone = resource("a-repl", labels={"cluster-name": "a"})
    running = start()
    await eventually(lambda: temporal.knocks == ["a listed"])
    stub.happen("services", event("DELETED", gone))
    await eventually(lambda: temporal.knocks == ["a listed", "a services changed"])
    assert running.watcher.figures().trouble == ""


async def test_what_can_not_be_listed_keeps_no_cluster_from_being_told(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.term.PATIENCE_SECONDS", 0.05)
    stub.forbidden = {"cronjobs"}
    stub.lists = [[resource("a")]]
    running = start()
    await eventually(lambda: temporal.knocks == ["a listed"])
    await eventually(lambda: "cronjobs" in running.watcher.figures().trouble)


async def test_a_cordoned_node_is_told_to_the_clusters_that_have_pods_there(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a"), resource("b")]]
    start()
    await eventually(lambda: len(temporal.knocks) == 2)
    pod = resource("a-0", labels={"cluster-name": "a"}) | {"spec": {"nodeName": "n1"}}
    stub.happen("pods", event("ADDED", pod))
    await eventually(lambda: temporal.knocks[2:] == ["a pods changed"])
    node = resource("n1") | {"spec": {"unschedulable": True}}
    stub.happen("nodes", event("MODIFIED", node))
    await eventually(lambda: temporal.knocks[3:] == ["a nodes changed"])


async def test_without_a_right_to_see_nodes_all_else_is_watched(
    stub: ApiStub, start: Start, temporal: FakeTemporal, caplog: pytest.LogCaptureFixture
) -> None:
    stub.forbidden = {"nodes"}
    stub.lists = [[resource("a")]]
    running = start()
    with caplog.at_level("INFO", logger="watcher.term"):
        await eventually(lambda: temporal.knocks == ["a listed"])
        await eventually(lambda: "nodes that are drained" in caplog.text)
    assert running.watcher.figures().trouble == ""


async def test_nodes_are_watched_once_the_right_to_see_them_is_there(
    stub: ApiStub,
    start: Start,
    temporal: FakeTemporal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watcher.term.NODES_SECONDS", 0.05)
    stub.forbidden = {"nodes"}
    stub.lists = [[resource("a")]]
    with caplog.at_level("INFO", logger="watcher.term"):
        start()
        await eventually(lambda: temporal.knocks == ["a listed"])
        await eventually(lambda: "nodes that are drained" in caplog.text)
        pod = resource("a-0", labels={"cluster-name": "a"}) | {"spec": {"nodeName": "n1"}}
        stub.happen("pods", event("ADDED", pod))
        await eventually(lambda: temporal.knocks[1:] == ["a pods changed"])
        stub.forbidden = set()
        stub.happen("nodes", event("MODIFIED", resource("n1") | {"spec": {"unschedulable": True}}))
        await eventually(lambda: temporal.knocks[2:] == ["a nodes changed"])
    assert caplog.text.count("nodes that are drained") == 1


async def test_a_secret_in_another_namespace_than_its_cluster_is_told(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a")]]
    start()
    await eventually(lambda: temporal.knocks == ["a listed"])
    abroad = resource("x.a.credentials", namespace="apps", labels={"cluster-name": "a"})
    stub.happen("secrets", event("MODIFIED", abroad))
    await eventually(lambda: temporal.knocks == ["a listed", "a secrets changed"])


async def test_a_changed_configuration_is_told_to_all_and_to_the_program(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a"), resource("b")]]
    place = Selection(CONFIG_MAPS, "ops", name="main")
    running = start(sources=[Source(place, configuration=True)])
    await eventually(lambda: len(temporal.knocks) == 2)
    stub.happen("configmaps", event("MODIFIED", resource("main", namespace="ops")))
    await eventually(lambda: len(temporal.knocks) == 4)
    assert temporal.knocks[2:] == ["a configmaps main changed", "b configmaps main changed"]
    assert running.configurations == 2  # when it was first seen, and now


async def test_what_clusters_of_one_namespace_share_is_told_to_those_only(
    stub: ApiStub, start: Start, temporal: FakeTemporal
) -> None:
    stub.lists = [[resource("a"), resource("b", namespace="apps")]]
    start(sources=[Source(Selection(SECRETS, name="environment"), for_all=False)])
    await eventually(lambda: len(temporal.knocks) == 2)
    stub.happen("secrets", event("MODIFIED", resource("environment", namespace="apps")))
    await eventually(lambda: temporal.knocks[2:] == ["b secrets environment changed"])


async def test_clusters_that_are_looked_after_already_wait_behind_new_and_deleted_ones(
    stub: ApiStub, start: Start, temporal: FakeTemporal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("watcher.outbox.PACE_SECONDS", 600.0)
    going = resource("going", deletionTimestamp="2026-03-09T10:00:00Z")
    stub.lists = [[resource("a"), resource("b"), resource("new"), going]]
    known = ("a", "b", "going")
    temporal.opened = [ClusterRef(namespace="default", name=name) for name in known]
    running = start()
    await eventually(lambda: len(temporal.knocks) == 3)
    assert sorted(temporal.knocks) == ["a listed", "going listed", "new listed"]
    assert running.watcher.figures().waiting == 1
