"""Knocks on their way to Temporal: the latest per resource, delivered until it is taken.

Nothing is stored: what is in here when the process dies is found again by the next list.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from types import TracebackType

from watcher.backoff import Backoff
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

log = logging.getLogger(__name__)

CONCURRENCY = 16
DELIVERY_SECONDS = 15.0

Deliver = Callable[[ClusterRef, Knock], Awaitable[None]]


class Outbox:
    """Delivers knocks; one cluster's failing delivery never delays another's.

    Knocks of one resource stay in order. A newer one replaces an undelivered one of the same uid,
    but not of another: that the old resource is gone must be told before the new one is.
    """

    def __init__(
        self,
        deliver: Deliver,
        *,
        allowed: Callable[[], bool] = lambda: True,
        backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._deliver = deliver
        self._allowed = allowed
        self._new_backoff = backoff
        self._waiting: dict[ClusterRef, list[Knock]] = {}
        self._tasks: dict[ClusterRef, asyncio.Task[None]] = {}
        self._slots = asyncio.Semaphore(CONCURRENCY)
        self.delivered = 0
        self.failed = 0
        self.trouble = ""

    async def __aenter__(self) -> "Outbox":
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __len__(self) -> int:
        return sum(len(knocks) for knocks in self._waiting.values())

    def post(self, ref: ClusterRef, knock: Knock) -> None:
        """Take over a knock. To be called in the event loop; returns at once."""
        knocks = self._waiting.setdefault(ref, [])
        if knocks and knocks[-1].uid == knock.uid:
            knocks.pop()
        knocks.append(knock)
        if ref not in self._tasks:
            self._tasks[ref] = asyncio.create_task(self._empty(ref), name=f"knock {ref}")

    async def _empty(self, ref: ClusterRef) -> None:
        """Deliver what waits for one resource until nothing is left."""
        backoff = self._new_backoff()
        while knocks := self._waiting.get(ref):
            knock = knocks[0]
            if not await self._try(ref, knock):
                await asyncio.sleep(backoff.next())
            elif knocks[0] is knock:  # not replaced in the meantime
                knocks.pop(0)
                backoff.reset()
        self._waiting.pop(ref, None)
        del self._tasks[ref]

    async def _try(self, ref: ClusterRef, knock: Knock) -> bool:
        async with self._slots:
            if not self._allowed():
                return False
            try:
                async with asyncio.timeout(DELIVERY_SECONDS):
                    await self._deliver(ref, knock)
            except Exception as error:
                self._tell(ref, error)
                return False
        self.delivered += 1
        self.trouble = ""
        log.info("%s: told its workflow: %s, generation %d", ref, knock.reason, knock.generation)
        return True

    def _tell(self, ref: ClusterRef, error: Exception) -> None:
        """Log the first failure of a row only: an outage of Temporal fails for every cluster."""
        self.failed += 1
        if not self.trouble:
            log.warning("%s: could not tell its workflow, trying on: %r", ref, error)
        self.trouble = repr(error)
