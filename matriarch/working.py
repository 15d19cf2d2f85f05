"""Keeps workers polling, whatever becomes of the connection to Temporal."""

import asyncio
import logging
from collections.abc import Callable

from temporalio.client import Client

from matriarch.temporal import Temporal
from matriarch.workers import Workers
from watcher.backoff import Backoff

log = logging.getLogger(__name__)


async def keep_working(
    temporal: Temporal, *, make: Callable[[Client], Workers], show: Callable[[Workers], None]
) -> None:
    """Until cancelled. `show` is called with the workers that poll now.

    They are made anew when Temporal refuses them, as one without namespace does, and on a new
    connection. What polls by an old one can't be ended before that one is given up, which may take
    minutes: the new ones do not wait for it.
    """
    renewed = asyncio.Event()
    temporal.on_new_client = renewed.set
    backoff, leaving = Backoff(first=1.0), set[asyncio.Task[None]]()
    while True:
        renewed.clear()
        workers = make(temporal.client)
        show(workers)
        polling = asyncio.create_task(workers.run())
        leaving.add(polling)
        polling.add_done_callback(leaving.discard)
        try:
            await _until_either(polling, renewed)
        finally:
            polling.cancel()
            if not renewed.is_set():
                await asyncio.gather(polling, return_exceptions=True)
        if not renewed.is_set():
            await asyncio.sleep(backoff.next())


async def _until_either(polling: asyncio.Task[None], renewed: asyncio.Event) -> None:
    """Returns when the workers have ended or there is a new connection."""
    waiting = asyncio.create_task(renewed.wait())
    try:
        await asyncio.wait({polling, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if polling.done() and not polling.cancelled() and polling.exception() is not None:
        log.error("the workers failed and start over", exc_info=polling.exception())
