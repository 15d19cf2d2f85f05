"""Restarting Postgres in the members that wait for it: one after the other, replicas first.

Where nothing but limits of the primary go down the primary is first, since a standby may not have
less of them than its primary: restarted before, it keeps the old value and waits for a restart
again. Other mixtures end well too, by another round.

A member that does not come back is waited for, and nobody is restarted after it: what one replica
can't start with must not reach the primary.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from activities.patroni.client import Member
from activities.patroni.differences import parameters
from activities.patroni.restarts import Pending, pending
from activities.patroni.sight import Elapsed, Sight
from activities.patroni.situation import in_words
from workflows.model.errors import NotYet, Unavailable
from workflows.model.orders import Restarted

MOST_RESTARTS: Final = 5
"""Of one member; two are the most that were ever seen to be needed."""
_SECONDS_AFTER_REFUSAL: Final = 5.0
_DOING: Final = "restarting Postgres"

Told = Mapping[str, Mapping[str, Any]]


class Restarting:
    """One run; call `lack` until it says nothing. Each call restarts one member at most."""

    def __init__(
        self,
        sight: Sight,
        *,
        primary_first: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sight = sight
        self._primary_first = primary_first
        self._clock = clock
        self._ours = parameters(sight.cluster)
        self._elapsed = Elapsed(clock)
        self._restarted: list[str] = []
        self._cause = ""
        self._held = ""
        self._not_before = float("-inf")
        self._written: tuple[int, int | None] = 0, None
        """Number of restarts when the primary was back from its own, and how far it had written."""

    def lack(self) -> str:
        """What is awaited, or nothing. Roles are read afresh each time."""
        self._sight.refresh()
        view = self._sight.view()
        self._held = "Patroni is paused" if view.paused else ""
        if view.paused:
            return ""
        told = self._sight.told(view.members)
        if not told:
            return "no member answers"
        name, doing = self._away(told) or self._next(view.members, told)
        return self._elapsed.text(name, doing) if doing else ""

    def result(self) -> Restarted:
        return Restarted(restarted=self._restarted, held=self._held)

    def _away(self, told: Told) -> tuple[str, str] | None:
        """The member that was restarted last, until it is back."""
        if not self._restarted:
            return None
        last = self._restarted[-1]
        state = str(told.get(last, {}).get("state") or "")
        if state == "running":
            return (last, _DOING) if self._clock() < self._not_before else None
        doing = in_words(state) or _DOING
        return last, f"{doing} ({self._cause})" if self._cause else doing

    def _next(self, members: tuple[Member, ...], told: Told) -> tuple[str, str]:
        """Restart the member whose turn it is, if it is ready for that."""
        self._note_position(members, told)
        waiting = sorted(self._waiting(members, told), key=self._turn)
        if not waiting:
            return "", ""
        member, chosen = waiting[0]
        state = str(told[chosen.name].get("state") or "")
        if state != "running":
            return chosen.name, in_words(state) or "Patroni is starting"
        if self._is_behind(told[chosen.name]):
            return chosen.name, "replaying what the primary has written"
        if self._restarted.count(chosen.name) >= MOST_RESTARTS:
            raise NotYet(f"{chosen} although it was restarted {MOST_RESTARTS} times")
        self._restarted.append(chosen.name)
        self._cause = chosen.cause
        if not self._restart(member):
            self._not_before = self._clock() + _SECONDS_AFTER_REFUSAL
        return chosen.name, _DOING

    def _restart(self, member: Member) -> bool:
        """Whether it is done. No answer in time is no failure: the restart goes on."""
        try:
            status, _ = self._sight.patroni.restart_pending(member.host)
        except Unavailable:
            return False
        return status == HTTPStatus.OK

    def _waiting(self, members: tuple[Member, ...], told: Told) -> Iterator[tuple[Member, Pending]]:
        """Those that answer; one that does not will start with the new configuration anyway."""
        for member in members:
            found = pending(member.seen.name, told.get(member.seen.name, {}))
            if found and found.concerns(self._ours):
                yield member, found

    def _turn(self, waiting: tuple[Member, Pending]) -> tuple[int, bool, str]:
        member, _ = waiting
        name = member.seen.name
        return self._restarted.count(name), member.is_leader is not self._primary_first, name

    def _note_position(self, members: tuple[Member, ...], told: Told) -> None:
        """New limits reach a standby with the primary's WAL, and hold for it from then on."""
        leaders = [member.seen.name for member in members if member.is_leader]
        restarts = len(self._restarted)
        if restarts > self._written[0] and self._restarted[-1] in leaders:
            xlog = told[self._restarted[-1]].get("xlog") or {}
            self._written = restarts, xlog.get("location")

    def _is_behind(self, told: Mapping[str, Any]) -> bool:
        replayed, (_, written) = (told.get("xlog") or {}).get("replayed_location"), self._written
        return replayed is not None and written is not None and replayed < written
