"""When something came true, as seen from outside."""

import time
from collections.abc import Callable

from tests.field.waiting import until

LONGEST_SECONDS = 90.0


def when(began: float, check: Callable[[], bool]) -> float:
    """Seconds from `began` until `check` is true; an error counts as not yet."""
    until("a measured moment", check, within=LONGEST_SECONDS, every=0.1)
    return time.monotonic() - began
