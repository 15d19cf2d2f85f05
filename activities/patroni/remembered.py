"""What a resource's status remembers of Patroni's configuration: it outlives every process, and
Temporal's store.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Remembered:
    """As the last look, or the last step, left it."""

    slots: frozenset[str] | None = None
    """Slots that the manifest has, or had; None when that was never written down."""
    standby: str | None = None
    """What the standby section named; empty without one, None when it was never written down."""

    @classmethod
    def of(cls, status: Mapping[str, Any]) -> Self:
        slots, standby = status.get("slots"), status.get("standby")
        return cls(
            slots=frozenset(map(str, slots)) if isinstance(slots, list) else None,
            standby=standby if isinstance(standby, str) else None,
        )

    @property
    def known_slots(self) -> frozenset[str]:
        return self.slots or frozenset()

    def slots_from_now(
        self, wanted: Collection[str], *, live: Collection[str] | None
    ) -> list[str] | None:
        """What to write down: forgotten is only what was seen to be gone."""
        if self.slots is None and not wanted:
            return None
        kept = self.known_slots if live is None else self.known_slots.intersection(live)
        return sorted(kept.union(wanted))
