"""The process's tie to Temporal: connect with patience, prepare the namespace, notice its loss.

A Temporal whose store was deleted comes back under the same address but knows nothing. Its
namespace then has another id, which is how it is noticed; all clusters are told again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final, TypeVar

from google.protobuf.duration_pb2 import Duration
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from matriarch.access import LOOK_SECONDS
from matriarch.settings import Settings
from watcher.backoff import Backoff
from workflows.client import connect, knock, register
from workflows.cluster import Cluster
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

log = logging.getLogger(__name__)

RETENTION: Final = timedelta(days=30)
CALL_TIMEOUT: Final = timedelta(seconds=5)
TOLD_AGAIN_SECONDS: Final = 60.0
SILENT_SECONDS: Final = 10.0
"""How long a connection may be silent before another one is made. Where Temporal's pod is a new
one, the old connection may call the former one's address for more than a minute."""

Connect = Callable[[], Awaitable[Client]]
Answer = TypeVar("Answer")


class Temporal:
    """A connected client, and what is known about the server behind it."""

    def __init__(self, client: Client, *, connect: Connect) -> None:
        self.client = client
        """Another one after a long silence: to be read each time it is used."""
        self.on_new_store: Callable[[], None] = _nobody
        """Called when the server has another store than before, after that was prepared."""
        self.on_new_client: Callable[[], None] = _nobody
        """Called when `client` is another one than before."""
        self._connect = connect
        self._answered_at = asyncio.get_running_loop().time()
        self._told: dict[ClusterRef, int] = {}
        self._knocks = 0
        self._trouble = ""
        self._doubtful = False
        self._namespace_id = ""
        self._lock = asyncio.Lock()

    def problem(self) -> str:
        """What is wrong, or nothing."""
        return self._trouble

    async def prepare(self) -> None:
        """See that namespace and search attributes exist. Run twice: they do. May raise."""
        found = await self._look() or await self._create_namespace()
        added = await register(self.client)
        self._namespace_id = found  # not before: another store counts as new until it is prepared
        if added:
            log.info("registered search attributes %s", ", ".join(added))

    async def keep_looking(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self._check()
            except (RPCError, RuntimeError) as error:
                self._doubtful = True
                self._tell(f"Temporal does not answer: {error}")
                await self._renew_connection()

    async def tell(self, ref: ClusterRef, message: Knock) -> None:
        """Knock at a cluster.

        Looks first if there was trouble: the store may be another one, and a workflow that starts
        before the search attributes are known stumbles for a while.
        """
        if self._doubtful:
            await self._check(only_if_doubtful=True)
        try:
            await _in_time(knock(self.client, ref, message))
        except Exception:
            self._doubtful = True
            raise
        self._knocks += 1
        self._told[ref] = self._knocks

    def told(self) -> Mapping[ClusterRef, int]:
        """Clusters knocked at and not found at rest since, with the number of the knock."""
        return self._told

    def settle(self, ref: ClusterRef, number: int) -> None:
        """A cluster was found at rest after that knock; a later one may have woken it again."""
        if self._told.get(ref) == number:
            del self._told[ref]

    async def at_rest(self, ref: ClusterRef) -> bool:
        """Whether an entity waits for something new; one that is not there has nothing to do."""
        handle = self.client.get_workflow_handle_for(Cluster.run, ref.workflow_id)
        try:
            return await handle.query(Cluster.at_rest, rpc_timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return True
            raise

    async def _check(self, *, only_if_doubtful: bool = False) -> None:
        async with self._lock:
            if only_if_doubtful and not self._doubtful:
                return  # another one has looked while this one waited for the lock
            if await self._look() != self._namespace_id:
                log.warning("Temporal has a new store: telling it of all clusters again")
                await self.prepare()
                self.on_new_store()
            self._doubtful = False
            self._answered_at = asyncio.get_running_loop().time()
            self._tell("")

    async def _renew_connection(self) -> None:
        """Once it has been silent for long, and if Temporal can be reached anew."""
        if asyncio.get_running_loop().time() - self._answered_at < SILENT_SECONDS:
            return
        try:
            self.client = await _in_time(self._connect())
        except (RPCError, RuntimeError):
            return
        log.info("a new connection to Temporal is made")
        self.on_new_client()

    async def _look(self) -> str:
        """Id of the namespace, or nothing when there is no such namespace."""
        request = DescribeNamespaceRequest(namespace=self.client.namespace)
        try:
            answer = await _in_time(
                self.client.workflow_service.describe_namespace(request, timeout=CALL_TIMEOUT)
            )
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return ""
            raise
        return answer.namespace_info.id

    async def _create_namespace(self) -> str:
        """Create the namespace; who was faster is as good."""
        name = self.client.namespace
        log.info("creating namespace %s in Temporal", name)
        retention = Duration()
        retention.FromTimedelta(RETENTION)
        request = RegisterNamespaceRequest(
            namespace=name, workflow_execution_retention_period=retention
        )
        try:
            await self.client.workflow_service.register_namespace(request, timeout=CALL_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
        return await self._look()

    def _tell(self, trouble: str) -> None:
        if trouble and not self._trouble:
            log.warning("%s", trouble)
        elif self._trouble and not trouble:
            log.info("Temporal answers again")
        self._trouble = trouble


async def _in_time(call: Awaitable[Answer]) -> Answer:
    """Raises RuntimeError: while a connection is made, the library minds no deadline of a call."""
    try:
        return await asyncio.wait_for(call, CALL_TIMEOUT.total_seconds())
    except TimeoutError:
        raise RuntimeError(f"no answer within {CALL_TIMEOUT.total_seconds():.0f} s") from None


def _nobody() -> None:
    """Nobody in this process has to be told."""


async def connected(settings: Settings) -> Temporal:
    """Connect and prepare, for as long as it takes; says in the log what it waits for."""
    address, namespace = settings.temporal_address, settings.temporal_namespace
    reach = partial(connect, address=address, namespace=namespace)
    backoff, told = Backoff(first=0.5, limit=5.0), -TOLD_AGAIN_SECONDS
    loop = asyncio.get_running_loop()
    while True:
        try:
            temporal = Temporal(await reach(), connect=reach)
            await temporal.prepare()
        except (RPCError, RuntimeError, OSError) as error:
            if loop.time() - told >= TOLD_AGAIN_SECONDS:
                told = loop.time()
                log.warning("waiting for Temporal at %s: %s", address, error)
            await asyncio.sleep(backoff.next())
        else:
            log.info("connected to Temporal at %s, namespace %s", address, namespace)
            return temporal
