"""Waiting until the members have taken over a new dynamic configuration.

Each does so in its own next round, and a moment later it says whether its Postgres has to be
restarted for it. Members must not be asked for the state of the cluster meanwhile: for that they
read it, too, and it would look like a round.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

SETTLE_SECONDS: Final = 3.0
"""From the begin of a round to the word on restarts: reload, wait for a second, ask Postgres."""

Told = Mapping[str, Mapping[str, Any]]


class Takeover:
    """Made before the configuration is written, from what the members say of themselves then."""

    def __init__(
        self, before: Told, *, round_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`round_seconds`: longest time between two rounds of a member (`loop_wait`)."""
        self._before = before
        self._clock = clock
        self._latest = clock() + round_seconds + SETTLE_SECONDS
        self._since: dict[str, float] = {}

    def lack(self, now: Told) -> str:
        """Who has not taken it over yet, or nothing."""
        if self._clock() >= self._latest:
            return ""
        late = [name for name, told in now.items() if not self._has(name, told)]
        return f"{', '.join(late)}: taking over the new configuration" if late else ""

    def _has(self, name: str, told: Mapping[str, Any]) -> bool:
        """One that starts just now will read the new one; so will one that is not there."""
        before = self._before.get(name, {})
        if told.get("state") != "running" or _waits(told) not in (_waits(before), _waits({})):
            return True
        if told.get("dcs_last_seen") == before.get("dcs_last_seen"):
            return False
        since = self._since.setdefault(name, self._clock())
        return self._clock() - since >= SETTLE_SECONDS


def _waits(told: Mapping[str, Any]) -> tuple[Any, Any]:
    """Whether it waits for a restart, and what for: an old wait may be over with the next round."""
    return told.get("pending_restart"), told.get("pending_restart_reason")
