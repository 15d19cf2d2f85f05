"""Having the member that is to lead among Patroni's synchronous standbys.

In synchronous mode Patroni hands over to nobody else, and picks as many of them as its
configuration says, by itself. So that number is raised until the lead has moved.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from activities.patroni.client import Member
from activities.patroni.differences import Wanted, changes, wanted
from activities.patroni.meaning import number
from activities.patroni.sight import Sight
from activities.patroni.situation import in_words
from workflows.health import SYNCHRONOUS, WORKING
from workflows.model.errors import Unavailable
from workflows.model.orders import Readiness, SynchronousOrder

COUNT: Final = "synchronous_node_count"
SECONDS_WITHOUT_WORK: Final = 20.0
"""Of a member that is out of action for longer: who takes over is decided anew."""


class Synchronous:
    """One member; call `lack` until it says nothing."""

    def __init__(
        self,
        sight: Sight,
        order: SynchronousOrder,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sight = sight
        self._order = order
        self._clock = clock
        self._worked_at = clock()
        self._in_vain = ""

    def lack(self) -> str:
        """What is missing until the member is one, or nothing, as when waiting makes no sense."""
        self._sight.refresh()
        try:
            address, view, live = self._sight.configured()
        except Unavailable as error:
            return f"{self._order.pod}: {error}"
        members = {member.seen.name: member for member in view.members}
        self._in_vain = self._why_in_vain(members)
        return "" if self._in_vain else self._lack(members, address, live)

    def result(self) -> Readiness:
        return Readiness(lack=self._in_vain)

    def _why_in_vain(self, members: Mapping[str, Member]) -> str:
        leader = next((name for name, member in members.items() if member.is_leader), "")
        if leader not in ("", self._order.leader):
            return f"{leader} leads now"
        member = members.get(self._order.pod)
        if member is not None and member.seen.state in WORKING:
            self._worked_at = self._clock()
        if self._clock() - self._worked_at <= SECONDS_WITHOUT_WORK:
            return ""
        return f"{self._order.pod}: {_state(member)}"

    def _lack(self, members: Mapping[str, Member], address: str, live: Mapping[str, Any]) -> str:
        member = members.get(self._order.pod)
        if member is None or member.seen.state not in WORKING:
            return f"{self._order.pod}: {_state(member)}"
        if member.seen.role in SYNCHRONOUS:
            return ""
        replicas = len(members) - 1
        others = any(other.seen.role in SYNCHRONOUS for other in members.values())
        if others and (number(live.get(COUNT)) or 0) < replicas:  # else Patroni may pick it yet
            self._sight.patroni.configure(address, {COUNT: replicas})
        return f"{self._order.pod}: becoming a synchronous standby"


def reset(sight: Sight) -> None:
    """Have as many as the manifest says. Raises Unavailable when nobody answers."""
    asked = wanted(sight.cluster, sight.configuration).numbers[COUNT]
    sight.refresh(now=True)
    address, _, live = sight.configured()
    only = Wanted(numbers={COUNT: asked}, switches={}, parameters={}, slots={})
    if body := changes(only, live, remembered=()).body:
        sight.patroni.configure(address, body)


def _state(member: Member | None) -> str:
    state = member.seen.state if member is not None else ""
    return in_words(state) if state else "not known to Patroni"
