"""The members of one cluster, as little as a step has to know before it may harm one of them."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from activities.cluster import pods, waits
from activities.cluster.departures import Departures
from activities.configuration import ConfigurationSource
from activities.kube import children, staleness
from activities.kube.client import Kube, Object
from activities.kube.resource import Resources, readable
from activities.kube.staleness import Newest
from activities.manifests.instances import number_of_instances
from activities.patroni.client import PatroniClient
from activities.patroni.dynamic import Dynamic
from workflows.model.errors import NotYet, Unavailable
from workflows.model.members import MemberSeen, Membership, PodSeen
from workflows.model.names import Role
from workflows.model.orders import MembershipOrder


class Memberships:
    """One per process; used from many threads."""

    def __init__(
        self,
        kube: Kube,
        configuration: ConfigurationSource,
        patroni: PatroniClient,
        *,
        patience_seconds: float = 20.0,
    ) -> None:
        self._kube = kube
        self._resources = Resources(kube)
        self._configuration = configuration
        self._patroni = patroni
        self._departures = Departures(kube)
        self._patience_seconds = patience_seconds

    def read(self, order: MembershipOrder) -> Membership:
        """Raises NotYet when the StatefulSet is not there, or its controller asleep.

        Where the manifest is invalid, there are to be as many members as there were before.
        """
        configuration = self._configuration.recent()
        cluster = readable(self._resources.meant(order.ref, uid=order.uid))
        stateful_set = self._observed(order, deadline=time.monotonic() + self._patience_seconds)
        newest = Newest(self._kube, stateful_set, lazy=configuration.enable_lazy_spilo_upgrade)
        listed = children.list_database_pods(self._kube, order.ref, configuration)
        label = configuration.pod_role_label
        found = [
            _asked_for(pods.seen(pod, role_label=label, newest=newest), pod, order.made_before)
            for pod in listed
        ]
        if order.nodes:
            found = self._departures.marked(found, listed, configuration)
        leading = [pod.name for pod in found if pod.role == Role.MASTER]
        members, dynamic = self._patronis_view(
            sorted(listed, key=lambda pod: pod["metadata"]["name"] not in leading)
        )
        return Membership(
            pods=found,
            members=members,
            instances=number_of_instances(cluster, configuration)
            if cluster
            else stateful_set["spec"].get("replicas", 1),
            synchronous=dynamic.synchronous,
            any_may_lead=True,
            held=dynamic.held,
            max_lag_bytes=dynamic.max_lag_bytes,
            **waits.window(cluster, configuration, now=datetime.now(UTC)),
        )

    def _observed(self, order: MembershipOrder, *, deadline: float) -> Object:
        """A pod deleted earlier than its controller has looked would be made as it was."""
        while True:
            found = self._kube.get("StatefulSet", order.ref.namespace, order.ref.name)
            if found is None:
                raise NotYet(f"StatefulSet {order.ref} does not exist")
            if staleness.is_observed(found):
                return found
            if time.monotonic() >= deadline:
                raise NotYet(f"StatefulSet {order.ref}: its controller has not seen it yet")
            time.sleep(0.2)

    def _patronis_view(self, listed: Sequence[Object]) -> tuple[list[MemberSeen], Dynamic]:
        """As the first pod tells it that answers; nothing when nobody does."""
        for pod in listed:
            address = pods.address(pod)
            if not address or not pods.is_alive(pod):
                continue
            try:
                members = self._patroni.cluster(address)  # first: it reads both afresh for that
                config = self._patroni.config(address)
                return [member.seen for member in members], Dynamic.of(config)
            except Unavailable:
                continue
        return [], Dynamic()


def _asked_for(seen: PodSeen, pod: Object, made_before: str) -> PodSeen:
    """Somebody asked for all pods of that time to be made anew. Both times are the API server's."""
    made = pod["metadata"].get("creationTimestamp") or ""
    if seen.stale or not made_before or _moment(made) > _moment(made_before):
        return seen
    return seen.model_copy(update={"stale": "somebody asked for it"})


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text) if text else datetime.max.replace(tzinfo=UTC)
