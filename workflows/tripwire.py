"""Remembers which strings are secret, so that none of them leaves the process in clear.

Activities `note` every secret value they read; the payload codec refuses payloads that hold one,
the failure converter and the log filter scrub them. Second line of defence: the first is that
messages carry only `SecretRef`s.
"""

import base64
import threading

MINIMUM_LENGTH = 12
MASK = "[secret]"


class Tripwire:
    """A set of secret values, in plain and base64 form. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._values: frozenset[str] = frozenset()

    def note(self, value: str) -> None:
        """Remember `value`; ones shorter than a dozen characters would match words by accident."""
        if len(value) < MINIMUM_LENGTH or value in self._values:
            return
        coded = base64.b64encode(value.encode()).decode()
        with self._lock:
            self._values = self._values | {value, coded}

    def trips(self, text: str) -> bool:
        """Tell whether `text` holds a noted value."""
        return any(value in text for value in self._values)

    def scrub(self, text: str) -> str:
        """Return `text` with every noted value replaced."""
        for value in sorted(self._values, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text


TRIPWIRE = Tripwire()
