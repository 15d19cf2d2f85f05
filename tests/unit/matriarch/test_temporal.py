import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from temporalio import activity
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError

from matriarch.settings import Settings
from matriarch.temporal import Temporal, connected
from matriarch.workers import Workers
from matriarch.working import keep_working
from tests.unit.matriarch.dev_server import DevServer
from tests.unit.watcher.waiting import eventually
from workflows.client import LONG_QUEUE, QUEUE
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock
from workflows.search import ATTRIBUTES


@pytest.fixture
def server() -> Iterator[DevServer]:
    running = DevServer()
    running.start()
    yield running
    running.stop()


def settings(server: DevServer, *, namespace: str = "default") -> Settings:
    return Settings(
        operator_namespace="ops",
        temporal_address=server.address,
        temporal_namespace=namespace,
    )


async def attributes(client: Client) -> set[str]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    answer = await client.operator_service.list_search_attributes(request)
    return set(answer.custom_attributes)


async def test_waits_for_a_server_that_comes_later(server: DevServer) -> None:
    server.stop()
    waiting = asyncio.create_task(connected(settings(server)))
    await asyncio.sleep(0)
    server.start()
    temporal = await asyncio.wait_for(waiting, 120)
    assert temporal.problem() == ""
    assert {key.name for key in ATTRIBUTES} <= await attributes(temporal.client)


async def test_a_missing_namespace_is_created(server: DevServer) -> None:
    temporal = await asyncio.wait_for(connected(settings(server, namespace="postgres")), 120)
    await temporal.prepare()  # a second time finds everything there
    assert {key.name for key in ATTRIBUTES} <= await attributes(temporal.client)


@asynccontextmanager
async def looking(temporal: Temporal) -> AsyncIterator[list[str]]:
    """Keeps looking meanwhile; the list grows at each new store."""
    stores: list[str] = []
    temporal.on_new_store = lambda: stores.append("new")
    task = asyncio.create_task(temporal.keep_looking())
    try:
        yield stores
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Way:
    """The way to the server, on which what is open can fall silent while new connections work."""

    def __init__(self, server: DevServer) -> None:
        self._server = server
        self._open: list[asyncio.Task[None]] = []
        self._writers: list[asyncio.StreamWriter] = []
        self.address = ""

    @asynccontextmanager
    async def built(self) -> AsyncIterator["Way"]:
        listening = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.address = "{}:{}".format(*listening.sockets[0].getsockname())
        yield self
        listening.close()
        self.fall_silent()
        for writer in self._writers:
            writer.close()

    def fall_silent(self) -> None:
        for pump in self._open:
            pump.cancel()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, _, port = self._server.address.partition(":")
        there, back = await asyncio.open_connection(host, int(port))
        self._writers += [writer, back]
        self._open += [
            asyncio.create_task(_pump(reader, back)),
            asyncio.create_task(_pump(there, writer)),
        ]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


async def test_work_goes_on_by_a_new_connection_when_the_old_one_is_silent(
    server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matriarch.temporal.LOOK_SECONDS", 0.1)
    monkeypatch.setattr("matriarch.temporal.CALL_TIMEOUT", timedelta(seconds=1))
    monkeypatch.setattr("matriarch.temporal.SILENT_SECONDS", 2.0)
    await asyncio.wait_for(connected(settings(server)), 120)
    async with Way(server).built() as way:
        there = Settings(operator_namespace="ops", temporal_address=way.address)
        temporal = await asyncio.wait_for(connected(there), 120)
        first, step, shown = temporal.client, Step(), list[Workers]()
        step.never.set()
        working = asyncio.create_task(
            keep_working(
                temporal,
                make=lambda client: Workers(client, steps=[step.wait], identity="test"),
                show=shown.append,
            )
        )
        async with looking(temporal) as stores:
            await eventually(lambda: shown and not shown[0].problem())
            way.fall_silent()
            await eventually(lambda: temporal.client is not first and not temporal.problem())
            assert stores == []
            assert len(shown) == 2
            await temporal.client.execute_activity(
                step.wait, id="once", task_queue=QUEUE, start_to_close_timeout=timedelta(seconds=20)
            )
            assert step.running.is_set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_a_lost_store_is_noticed_and_prepared_again(
    server: DevServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matriarch.temporal.LOOK_SECONDS", 0.1)
    temporal = await asyncio.wait_for(connected(settings(server)), 120)
    async with looking(temporal) as stores:
        server.stop()
        await eventually(temporal.problem)
        server.start()
        await eventually(lambda: stores)
        await eventually(lambda: not temporal.problem())
        assert {key.name for key in ATTRIBUTES} <= await attributes(temporal.client)
        assert stores == ["new"]


async def test_a_new_store_is_prepared_before_the_next_knock(server: DevServer) -> None:
    temporal = await asyncio.wait_for(connected(settings(server)), 120)
    ref, message = ClusterRef(namespace="default", name="a"), Knock(uid="u", reason="added")
    server.stop()
    with pytest.raises((RPCError, RuntimeError)):
        async with asyncio.timeout(30):
            await temporal.tell(ref, message)
    server.start()
    await asyncio.wait_for(connected(settings(server, namespace="other")), 120)
    assert await attributes(temporal.client) == set()
    await temporal.tell(ref, message)
    assert {key.name for key in ATTRIBUTES} <= await attributes(temporal.client)
    handle = temporal.client.get_workflow_handle(ref.workflow_id)
    assert (await handle.describe()).workflow_type == "cluster"


class Step:
    """A step that waits for ever, as one for members would."""

    def __init__(self) -> None:
        self.running = threading.Event()
        self.never = threading.Event()

    @activity.defn(name="test.wait")
    def wait(self) -> None:
        self.running.set()
        while not self.never.wait(0.05):
            activity.heartbeat("waits")


@asynccontextmanager
async def working(client: Client, step: Step) -> AsyncIterator[asyncio.Task[None]]:
    workers = Workers(client, steps=[step.wait], identity="test")
    assert workers.problem() == "not polling"
    task = asyncio.create_task(workers.run())
    await eventually(lambda: not workers.problem())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert workers.problem() == "not polling"


@pytest.mark.parametrize("queue", [QUEUE, LONG_QUEUE])
async def test_both_queues_are_served(server: DevServer, queue: str) -> None:
    client = (await asyncio.wait_for(connected(settings(server)), 120)).client
    step = Step()
    step.never.set()
    async with working(client, step):
        await client.execute_activity(
            step.wait, id="once", task_queue=queue, start_to_close_timeout=timedelta(seconds=20)
        )
    assert step.running.is_set()


async def test_a_long_step_is_given_back_when_the_worker_stops(server: DevServer) -> None:
    client = (await asyncio.wait_for(connected(settings(server)), 120)).client
    first, second = Step(), Step()
    second.never.set()
    async with working(client, first) as worker:
        waiting = await client.start_activity(
            first.wait,
            id="long",
            task_queue=LONG_QUEUE,
            start_to_close_timeout=timedelta(hours=1),
            heartbeat_timeout=timedelta(seconds=15),
            retry_policy=RetryPolicy(initial_interval=timedelta(seconds=1)),
        )
        await eventually(first.running.is_set)
        worker.cancel()
        await asyncio.wait({worker})
    async with working(client, second):
        await asyncio.wait_for(waiting.result(), 120)
    assert second.running.is_set()
