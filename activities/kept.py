"""What was read a moment ago, kept for others who would only read the same again."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Answers by question, each for `seconds`. Safe to use from any thread.

    Two who ask at the same moment may both read; a reading that fails is not kept.
    """

    def __init__(self, *, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._answers: dict[Hashable, tuple[float, T]] = {}

    def get(self, question: Hashable, read: Callable[[], T]) -> T:
        """The kept answer, or what `read` returns."""
        began = self._clock()
        with self._lock:
            kept = self._answers.get(question)
        if kept is not None and began - kept[0] < self._seconds:
            return kept[1]
        answer = read()
        with self._lock:
            self._answers[question] = (began, answer)
        return answer

    def forget(self) -> None:
        """Whoever asks from now on is answered with what is read from now on."""
        with self._lock:
            self._answers.clear()
