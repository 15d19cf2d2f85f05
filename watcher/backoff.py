"""Growing, jittered pauses between attempts, so that many clients do not return in step."""

import random


class Backoff:
    """Pauses that double from `first` to `limit` seconds; each is 50-100 % of its step."""

    def __init__(self, *, first: float = 0.2, limit: float = 30.0) -> None:
        self._first = first
        self._limit = limit
        self._attempts = 0

    def next(self) -> float:
        """Return the seconds to wait now; the next pause will be longer."""
        step = min(self._limit, self._first * 2.0 ** min(self._attempts, 30))
        self._attempts += 1
        return step * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Forget past failures: the next pause is a short one again."""
        self._attempts = 0
