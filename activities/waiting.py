"""Waiting for something to come true, visibly and not for ever."""

import time
from collections.abc import Callable
from typing import Final

from workflows.model.errors import NotYet

ROUND_SECONDS: Final = 0.4


def until(
    awaited: Callable[[], str],
    *,
    seconds: float,
    tell: Callable[[str], None],
    pause: float = ROUND_SECONDS,
) -> None:
    """Call `awaited` again and again until it returns nothing.

    It returns what is still awaited, which `tell` shows in each round; raises NotYet with that
    text after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while text := awaited():
        tell(text)
        if time.monotonic() >= deadline:
            raise NotYet(text)
        time.sleep(pause)
