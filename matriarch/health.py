"""Whether this process can do its work now, and what it does: for probes, people and metrics."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from matriarch.metrics import Family, gauge, render

Check = Callable[[], str]
"""Says what is wrong, or nothing. Must not block for longer than a probe waits."""

STARTING: Final = "starting"
BEAT_SECONDS: Final = 2.0
DEAD_SECONDS: Final = 30.0


@dataclass
class Health:
    """Collects checks and figures; the program adds them as its parts come up."""

    stage: str = STARTING
    """Why the process is not ready yet (or no longer); empty when it is."""
    checks: dict[str, Check] = field(default_factory=dict)
    notices: dict[str, Check] = field(default_factory=dict)
    """Like checks, but worth knowing only: the process is ready all the same."""
    facts: dict[str, Callable[[], Any]] = field(default_factory=dict)
    """What the process does now, for people; by the name it is shown under."""
    families: list[Callable[[], Iterable[Family]]] = field(default_factory=list)
    """What it has done, for monitoring."""

    _beat: float = field(default_factory=time.monotonic)

    async def keep_beating(self) -> None:
        """Show that the event loop turns, until cancelled."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)

    def standstill(self) -> str:
        """Says so when the event loop has not turned for long; then only a restart helps."""
        age = time.monotonic() - self._beat
        return f"the process has stood still for {age:.0f} s" if age > DEAD_SECONDS else ""

    def problems(self) -> list[str]:
        """All reasons not to be ready, in words."""
        if problem := self.standstill() or self.stage:
            return [problem]
        return _said(self.checks)

    def noticed(self) -> list[str]:
        """What a person should know besides."""
        return _said(self.notices)

    def metrics(self) -> str:
        """Everything in the Prometheus text format."""
        ready = gauge("ready", "Whether this process can do its work.", not self.problems())
        return render([ready, *(one for read in self.families for one in read())])


def _said(checks: Mapping[str, Check]) -> list[str]:
    found = {name: check() for name, check in checks.items()}
    return [f"{name}: {problem}" for name, problem in found.items() if problem]
