"""The steps of a cluster's operations, seen in Temporal at the moment in which they begin."""

import asyncio
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows import client
from workflows.model.base import ClusterRef

EVERY = 0.05
CONNECTED_WITHIN = 10.0
ANSWERED_WITHIN = 5.0
REPORTS = ("status", "report")


@dataclass(frozen=True, order=True)
class Step:
    """A step by its title, in which members are called by their role at the beginning."""

    operation: str
    title: str

    def __str__(self) -> str:
        return f"{self.operation}: {self.title}"


@dataclass
class Follower:
    """Follows the operations of a cluster in a thread, until the awaited step, or to the end.

    One that runs already when it begins is not followed. A step that was too quick to be seen
    running is seen when it has just ended.
    """

    address: str
    ref: ClusterRef
    roles: Mapping[str, str] = field(default_factory=dict)
    awaited: Step | None = None
    seen: list[Step] = field(default_factory=list)
    reached: threading.Event = field(default_factory=threading.Event)
    _connected: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _before: set[str] | None = None
    """Operations that ran already."""

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=lambda: asyncio.run(self._follow()))
        self._thread.start()
        self._connected.wait(CONNECTED_WITHIN)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    async def _follow(self) -> None:
        """A server that is away is asked again, by a new connection: an old one may be mute."""
        while not self._is_done():
            with suppress(RPCError, RuntimeError, OSError, TimeoutError):
                async with asyncio.timeout(ANSWERED_WITHIN):
                    connection = await client.connect(address=self.address)
                    if self._before is None:
                        self._before = set(await self._operations(connection))
                self._connected.set()
                while not self._is_done():
                    async with asyncio.timeout(ANSWERED_WITHIN):
                        await self._look(connection)
                    await asyncio.sleep(EVERY)
            await asyncio.sleep(EVERY)

    def _is_done(self) -> bool:
        """Who awaits one step does not care for those after it."""
        return self._over.is_set() or self.reached.is_set()

    async def _look(self, connection: Client) -> None:
        for workflow_id, kind in (await self._operations(connection)).items():
            if workflow_id not in (self._before or ()):
                for title in await _titles(connection, workflow_id):
                    self._note(Step(kind, self._by_role(title)))

    async def _operations(self, connection: Client) -> dict[str, str]:
        """Id and kind of those that run."""
        handle = connection.get_workflow_handle(self.ref.workflow_id)
        try:
            entity = await handle.describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return {}  # nobody has heard of the cluster yet
        running = entity.raw_description.pending_children
        return {child.workflow_id: child.workflow_type_name for child in running}

    def _note(self, step: Step) -> None:
        if step not in self.seen:
            self.seen.append(step)
        if step == self.awaited:
            self.reached.set()

    def _by_role(self, title: str) -> str:
        for name, role in self.roles.items():
            title = title.replace(name, role)
        return title


async def _titles(connection: Client, workflow_id: str) -> list[str]:
    """Titles of all steps that have begun. Writing the status is none."""
    history = await connection.get_workflow_handle(workflow_id).fetch_history()
    converter = client.converter().payload_converter
    scheduled = EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    titles = [
        str(converter.from_payload(event.user_metadata.summary))
        for event in history.events
        if event.event_type == scheduled and event.user_metadata.HasField("summary")
    ]
    return [title for title in titles if not title.startswith(REPORTS)]
