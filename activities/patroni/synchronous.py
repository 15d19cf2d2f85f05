"""Having the member that is to lead among Patroni's synchronous standbys.

In synchronous mode Patroni hands over to nobody else, and picks as many of them as its
configuration says, by itself. So that number is raised until the lead has moved.
"""

from typing import Final

from activities.patroni.differences import wanted
from activities.patroni.meaning import number
from activities.patroni.sight import Sight
from workflows.health import SYNCHRONOUS
from workflows.model.errors import Unavailable

COUNT: Final = "synchronous_node_count"


class Synchronous:
    """One member; call `lack` until it says nothing."""

    def __init__(self, sight: Sight, member: str) -> None:
        self._sight = sight
        self._member = member

    def lack(self) -> str:
        """What is missing until the member is one, as a person would say it, or nothing."""
        self._sight.refresh()
        try:
            return self._lack()
        except Unavailable as error:
            return f"{self._member}: {error}"

    def _lack(self) -> str:
        address, view, live = self._sight.configured()
        roles = {member.seen.name: member.seen.role for member in view.members}
        if self._member not in roles:
            return f"{self._member}: not known to Patroni"
        if roles[self._member] in SYNCHRONOUS:
            return ""
        replicas = len(roles) - 1
        others = not SYNCHRONOUS.isdisjoint(roles.values())
        if others and (number(live.get(COUNT)) or 0) < replicas:  # else Patroni may pick it yet
            self._sight.patroni.configure(address, {COUNT: replicas})
        return f"{self._member}: becoming a synchronous standby"


def reset(sight: Sight) -> None:
    """Have as many as the manifest says. Raises Unavailable when nobody answers."""
    asked = wanted(sight.cluster, sight.configuration).numbers[COUNT]
    sight.refresh(now=True)
    address, _, live = sight.configured()
    if number(live.get(COUNT, 0)) != asked:
        sight.patroni.configure(address, {COUNT: asked})
