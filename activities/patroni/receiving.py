"""Members that get nothing new, though their pods serve: nothing else would show that.

A pod is ready as long as its Patroni runs. Whether Postgres there runs and receives only Patroni
tells; before version 3.0.4 not even that, so whoever sends is asked as well.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Protocol

from activities.patroni.client import Member, View
from workflows.model.errors import Unavailable

STREAMING: Final = "streaming"
FROM_ARCHIVE: Final = "in archive recovery"
RUNNING: Final = "running"
"""Of a replica: it receives nothing, or its Patroni is one that does not say."""


class Asks(Protocol):
    """What a member says of itself; raises Unavailable. See `PatroniClient.patroni`."""

    def __call__(self, address: str, /) -> Mapping[str, Any]: ...


def silent(view: View, *, ask: Asks) -> dict[str, str]:
    """Names, and what each does instead of receiving; nothing while nobody leads.

    A cluster that follows another one may do so by its archive alone.
    """
    leader = next((member for member in view.members if member.is_leader), None)
    if leader is None:
        return {}
    follows = leader.seen.role == "standby_leader"
    well = {STREAMING, FROM_ARCHIVE} if follows else {STREAMING}
    found = {
        member.seen.name: member.seen.state or "Patroni there says nothing"
        for member in view.members
        if not member.is_leader and member.seen.state not in well
    }
    if RUNNING in found.values():
        receiving = set(_receivers(view, ask))
        found = {name: state for name, state in found.items() if name not in receiving}
    if follows and leader.seen.state == RUNNING and _would_tell(leader, ask):
        found[leader.seen.name] = f"{RUNNING}, but nothing comes from the cluster that it follows"
    return found


def _receivers(view: View, ask: Asks) -> Iterator[str]:
    """To whom any member sends: not all of them have to follow the leader itself."""
    for member in view.members:
        for line in _told(member, ask).get("replication") or []:
            if isinstance(line, Mapping) and line.get("state") == STREAMING:
                yield str(line.get("application_name"))


def _would_tell(member: Member, ask: Asks) -> bool:
    """Whether its Patroni is one that says `streaming` of a standby."""
    told = _told(member, ask).get("patroni")
    version = str(told.get("version", "")) if isinstance(told, Mapping) else ""
    numbers = [int(part) for part in version.split(".") if part.isdecimal()]
    return numbers >= [3, 0, 4]


def _told(member: Member, ask: Asks) -> Mapping[str, Any]:
    try:
        return ask(member.host)
    except Unavailable:
        return {}
