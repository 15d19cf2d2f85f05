"""Exchanging one pod for a new one of its name."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

from activities.cluster import pods
from activities.kube.client import Kube, Object
from activities.kube.pod_warnings import PodWarnings
from workflows.model.errors import NotYet
from workflows.model.names import POSTGRES_CONTAINER, Role
from workflows.model.orders import RenewalOrder, Renewed

SILENCE_SECONDS: Final = 2.0
"""Without a change of the pod, before it is asked for anew: only then can we be told to stop."""


class Renewal:
    """One renewal.

    `leader` asks the Patroni at an address who leads; empty when it can't tell. `members` lists the
    cluster's pods, for the case that the one in question does not answer.
    """

    def __init__(
        self,
        kube: Kube,
        order: RenewalOrder,
        *,
        leader: Callable[[str], str],
        members: Callable[[], Sequence[Object]],
        role_label: str,
        tell: Callable[[str], None],
        pause: float = 0.5,
    ) -> None:
        self._kube = kube
        self._order = order
        self._leader = leader
        self._members = members
        self._role_label = role_label
        self._tell = tell
        self._pause = pause
        self._warnings = PodWarnings(kube)

    def run(self) -> Renewed:
        """Delete the pod of the order, if it is still that one, and see another one run."""
        pod = self._pod()
        if pod is not None and self._is_old(pod) and not pod["metadata"].get("deletionTimestamp"):
            if not self._order.leads and (spared := self._leadership(pod)):
                return Renewed(spared=spared)
            self._delete()
        self._until_running()
        return Renewed()

    def _until_running(self) -> None:
        """Raises NotYet with what is missing at the deadline."""
        deadline = time.monotonic() + self._order.deadline_seconds
        while lack := self._follow(deadline):
            self._tell(lack)
            if time.monotonic() >= deadline:
                raise NotYet(lack)
            time.sleep(self._pause)

    def _follow(self, deadline: float) -> str:
        """What is missing after some time without news, or nothing."""
        place = "Pod", self._order.ref.namespace, self._order.pod
        lack = self._lack(None)
        with closing(self._kube.follow(*place, seconds=SILENCE_SECONDS)) as changes:
            for pod in changes:
                lack = self._lack(pod)
                if not lack or time.monotonic() >= deadline:
                    break
                self._tell(lack)
        return lack

    def _pod(self) -> Object | None:
        return self._kube.get("Pod", self._order.ref.namespace, self._order.pod)

    def _delete(self) -> None:
        order = self._order
        self._kube.delete("Pod", order.ref.namespace, order.pod, uid=order.pod_uid)

    def _is_old(self, pod: Object) -> bool:
        return bool(pod["metadata"]["uid"] == self._order.pod_uid)

    def _leadership(self, pod: Object) -> str:
        """Why it may be the primary, or nothing. It is asked first: its label may be older than the
        last failover. Silence is no answer, unless it comes from a pod in which nothing runs, or
        that is the only one: nobody else could be waited for."""
        name = self._order.pod
        told = self._ask(pod)
        if told:
            return f"{name} has become the primary" if told == name else ""
        if not _runs(pod):
            return ""
        others = [one for one in self._members() if one["metadata"]["name"] != name]
        told = next(filter(None, map(self._ask, filter(pods.is_alive, others))), "")
        if told == name:
            return f"{name} leads, as other members see it, and does not say so itself"
        labelled = pods.seen(pod, role_label=self._role_label).role == Role.MASTER
        if labelled and others and not told:
            return f"{name} is labelled as the primary, and nobody is seen to lead"
        return ""

    def _ask(self, pod: Object) -> str:
        """Who leads, as this pod's Patroni sees it; nothing when it can't tell."""
        address = pods.address(pod)
        if not address:
            return ""
        self._tell(f"{self._order.pod}: asking {pod['metadata']['name']} who leads")
        return self._leader(address)

    def _lack(self, pod: Object | None) -> str:
        """What is missing, as a person would say it, or nothing."""
        name = self._order.pod
        if pod is None:
            return f"{name}: its new pod does not exist yet"
        if self._is_old(pod):
            return f"{name}: the old pod is stopping"
        seen = pods.seen(pod, role_label="")
        if seen.phase == "Running":
            return ""
        warning = self._warnings.about(pod) if seen.node else ""
        return f"{name}: {seen.reason}" + (f"; {warning}" if warning else "")


def _runs(pod: Object) -> bool:
    """Whether Postgres' container runs, as far as is known: of one that does not, or whose image
    can't be had, nothing is lost."""
    if not pods.is_alive(pod):
        return False
    listed = pod["status"].get("containerStatuses") or []
    states = [one.get("state") or {} for one in listed if one["name"] == POSTGRES_CONTAINER]
    return all("running" in state for state in states)
