"""Waiting for something to come true, visibly and not for ever."""

import time
from collections.abc import Callable
from typing import Final

from workflows.model.errors import NotYet

ROUND_SECONDS: Final = 0.4
LONGEST_ROUND_SECONDS: Final = 4.0
PART_OF_WAIT: Final = 0.05
"""Who has waited for a minute may notice the end three seconds late; that spares the API server
when very many wait."""


def until(
    awaited: Callable[[], str],
    *,
    seconds: float,
    tell: Callable[[str], None],
    least_pause: float = ROUND_SECONDS,
) -> None:
    """Call `awaited` again and again until it returns nothing.

    It returns what is still awaited, which `tell` shows in each round; raises NotYet with that
    text after `seconds`.
    """
    began = time.monotonic()
    while text := awaited():
        tell(text)
        waited = time.monotonic() - began
        if waited >= seconds:
            raise NotYet(text)
        time.sleep(pause_after(waited, least=least_pause))


def pause_after(waited: float, *, least: float) -> float:
    """Seconds until the next look, after so many of waiting."""
    return max(least, min(LONGEST_ROUND_SECONDS, waited * PART_OF_WAIT))
