"""The watcher as a whole: hold the Lease, and while it is held, pass on what Kubernetes reports."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from watcher.backoff import Backoff
from watcher.lease import RENEW_SECONDS, RETRY_SECONDS, Lease
from watcher.term import Figures, Term
from workflows.model.base import ClusterRef
from workflows.model.errors import MatriarchError
from workflows.model.operations import Knock

log = logging.getLogger(__name__)

RELEASE_SECONDS = 5.0
RESTART_SECONDS = 1.0


class Watcher:
    """Runs until its task is cancelled; then releases the Lease and leaves no thread behind."""

    def __init__(self, *, lease: Lease, new_term: Callable[[Callable[[], bool]], Term]) -> None:
        """`new_term` gets the function that says whether the Lease is still held."""
        self._lease = lease
        self._new_term = new_term
        self._term: Term | None = None
        self._anew = asyncio.Event()

    def begin_anew(self) -> None:
        """Forget what was seen and tell every cluster again; for when Temporal lost its store."""
        self._anew.set()

    def figures(self) -> Figures:
        figures = self._term.figures() if self._term else Figures()
        figures.leading, figures.holder = self._lease.held, self._lease.holder
        return figures

    def standing_by(self) -> str:
        """Who watches instead of this process; empty when it watches itself."""
        if self._lease.held:
            return ""
        return f"the Lease is held by {self._lease.holder or 'nobody yet'}"

    def heard(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a resource is known as it is now."""
        return self._term is not None and self._term.heard(metadata)

    def waiting(self) -> list[tuple[ClusterRef, list[Knock]]]:
        """Knocks that are not delivered yet."""
        return self._term.waiting() if self._term else []

    async def run(self) -> None:
        """Serve whenever the Lease is ours. Ends only by cancellation."""
        backoff = Backoff(first=RESTART_SECONDS)
        try:
            while True:
                await self._until_held()
                try:
                    await self._serve_while_held()
                except Exception:  # a bug must not leave the process without a watcher
                    log.exception("the watcher failed and starts over")
                    await asyncio.sleep(backoff.next())
        finally:
            await self._release()

    async def _until_held(self) -> None:
        told: str | None = None
        while not await self._attempt():
            if self._lease.holder != told:
                told = self._lease.holder
                log.info("standing by, the Lease is held by %s", told or "nobody yet")
            await asyncio.sleep(RETRY_SECONDS)

    async def _serve_while_held(self) -> None:
        log.info("holding the Lease, watching")
        self._term = self._new_term(lambda: self._lease.held)
        self._anew.clear()
        serving = asyncio.create_task(self._term.serve())
        pause = RENEW_SECONDS
        try:
            while self._lease.held:
                await self._any(serving, self._anew, seconds=pause)
                if serving.done():
                    return serving.result()
                if self._anew.is_set():
                    return None
                pause = RENEW_SECONDS if await self._attempt() else RETRY_SECONDS
            log.warning("lost the Lease, no longer watching")
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            self._term = None

    @staticmethod
    async def _any(task: "asyncio.Task[None]", event: asyncio.Event, *, seconds: float) -> None:
        """Wait until the task ends, the event is set, or the time is over."""
        waiting = asyncio.create_task(event.wait())
        try:
            await asyncio.wait({task, waiting}, timeout=seconds, return_when="FIRST_COMPLETED")
        finally:
            waiting.cancel()

    async def _attempt(self) -> bool:
        try:
            return await asyncio.to_thread(self._lease.attempt)
        except MatriarchError as error:
            log.warning("could not ask for the Lease: %s", error)
            return False

    async def _release(self) -> None:
        try:
            async with asyncio.timeout(RELEASE_SECONDS):
                await asyncio.to_thread(self._lease.release)
        except (MatriarchError, TimeoutError) as error:
            log.warning("the Lease could not be released and will expire: %r", error)
