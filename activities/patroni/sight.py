"""The members of one cluster as a wait looks at them, round after round.

Patroni is asked in every round, the API server rarely: pods are listed every other second, and
at once where only a label is missing.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from activities.cluster import pods as pod_facts
from activities.kube import children
from activities.kube.client import Kube, Object
from activities.manifests.instances import is_standby
from activities.patroni.client import Member, PatroniClient
from activities.patroni.situation import is_alive, role
from activities.postgres.connection import Primaries, Server
from activities.progress import beat
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet, Unavailable
from workflows.model.names import Role
from workflows.model.operations import Stage
from workflows.model.postgresql import Postgresql

_SECONDS_BETWEEN_LISTS: Final = 2.0
_STEP_SECONDS: Final = 5


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
    _listed_at: float = float("-inf")

    @property
    def standby(self) -> bool:
        return is_standby(self.cluster)

    @property
    def sql(self) -> bool:
        """Whether the primary may be asked: a standby cluster has none that takes writes."""
        return self.configuration.enable_database_access and not self.standby

    def refresh(self, *, now: bool = False) -> None:
        """List the pods if that was not done a moment ago, or in any case."""
        if not now and time.monotonic() - self._listed_at < _SECONDS_BETWEEN_LISTS:
            return
        labels = children.selector(self.ref, self.configuration)
        try:
            listed = self.kube.list("Pod", self.ref.namespace, labels, fresh=now)
        except Unavailable:  # what was seen last has to do
            return
        self._listed_at = time.monotonic()
        own = [pod for pod in listed if self._is_member(pod)]
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
        for pod in self.alive():
            beat(self.ref.name)
            try:
                members = self.patroni.cluster(pod_facts.address(pod))
            except Unavailable:
                continue
            return {member.seen.name: member for member in members}
        return {}

    def primary(self, hosts: Sequence[str] = ()) -> Server:
        """The way to the primary, at `hosts` or wherever its label is."""
        labelled = [pod for pod in self.alive() if self.role(pod) == Role.MASTER.value]
        places = hosts or [pod_facts.address(pod) for pod in labelled]
        if not places:
            raise NotYet(f"no pod of {self.ref.name} is labelled as the primary")
        return self.primaries.locate(
            cluster=self.cluster, configuration=self.configuration, hosts=places
        )

    def _is_member(self, pod: Object) -> bool:
        return children.belongs(
            Stage.PODS, "Pod", pod, ref=self.ref, configuration=self.configuration
        )


class Elapsed:
    """Adds to what each member does for how long it has been doing so.

    In steps of five seconds: each new text is one more write to the API server.
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
        seconds = int(now - since) // _STEP_SECONDS * _STEP_SECONDS
        return f"{name}: {doing}, {seconds} s" if seconds else f"{name}: {doing}"

    def texts(self, doings: Sequence[tuple[str, str]]) -> str:
        """Of all members that lack something, in one line."""
        return "; ".join(self._texts(doings))

    def _texts(self, doings: Sequence[tuple[str, str]]) -> Iterator[str]:
        for name, doing in doings:
            if doing:
                yield self.text(name, doing)
