"""Waiting with a deadline: the only way in which tests and the demo wait."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(
    what: str, check: Callable[[], Value | None], *, within: float = 180.0, every: float = 0.25
) -> Value:
    """The first truthy value of `check`.

    The deadline only catches hangs; `what` says in the failure what was awaited, and the last
    error of `check` stands beside it.
    """
    deadline = time.monotonic() + within
    last: Exception | None = None
    while time.monotonic() < deadline:
        try:
            value = check()
        except Exception as error:
            value, last = None, error
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"{what}: not within {within:.0f} s (last error: {last})")
