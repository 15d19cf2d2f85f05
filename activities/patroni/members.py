"""Waiting until all wanted members run and stream, and those that are too many are gone."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from activities.patroni.complaints import Complaints
from activities.patroni.sight import Elapsed, Sight
from activities.patroni.situation import Situation
from activities.postgres.replication import Observer, Replication
from workflows.model.errors import Conflict, Forbidden, LockedOut, NotYet, Unavailable
from workflows.model.orders import Members

_SECONDS_AFTER_REFUSAL: Final = 2.0


class MembersWait:
    """One wait; call `lack` until it says nothing, and `close` at the end."""

    def __init__(self, sight: Sight, *, wanted: Sequence[str]) -> None:
        self._sight = sight
        self._wanted = wanted
        self._elapsed = Elapsed()
        self._observer = Observer(sight.primary)
        self._observe_again = float("-inf")
        self._unseen: Replication | None = None
        self._complaints = Complaints(sight)
        self._situation = Situation({})

    def lack(self) -> str:
        """What is missing, as a person would say it, or nothing."""
        situation = self.look()
        leaving = sorted(situation.pods.keys() - set(self._wanted))
        going = [(name, "it is to go and still there") for name in leaving]
        return self._elapsed.texts([*self._lacks(situation), *going])

    def look(self) -> Situation:
        """One round."""
        self._sight.refresh()
        situation = self._looked()
        works = not any(situation.member_lack(name) for name in self._wanted)
        if works and self._lacks(situation):  # labels only, which Patroni may just have written
            self._sight.refresh(now=True)
            situation = replace(situation, pods=self._sight.pods)
        self._situation = situation
        return situation

    def result(self) -> Members:
        return Members(members=[member.seen for member in self._situation.members.values()])

    def close(self) -> None:
        self._observer.close()

    def _lacks(self, situation: Situation) -> list[tuple[str, str]]:
        label = self._sight.configuration.pod_role_label
        lacks = [(name, situation.lack(name, role_label=label)) for name in self._wanted]
        return [(name, lack) for name, lack in lacks if lack]

    def _looked(self) -> Situation:
        found = Situation(
            pods=self._sight.pods,
            members=self._sight.members(),
            replication=self._replication() if self._sight.sql else None,
            standby=self._sight.standby,
        )
        troubled = [name for name in self._wanted if found.is_in_trouble(name)]
        return replace(found, complaints={name: self._complaints.of(name) for name in troubled})

    def _replication(self) -> Replication | None:
        """Nothing streams as far as anybody knows while the primary does not answer.

        None where it lets nobody look, so that Patroni's word has to do: a password that is wrong
        must not hold up what restarts a pod.
        """
        if time.monotonic() < self._observe_again:
            return self._unseen
        try:
            return self._observer.look()
        except (Forbidden, LockedOut):
            self._unseen = None
        except (Unavailable, NotYet, Conflict):
            self._unseen = Replication()
        self._observe_again = time.monotonic() + _SECONDS_AFTER_REFUSAL
        return self._unseen
