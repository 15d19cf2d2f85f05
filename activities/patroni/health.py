"""The gate after a member was made anew: waiting until it serves as well as it can."""

import time
from contextlib import suppress
from typing import Final

from activities.cluster import pods as pod_facts
from activities.kube.client import Object
from activities.patroni.client import Member
from activities.patroni.dynamic import Dynamic
from activities.patroni.members import MembersWait
from activities.patroni.sight import Elapsed, Sight
from activities.patroni.situation import Situation
from workflows import health
from workflows.model.errors import Unavailable
from workflows.model.orders import Members

_SECONDS_BETWEEN_RESTARTS: Final = 15.0


class HealthWait:
    """One wait; call `lack` until it says nothing, and `close` at the end."""

    def __init__(self, sight: Sight, name: str) -> None:
        self._sight = sight
        self._name = name
        self._members = MembersWait(sight, wanted=[name])
        self._elapsed = Elapsed()
        self._dynamic: Dynamic | None = None
        self._restart_again = float("-inf")

    def lack(self) -> str:
        """What is missing, as a person would say it, or nothing."""
        doing = self._doing(self._members.look())
        return self._elapsed.text(self._name, doing) if doing else ""

    def result(self) -> Members:
        return self._members.result()

    def close(self) -> None:
        self._members.close()

    def _doing(self, situation: Situation) -> str:
        pod = situation.pods.get(self._name)
        lack = situation.lack(self._name, role_label=self._sight.configuration.pod_role_label)
        if lack or pod is None:
            return _container_trouble(pod) or lack
        if not pod_facts.is_ready(pod):
            self._sight.refresh(now=True)
            return pod_facts.seen(pod, role_label="").reason
        return self._arrears(situation)

    def _arrears(self, situation: Situation) -> str:
        member = situation.members[self._name]
        leader = next((one for one in situation.members.values() if one.is_leader), None)
        told = leader.seen if leader else None
        lack = health.arrears(member.seen, told, max_lag=self._settings().max_lag_bytes)
        if lack and told and health.waits_for_restart(member.seen, told):
            self._restart(member)
        return lack

    def _settings(self) -> Dynamic:
        """Read once, as soon as anybody answers."""
        if self._dynamic is None:
            self._dynamic = self._read_settings()
        return self._dynamic or Dynamic()

    def _read_settings(self) -> Dynamic | None:
        for pod in self._sight.alive():
            try:
                return Dynamic.of(self._sight.patroni.config(pod_facts.address(pod)))
            except Unavailable:
                continue
        return None

    def _restart(self, member: Member) -> None:
        """Nobody else would, and a replica that is not relied on yet may be restarted."""
        if time.monotonic() < self._restart_again or member.is_leader:
            return
        self._restart_again = time.monotonic() + _SECONDS_BETWEEN_RESTARTS
        with suppress(Unavailable):  # it goes on all the same, which the next rounds will show
            self._sight.patroni.restart_pending(member.host)


def _container_trouble(pod: Object | None) -> str:
    """Why its container ends again and again; Patroni can't be heard then, and is not to blame."""
    if pod is None or pod_facts.is_ready(pod):
        return ""
    reason = pod_facts.seen(pod, role_label="").reason
    return reason if reason.startswith("container ") else ""
