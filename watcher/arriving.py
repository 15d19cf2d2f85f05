"""What a feed delivers, read in a thread of its own."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator

from watcher.feed import Feed, News

FAREWELL_SECONDS = 3.0
"""A feed has that long to end; what waits for a dead server may take longer."""


async def arriving(feed: Feed) -> AsyncGenerator[News, None]:
    """Run `feed` and yield what it delivers, in order. Raises what it ends with."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[News | BaseException] = asyncio.Queue()

    def deliver(news: News | BaseException) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody listens any more
            loop.call_soon_threadsafe(arrived.put_nowait, news)

    def read() -> None:
        try:
            feed.run(deliver)
        except BaseException as error:
            deliver(error)

    # A daemon, because a thread that waits for a dead server must not delay the process's end.
    thread = threading.Thread(target=read, name="watch", daemon=True)
    thread.start()
    try:
        while not isinstance(news := await arrived.get(), BaseException):
            yield news
        raise news
    finally:
        feed.stop()
        await asyncio.to_thread(thread.join, FAREWELL_SECONDS)
