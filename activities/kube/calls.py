"""Counts requests to the API server, for metrics and for the budgets in the tests."""

import threading
from collections import Counter

READING = frozenset({"check", "discover", "get", "list"})


class Calls:
    """Requests made so far, per verb and kind. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def count(self, verb: str, kind: str) -> None:
        with self._lock:
            self._counts[verb, kind] += 1

    def snapshot(self) -> Counter[tuple[str, str]]:
        """A copy; the difference of two tells what happened in between."""
        with self._lock:
            return Counter(self._counts)


def writes(counts: Counter[tuple[str, str]]) -> int:
    """How many of these requests were meant to change something."""
    return sum(number for (verb, _), number in counts.items() if verb not in READING)
