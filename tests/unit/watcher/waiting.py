"""Waiting for what another thread or task does, with a deadline instead of a sleep."""

import asyncio
import time
from collections.abc import Callable

DEADLINE_SECONDS = 60.0
POLL_SECONDS = 0.01


def until(condition: Callable[[], object], *, says: str = "") -> None:
    """Return as soon as `condition` holds; fail at the deadline."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end, says or "condition not reached in time"
        time.sleep(POLL_SECONDS)


async def eventually(condition: Callable[[], object], *, says: str = "") -> None:
    """The same inside the event loop."""
    end = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < end, says or "condition not reached in time"
        await asyncio.sleep(POLL_SECONDS)
