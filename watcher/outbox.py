"""Knocks on their way to Temporal: the latest per resource, delivered until it is taken.

News of one cluster go out at once. What concerns all of them goes out `by and by`, ten in a second:
else a thousand clusters would all be looked at together, and an edit would wait behind them.

Nothing is stored: what is in here when the process dies is found again by the next list.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from types import TracebackType

from watcher.backoff import Backoff
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

log = logging.getLogger(__name__)

CONCURRENCY = 16
DELIVERY_SECONDS = 15.0
PACE_SECONDS = 0.1
"""Between two knocks that are sent by and by."""

Deliver = Callable[[ClusterRef, Knock], Awaitable[None]]


class Outbox:
    """Delivers knocks; one cluster's failing delivery never delays another's.

    Knocks of one resource stay in order. A newer one replaces an undelivered one of the same uid,
    but not of another: that the old resource is gone must be told before the new one is. Words of
    steering are all told.
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
        self._later: dict[ClusterRef, Knock] = {}
        self._since: dict[ClusterRef, float] = {}
        self._pacing: asyncio.Task[None] | None = None
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
        tasks = [*self._tasks.values(), *filter(None, [self._pacing])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def __len__(self) -> int:
        return sum(len(knocks) for _, knocks in self.waiting())

    def waiting(self) -> list[tuple[ClusterRef, list[Knock]]]:
        """All that is not delivered yet. May be asked from any thread, hence the copies."""
        there = {ref: list(knocks) for ref, knocks in self._waiting.copy().items() if knocks}
        for ref, knock in self._later.copy().items():
            there.setdefault(ref, []).append(knock)
        return list(there.items())

    def oldest_seconds(self) -> float:
        """For how long the oldest knock has waited."""
        now = time.monotonic()
        return now - min(self._since.copy().values(), default=now)

    def post(self, ref: ClusterRef, knock: Knock) -> None:
        """Take over a knock. To be called in the event loop; returns at once."""
        if later := self._later.pop(ref, None):  # whoever is told now need not be told again
            knock = _with_marks_of(later, knock)
        self._since.setdefault(ref, time.monotonic())
        knocks = self._waiting.setdefault(ref, [])
        if knocks and _says_all_of(knocks[-1], knock):
            knock = _with_marks_of(knocks.pop(), knock)
        knocks.append(knock)
        if ref not in self._tasks:
            self._tasks[ref] = asyncio.create_task(self._empty(ref), name=f"knock {ref}")

    def post_by_and_by(self, ref: ClusterRef, knock: Knock) -> None:
        """Take over a knock that many others get as well. The same rules; returns at once."""
        self._since.setdefault(ref, time.monotonic())
        self._later[ref] = _with_marks_of(self._later.get(ref, knock), knock)
        if self._pacing is None:
            self._pacing = asyncio.create_task(self._pace(), name="knocks by and by")

    async def _pace(self) -> None:
        while self._later:
            ref = next(iter(self._later))
            self.post(ref, self._later.pop(ref))
            await asyncio.sleep(PACE_SECONDS)
        self._pacing = None

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
        if ref not in self._later:
            del self._since[ref]

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


def _says_all_of(waiting: Knock, knock: Knock) -> bool:
    """Whether the newer one may replace it: two words of steering are two words."""
    words = [one.steering for one in (waiting, knock) if one.steering is not None]
    return waiting.uid == knock.uid and (len(words) < 2 or words[0] == words[1])


def _with_marks_of(replaced: Knock, knock: Knock) -> Knock:
    """What an undelivered knock would have said besides must not be lost with it."""
    marks = {
        mark: getattr(knock, mark) or getattr(replaced, mark)
        for mark in ("renewed", "touched", "urgent", "steering")
    }
    if replaced.gone and not knock.gone:  # it is of the same uid, so nothing has come back
        marks |= {"gone": True, "deletion": replaced.deletion}
    return knock.model_copy(update=marks)
