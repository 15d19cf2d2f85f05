"""The members of one cluster as a wait looks at them, round after round.

Patroni is asked in every round, the API server rarely: pods are listed every other second, less
often when nothing happens to them for long, and at once where only a label is missing.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from activities.cluster import pods as pod_facts
from activities.kube import children
from activities.kube.client import Kube, Object
from activities.manifests.instances import is_standby
from activities.patroni.client import Member, PatroniClient, View
from activities.patroni.situation import is_alive, role
from activities.postgres.connection import Primaries, Server
from activities.progress import beat
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet, Unavailable
from workflows.model.members import PodSeen
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

_SECONDS_BETWEEN_LISTS: Final = 2.0
_MOST_SECONDS_BETWEEN_LISTS: Final = 10.0
_PART_OF_QUIET: Final = 0.1
_STEP_SECONDS: Final = 5
_LONG_SECONDS: Final = 120


@dataclass(kw_only=True)
class Sight:
    """For one wait in one thread."""

    ref: ClusterRef
    cluster: Postgresql
    configuration: Configuration
    kube: Kube
    patroni: PatroniClient
    primaries: Primaries
    pods: dict[str, Object] = field(default_factory=dict)
    """Database pods by name, as they were listed last."""
    _pace: "Pace" = field(default_factory=lambda: Pace())

    @property
    def standby(self) -> bool:
        return is_standby(self.cluster)

    @property
    def sql(self) -> bool:
        """Whether the primary may be asked: a standby cluster has none that takes writes."""
        return self.configuration.enable_database_access and not self.standby

    def refresh(self, *, now: bool = False) -> None:
        """List the pods if that was not done a moment ago, or in any case."""
        if not (now or self._pace.is_due()):
            return
        labels = children.selector(self.ref, self.configuration)
        try:
            listed = self.kube.list("Pod", self.ref.namespace, labels, fresh=now)
        except Unavailable:  # what was seen last has to do
            return
        own = children.database_pods(listed, self.ref, self.configuration)
        label = self.configuration.pod_role_label
        self._pace.listed([pod_facts.seen(pod, role_label=label) for pod in own])
        self.pods = {str(pod["metadata"]["name"]): pod for pod in own}

    def alive(self) -> list[Object]:
        """Pods that could answer, the one labelled as the primary first."""
        found = [pod for pod in self.pods.values() if is_alive(pod)]
        return sorted(found, key=lambda pod: self.role(pod) != Role.MASTER.value)

    def role(self, pod: Object) -> str:
        return role(pod, self.configuration.pod_role_label)

    def leads(self, pod: Object) -> bool:
        """Whether Patroni in this pod says that it holds the leader lock."""
        beat(self.ref.name)
        try:
            return self.patroni.leads(pod_facts.address(pod), standby=self.standby)
        except Unavailable:
            return False

    def members(self) -> dict[str, Member]:
        """As the first pod shows them that answers; none when nobody does."""
        return {member.seen.name: member for member in self.view().members}

    def view(self) -> View:
        """The same with what holds for the cluster as a whole."""
        for pod in self.alive():
            beat(self.ref.name)
            try:
                return self.patroni.view(pod_facts.address(pod))
            except Unavailable:
                continue
        return View()

    def configured(self) -> tuple[str, View, Mapping[str, Any]]:
        """Who answers, the members, and the configuration, which is the same at all of them.

        Raises Unavailable when nobody answers.
        """
        why = "it has no member that could answer"
        for pod in self.alive():
            address = pod_facts.address(pod)
            try:
                view = self.patroni.view(address)  # has the configuration read afresh, too
                return address, view, self.patroni.config(address)
            except Unavailable as error:
                why = str(error)
        raise Unavailable(f"the configuration of {self.ref.name} can't be read: {why}")

    def told(self, members: Sequence[Member]) -> dict[str, dict[str, Any]]:
        """What each member says of itself; those that don't answer are left out."""
        found = {}
        for member in members:
            beat(self.ref.name)
            with suppress(Unavailable):
                found[member.seen.name] = self.patroni.patroni(member.host)
        return found

    def primary(self, hosts: Sequence[str] = ()) -> Server:
        """The way to the primary, at `hosts` or wherever its label is."""
        labelled = [pod for pod in self.alive() if self.role(pod) == Role.MASTER.value]
        places = hosts or [pod_facts.address(pod) for pod in labelled]
        if not places:
            raise NotYet(f"no pod of {self.ref.name} is labelled as the primary")
        return self.primaries.locate(
            cluster=self.cluster, configuration=self.configuration, hosts=places
        )


class Pace:
    """When to list the pods again: the later, the longer nothing has happened to them.

    A cluster may be stuck for hours, and be one of many that are.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: Sequence[PodSeen] | None = None
        self._listed_at = self._changed_at = float("-inf")

    def is_due(self) -> bool:
        quiet = self._listed_at - self._changed_at if self._seen is not None else 0.0
        pause = max(_SECONDS_BETWEEN_LISTS, _PART_OF_QUIET * quiet)
        return self._clock() - self._listed_at >= min(pause, _MOST_SECONDS_BETWEEN_LISTS)

    def listed(self, pods: Sequence[PodSeen]) -> None:
        """Take note of what a list has shown."""
        self._listed_at = self._clock()
        if pods != self._seen:
            self._seen, self._changed_at = pods, self._listed_at


class Elapsed:
    """Adds to what each member does for how long it has been doing so.

    In steps that grow with it: each new text is one more write to the API server.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: dict[str, tuple[str, float]] = {}

    def text(self, name: str, doing: str) -> str:
        """As in `acid-1: copying the base backup, 10 s`."""
        now = self._clock()
        what = doing.partition(",")[0]
        known, since = self._since.get(name, ("", now))
        if known != what:
            since = now
        self._since[name] = (what, since)
        how_long = _duration(int(now - since))
        return f"{name}: {doing}, {how_long}" if how_long else f"{name}: {doing}"

    def texts(self, doings: Sequence[tuple[str, str]]) -> str:
        """Of all members that lack something, in one line."""
        return "; ".join(self._texts(doings))

    def _texts(self, doings: Sequence[tuple[str, str]]) -> Iterator[str]:
        for name, doing in doings:
            if doing:
                yield self.text(name, doing)


def _duration(seconds: int) -> str:
    """In steps of five seconds, from two minutes on in whole minutes; nothing when just begun."""
    if seconds >= _LONG_SECONDS:
        return f"{seconds // 60} min"
    steps = seconds // _STEP_SECONDS
    return f"{steps * _STEP_SECONDS} s" if steps else ""
