"""Clusters as they stand in Kubernetes at this moment; nothing is remembered."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from activities.cluster.report import status_of
from activities.kube import children
from activities.kube.client import Kube, Object
from matriarch.rest.errors import NoAnswer
from matriarch.settings import EVERYWHERE
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.names import CONTROLLER, KIND, Role

NEVER: Final = "0001-01-01T00:00:00Z"
"""How Go writes a time that was not set."""


class Clusters:
    """Reads the resources that are ours, and what is made for one of them. Thread-safe."""

    def __init__(
        self,
        kube: Kube,
        configuration: Callable[[], Configuration],
        *,
        namespaces: Callable[[Configuration], Sequence[str]],
        controller_id: str,
    ) -> None:
        self._kube = kube
        self._configuration = configuration
        self._namespaces = namespaces
        self._controller_id = controller_id

    def all(self) -> list[Object]:
        """Every resource that is ours, as it is now and not as a cache has it."""
        configuration = self._configuration()
        places = self._namespaces(configuration)
        found = [
            item
            for place in places
            for item in self._kube.list(KIND, "" if place == EVERYWHERE else place, {}, fresh=True)
        ]
        return sorted(filter(self._is_ours, found), key=lambda item: str(ref_of(item)))

    def by_team(self) -> dict[str, list[str]]:
        """Names by team; clusters of one name in two namespaces look like one, as they did."""
        teams: dict[str, list[str]] = {}
        for item in self.all():
            teams.setdefault(team_of(item), []).append(item["metadata"]["name"])
        return teams

    def of_team(self, team: str) -> list[str]:
        found = self.by_team().get(team)
        if found is None:
            raise NoAnswer(f"could not find any clusters of team {team!r}")
        return found

    def databases(self) -> dict[str, list[str]]:
        """Names of the databases in the manifests, by cluster."""
        found: dict[str, list[str]] = {}
        for item in self.all():
            databases = (item.get("spec") or {}).get("databases") or {}
            known = found.setdefault(item["metadata"]["name"], [])
            known.extend(name for name in databases if name not in known)
        return found

    def one(self, ref: ClusterRef, *, worker: int) -> dict[str, Any]:
        """All about one cluster, in the shape of Zalando's status object."""
        item = self.resource(ref)
        return {
            "Team": team_of(item),
            "Cluster": ref.name,
            "Namespace": ref.namespace,
            **self._children(item),
            "CurrentProcess": process_of(item),
            "Worker": worker,
            "Status": status_of(item),
            "Spec": item.get("spec") or {},
            "Error": complaint(item),
        }

    def resource(self, ref: ClusterRef) -> Object:
        found = self._kube.get(KIND, ref.namespace, ref.name)
        if found is None or not self._is_ours(found):
            raise NoAnswer(f"could not find cluster {ref.name!r} in namespace {ref.namespace!r}")
        return found

    def _children(self, item: Object) -> dict[str, Object | None]:
        """Services, endpoints, StatefulSet and budgets, by their names in the answer."""
        ref, configuration = ref_of(item), self._configuration()
        labels = children.selector(ref, configuration)
        there = {
            (found["kind"], found["metadata"]["name"]): found
            for kind in ("Service", "Endpoints", "PodDisruptionBudget")
            for found in self._kube.list(kind, ref.namespace, labels)
        }
        master, replica = (names.service(ref.name, role) for role in (Role.MASTER, Role.REPLICA))
        primary = names.primary_budget(ref.name, configuration.pdb_name_format)
        critical = names.critical_budget(ref.name)
        return {
            "MasterService": there.get(("Service", master)),
            "ReplicaService": there.get(("Service", replica)),
            "MasterEndpoint": there.get(("Endpoints", master)),
            "ReplicaEndpoint": there.get(("Endpoints", replica)),
            "StatefulSet": self._kube.get("StatefulSet", ref.namespace, ref.name),
            "PrimaryPodDisruptionBudget": there.get(("PodDisruptionBudget", primary)),
            "CriticalOpPodDisruptionBudget": there.get(("PodDisruptionBudget", critical)),
        }

    def _is_ours(self, item: Object) -> bool:
        annotations = item["metadata"].get("annotations") or {}
        return bool(annotations.get(CONTROLLER, "") == self._controller_id)


def ref_of(item: Object) -> ClusterRef:
    return ClusterRef(namespace=item["metadata"]["namespace"], name=item["metadata"]["name"])


def team_of(item: Object) -> str:
    return str((item.get("spec") or {}).get("teamId", ""))


def process_of(item: Object) -> dict[str, str]:
    """What is being done about a cluster, or was done last, and since when."""
    operation = status_of(item).get("operation") or {}
    words = (operation.get("kind"), operation.get("step"))
    name = ": ".join(word for word in words if word)
    return {"Name": name, "StartTime": operation.get("since") or NEVER}


def is_operated_on(item: Object) -> bool:
    operation = status_of(item).get("operation") or {}
    return bool(operation) and not operation.get("finished")


def complaint(item: Object) -> dict[str, str]:
    """What is wrong, by condition; empty when nothing is."""
    conditions = status_of(item).get("conditions") or []
    return {
        one["type"]: one.get("message", "") for one in conditions if one.get("status") == "False"
    }
