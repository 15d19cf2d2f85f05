"""Which members wait for a restart of Postgres, and for whose sake. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from activities.patroni.differences import is_lowered


@dataclass(frozen=True)
class Pending:
    """A member that says of itself that its Postgres has to be restarted."""

    name: str
    parameters: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    """What it is restarted for: the value in force, and the new one. Patronis before 4 say not."""

    def concerns(self, parameters: Collection[str]) -> bool:
        """Whether one of these is behind it, or may be."""
        return not self.parameters or any(name in parameters for name in self.parameters)

    @property
    def cause(self) -> str:
        """As in `max_connections 100 -> 50`; empty when the member does not say."""
        changes = self.parameters.items()
        return ", ".join(f"{name} {before} -> {after}" for name, (before, after) in changes)

    def __str__(self) -> str:
        return f"{self.name} waits for a restart" + (f": {self.cause}" if self.cause else "")


def pending(name: str, told: Mapping[str, Any]) -> Pending | None:
    """From what the member answers to `/patroni`; None when it does not wait for a restart."""
    if not told.get("pending_restart"):
        return None
    reasons = told.get("pending_restart_reason")
    found = {
        str(parameter): (change.get("old_value"), change.get("new_value"))
        for parameter, change in (reasons.items() if isinstance(reasons, Mapping) else ())
        if isinstance(change, Mapping)
    }
    return Pending(name, found)


def primary_first(waiting: Sequence[Pending], *, otherwise: bool) -> bool:
    """Whether all of it is limits of the primary that go down; `otherwise` where nobody says."""
    changes = [change for one in waiting for change in one.parameters.items()]
    if not changes:
        return otherwise
    return all(is_lowered(name, before, after) for name, (before, after) in changes)
