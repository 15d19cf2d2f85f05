"""Waiting until volumes have what their claims ask for: room that members see, and a class."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from activities import waiting
from activities.kube import children as family
from activities.kube.client import Kube, Object
from activities.kube.mounted import COMMAND, mounted
from activities.kube.pod_warnings import newest_warning
from activities.manifests import attributes, claims, quantities
from activities.manifests.instances import number_of_instances
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import MatriarchError, Precondition
from workflows.model.orders import GrowthOrder
from workflows.model.postgresql import Postgresql

PAUSE_SECONDS: Final = 0.5


class Growth:
    """One wait. Only looks: volumes are the business of the storage driver and the kubelet."""

    def __init__(
        self,
        kube: Kube,
        order: GrowthOrder,
        *,
        cluster: Postgresql,
        configuration: Configuration,
        tell: Callable[[str], None],
    ) -> None:
        self._kube = kube
        self._order = order
        self._cluster = cluster
        self._configuration = configuration
        self._tell = tell

    def run(self) -> None:
        """Raises NotYet with what is missing, in Kubernetes' own words, at the deadline.

        What the storage driver refuses is not waited for: Precondition, after all else is there.
        """
        waiting.until(
            lambda: "; ".join(self._behind()),
            seconds=self._order.deadline_seconds,
            tell=self._tell,
            least_pause=PAUSE_SECONDS,
        )
        if refused := [*self._refused()]:
            raise Precondition("; ".join(refused))

    def _behind(self) -> Iterator[str]:
        labels = family.selector(self._order.ref, self._configuration)
        listed = self._kube.list("Pod", self._order.ref.namespace, labels, fresh=True)
        pods = {pod["metadata"]["name"]: pod for pod in listed}
        for claim in self._claims():
            if self._is_to_have_class(claim) and not attributes.refusal(claim):
                yield from filter(None, [attributes.lack(claim)])
            pod = pods.get(names.pod(self._order.ref.name, _ordinal(claim)))
            if pod is None:
                continue  # it grows when a pod uses it
            if behind := claims.growth(claim):
                yield f"{behind}{self._warning(claim)}"
            elif lack := self._lack_inside(pod, claim):
                yield lack

    def _claims(self) -> list[Object]:
        ref, kind = self._order.ref, "PersistentVolumeClaim"
        labels = family.selector(ref, self._configuration)
        listed = self._kube.list(kind, ref.namespace, labels, fresh=True)
        return family.volume_claims(listed, ref, self._configuration)

    def _is_to_have_class(self, claim: Object) -> bool:
        """Whether its volume is wanted with the class that the claim asks for."""
        wanted = self._cluster.spec.volume.attributes_class
        members = number_of_instances(self._cluster, self._configuration)
        return wanted == attributes.asked(claim) and _ordinal(claim) < members

    def _refused(self) -> Iterator[str]:
        """With the driver's words, which older ones leave in events only."""
        if not self._cluster.spec.volume.attributes_class:
            return
        for claim in self._claims():
            if self._is_to_have_class(claim) and (told := attributes.refusal(claim)):
                yield told if attributes.complaints(claim) else f"{told}{self._warning(claim)}"

    def _warning(self, claim: Object) -> str:
        warning = newest_warning(self._kube, claim)
        return f"; {warning}" if warning else ""

    def _lack_inside(self, pod: Object, claim: Object) -> str:
        """A file system that stayed behind its volume; nothing where that can't be seen."""
        place = ClusterRef(namespace=self._order.ref.namespace, name=pod["metadata"]["name"])
        try:
            printed = self._kube.exec(
                place.namespace, place.name, names.POSTGRES_CONTAINER, COMMAND, seconds=10
            )
            found, wanted = mounted(printed), capacity(claim)
        except (MatriarchError, ValueError):
            return ""
        if not found.lacks(wanted):
            return ""
        return f"{place.name}: its file system has {found.size >> 20} of {int(wanted) >> 20} MiB"


def _ordinal(claim: Object) -> int:
    return names.ordinal(claim["metadata"]["name"])


def capacity(claim: dict[str, Any]) -> float:
    """Of a bound claim, in bytes."""
    return float(quantities.parse(str(claim["status"]["capacity"]["storage"])).amount)
