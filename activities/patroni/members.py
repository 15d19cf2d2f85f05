"""Waiting until all wanted members run and stream."""

import time
from dataclasses import replace
from typing import Final

from activities.patroni.sight import Elapsed, Sight
from activities.patroni.situation import Situation
from activities.postgres.replication import Observer, Replication
from workflows.model import names
from workflows.model.errors import Conflict, NotYet, Unavailable
from workflows.model.operations import Members

_SECONDS_AFTER_REFUSAL: Final = 2.0


class MembersWait:
    """One wait; call `lack` until it says nothing, and `close` at the end."""

    def __init__(self, sight: Sight, *, instances: int) -> None:
        self._sight = sight
        self._wanted = [names.pod(sight.ref.name, ordinal) for ordinal in range(instances)]
        self._elapsed = Elapsed()
        self._observer = Observer(sight.primary)
        self._observe_again = float("-inf")
        self._situation = Situation({})

    def lack(self) -> str:
        """What is missing, as a person would say it, or nothing."""
        self._sight.refresh()
        situation = self._look()
        works = not any(situation.member_lack(name) for name in self._wanted)
        if works and self._lacks(situation):  # labels only, which Patroni may just have written
            self._sight.refresh(now=True)
            situation = replace(situation, pods=self._sight.pods)
        self._situation = situation
        return self._elapsed.texts(self._lacks(situation))

    def result(self) -> Members:
        return Members(members=[member.seen for member in self._situation.members.values()])

    def close(self) -> None:
        self._observer.close()

    def _lacks(self, situation: Situation) -> list[tuple[str, str]]:
        label = self._sight.configuration.pod_role_label
        lacks = [(name, situation.lack(name, role_label=label)) for name in self._wanted]
        return [(name, lack) for name, lack in lacks if lack]

    def _look(self) -> Situation:
        return Situation(
            pods=self._sight.pods,
            members=self._sight.members(),
            replication=self._replication() if self._sight.sql else None,
            standby=self._sight.standby,
        )

    def _replication(self) -> Replication:
        """Nothing streams as far as anybody knows while the primary does not answer."""
        if time.monotonic() < self._observe_again:
            return Replication()
        try:
            return self._observer.look()
        except (Unavailable, NotYet, Conflict):
            self._observe_again = time.monotonic() + _SECONDS_AFTER_REFUSAL
            return Replication()
