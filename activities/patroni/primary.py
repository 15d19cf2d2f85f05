"""Waiting for a primary that accepts writes.

Patroni grants the leader lock a moment before the pod has its label, and answers as the primary a
moment before writes work; so all three are looked at.
"""

from activities.cluster import pods as pod_facts
from activities.kube.client import Object
from activities.patroni.complaints import Complaints
from activities.patroni.sight import Elapsed, Sight
from activities.patroni.situation import DOWN, explained, in_words, is_alive, reason
from workflows.model import names
from workflows.model.errors import Conflict, LockedOut, NotYet, Unavailable
from workflows.model.orders import Members


class PrimaryWait:
    """One wait; call `lack` until it says nothing."""

    def __init__(self, sight: Sight) -> None:
        self._sight = sight
        self._elapsed = Elapsed()
        self._complaints = Complaints(sight)

    def lack(self) -> str:
        """What is missing, as a person would say it, or nothing."""
        self._sight.refresh()
        leader = next((pod for pod in self._sight.alive() if self._sight.leads(pod)), None)
        name, doing = self._missing(leader)
        return self._elapsed.text(name, doing) if doing else ""

    def result(self) -> Members:
        return Members(members=[member.seen for member in self._sight.members().values()])

    def _missing(self, leader: Object | None) -> tuple[str, str]:
        if leader is None:
            return self._without_leader()
        name = str(leader["metadata"]["name"])
        if not self._labelled(leader):
            self._sight.refresh(now=True)
            if not self._labelled(self._sight.pods.get(name, leader)):
                return name, "its pod is not labelled as the primary yet"
        return name, self._why_not_writable(leader)

    def _labelled(self, pod: Object) -> bool:
        return self._sight.role(pod) == names.Role.MASTER.value

    def _without_leader(self) -> tuple[str, str]:
        """What the pod does that is most likely to become the primary."""
        first = names.pod(self._sight.ref.name, 0)
        candidates = [*self._sight.alive(), *self._sight.pods.values()]
        if not candidates:
            return first, "its pod does not exist yet"
        pod = candidates[0]
        return str(pod["metadata"]["name"]), self._doing(pod)

    def _doing(self, pod: Object) -> str:
        if not is_alive(pod):
            return reason(pod)
        try:
            told = self._sight.patroni.patroni(pod_facts.address(pod))
        except Unavailable:
            return "Patroni is starting"
        state = str(told.get("state") or "")
        if state in DOWN:
            complaint = self._complaints.of(str(pod["metadata"]["name"]))
            return explained(in_words(state), complaint)
        return "waiting for the leader lock" if state in ("", "running") else in_words(state)

    def _why_not_writable(self, leader: Object) -> str:
        if not self._sight.sql:
            return ""
        try:
            with self._sight.primary([pod_facts.address(leader)]).connect() as connection:
                row = connection.execute("SELECT pg_is_in_recovery() AS recovers").fetchone()
        except LockedOut:
            return ""  # whoever is told so answers; the step for roles lets itself in
        except (Unavailable, NotYet, Conflict) as error:
            return str(error)
        return "" if row and row["recovers"] is False else "it is being promoted"
