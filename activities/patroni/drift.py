"""Looks at Patroni: its members, and how its dynamic configuration differs from the manifest."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from activities.cluster import waits
from activities.manifests import event_stream
from activities.patroni.client import PatroniClient, View
from activities.patroni.differences import changes, parameters, wanted
from activities.patroni.following import following, source
from activities.patroni.receiving import silent
from activities.patroni.remembered import Remembered
from activities.patroni.restarts import Pending, pending
from workflows.model.configuration import Configuration
from workflows.model.errors import MatriarchError, Unavailable
from workflows.model.kinds import Kind
from workflows.model.members import MemberSeen
from workflows.model.observation import PatroniSeen
from workflows.model.postgresql import Postgresql

PAUSED: Final = (
    "Patroni is paused: nothing is failed over or restarted until somebody resumes it "
    "(patronictl resume)"
)


@dataclass(frozen=True)
class PatroniOutlook:
    """What was seen, and what a person has to know."""

    members: Sequence[MemberSeen] = ()
    seen: PatroniSeen = field(default_factory=PatroniSeen)
    concerns: Sequence[str] = ()
    silent: Mapping[str, str] = field(default_factory=dict)
    """Members that receive nothing, and what they do instead."""


class PatroniDrift:
    """One per process; used from many threads."""

    def __init__(self, patroni: PatroniClient) -> None:
        self._patroni = patroni

    def look(
        self,
        *,
        addresses: Sequence[str],
        cluster: Postgresql | None,
        configuration: Configuration,
        status: Mapping[str, Any],
        published: Collection[str] = (),
    ) -> PatroniOutlook:
        """Through the first member that answers; `status` is what the resource remembers.

        Slots of event streams are only made once they are `published`.

        Without a valid `cluster` only the members are seen. Never raises: what can't be looked at
        is a concern.
        """
        remembered = Remembered.of(status)
        address, view, concerns = self._first(addresses)
        deaf = silent(view, ask=self._patroni.patroni)
        members = [member.seen for member in view.members]
        slots = _slots(cluster, published)
        unseen = _memory(slots, remembered, live=None, standby=remembered.standby)
        if cluster is None or not address:
            return PatroniOutlook(members, unseen, concerns, deaf)
        try:
            live = self._patroni.config(address)
        except Unavailable as error:
            return PatroniOutlook(members, unseen, [*concerns, str(error)], deaf)
        apart = Kind.RESTART in waits.apart(cluster, configuration)
        waiting = list(self._waiting(view, everybody=apart))
        members = [_itself(member, waiting) for member in members] if apart else members
        asked = _Asked(cluster, configuration, remembered, live, slots)
        seen = asked.seen(waiting, paused=view.paused)
        return PatroniOutlook(members, seen, [*concerns, *asked.concerns(waiting)], deaf)

    def _first(self, addresses: Sequence[str]) -> tuple[str, View, list[str]]:
        """The first address that answers, what it says, and what is wrong with that."""
        silent: list[str] = []
        for address in addresses:
            try:
                view = self._patroni.view(address)
            except MatriarchError as error:
                silent = silent or [f"no member tells the state of the cluster: {error}"]
                continue
            return address, view, [PAUSED] if view.paused else []
        return "", View(), silent

    def _waiting(self, view: View, *, everybody: bool) -> Iterator[Pending]:
        """Each is asked itself: what the others know of it may be a round old.

        An update sees to members of which they don't know yet that they wait; where restarts are
        no part of one, nobody else would: `everybody` has to be asked.
        """
        for member in view.members:
            if not (everybody or member.seen.pending_restart):
                continue
            try:
                told = self._patroni.patroni(member.host)
            except Unavailable:
                continue
            if found := pending(member.seen.name, told):
                yield found


def _itself(member: MemberSeen, waiting: Sequence[Pending]) -> MemberSeen:
    """By its own word."""
    waits_for_restart = any(one.name == member.name for one in waiting)
    return member.model_copy(update={"pending_restart": waits_for_restart})


@dataclass(frozen=True)
class _Asked:
    """The manifest beside what Patroni has."""

    cluster: Postgresql
    configuration: Configuration
    remembered: Remembered
    live: Mapping[str, Any]
    slots: frozenset[str]
    """That may be made."""

    def seen(self, waiting: Sequence[Pending], *, paused: bool) -> PatroniSeen:
        """While Patroni is paused nobody is restarted, promoted, or made to follow."""
        follow = following(self.cluster, self.live, remembered=self.remembered.standby)
        known = self.remembered.known_slots.union(self.slots)
        change = changes(wanted(self.cluster, self.configuration), self.live, remembered=known)
        ours = [str(one) for one in waiting if one.concerns(parameters(self.cluster))]
        moves = [follow.sentence] if follow.sentence else []
        slots = self.live.get("slots")
        memory = _memory(
            self.slots,
            self.remembered,
            live=slots if isinstance(slots, Mapping) else (),
            standby=self.remembered.standby if moves else source(self.cluster),
        )
        seen = {"changes": [*change.sentences, *moves], "restarts": ours, "held": []}
        if paused:
            seen = {"changes": [*change.sentences], "restarts": [], "held": [*moves, *ours]}
        return memory.model_copy(update=seen)

    def concerns(self, waiting: Sequence[Pending]) -> list[str]:
        """When to restart for what was changed by hand is for the same person to say."""
        ours = parameters(self.cluster)
        follow = following(self.cluster, self.live, remembered=self.remembered.standby)
        found = [
            f"{one}; the manifest does not ask for it, so it is left to you (patronictl restart)"
            for one in waiting
            if not one.concerns(ours)
        ]
        return [*found, *([follow.concern] if follow.concern else [])]


def _slots(cluster: Postgresql | None, published: Collection[str]) -> frozenset[str]:
    """The manifest's own, and those of event streams whose publications are there."""
    if cluster is None:
        return frozenset()
    streams = event_stream.slots(cluster).keys()
    return frozenset(cluster.spec.patroni.slots) | (streams & set(published))


def _memory(
    slots: frozenset[str],
    remembered: Remembered,
    *,
    live: Collection[str] | None,
    standby: str | None,
) -> PatroniSeen:
    """What to write down; `live` are the slots that exist, None while nobody answers."""
    return PatroniSeen(
        slots=remembered.slots_from_now(slots, live=live),
        new_slots=not slots <= remembered.known_slots,
        standby=standby,
    )
