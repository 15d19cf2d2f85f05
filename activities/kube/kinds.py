"""The kinds of objects this operator meets, and where the API server keeps them."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Kind:
    """Address of one kind. The empty namespace is right for those that live in none."""

    group: str
    version: str
    plural: str

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def home(self) -> str:
        """Path at which the API server names all kinds of this group and version."""
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    def path(self, namespace: str, name: str = "", *, part: str = "") -> str:
        """Path of one object or, without a name, of a collection; no namespace means all."""
        steps = ["apis", self.group, self.version] if self.group else ["api", self.version]
        if namespace:
            steps += ["namespaces", namespace]
        steps.append(self.plural)
        if name:
            steps.append(name)
        if part:
            steps.append(part)
        return "/" + "/".join(quote(step, safe="") for step in steps)


KINDS: dict[str, Kind] = {
    "ConfigMap": Kind("", "v1", "configmaps"),
    "Endpoints": Kind("", "v1", "endpoints"),
    "Event": Kind("", "v1", "events"),
    "Namespace": Kind("", "v1", "namespaces"),
    "PersistentVolumeClaim": Kind("", "v1", "persistentvolumeclaims"),
    "PersistentVolume": Kind("", "v1", "persistentvolumes"),
    "Node": Kind("", "v1", "nodes"),
    "Pod": Kind("", "v1", "pods"),
    "Secret": Kind("", "v1", "secrets"),
    "Service": Kind("", "v1", "services"),
    "ServiceAccount": Kind("", "v1", "serviceaccounts"),
    "StatefulSet": Kind("apps", "v1", "statefulsets"),
    "ControllerRevision": Kind("apps", "v1", "controllerrevisions"),
    "Deployment": Kind("apps", "v1", "deployments"),
    "CronJob": Kind("batch", "v1", "cronjobs"),
    "Job": Kind("batch", "v1", "jobs"),
    "Lease": Kind("coordination.k8s.io", "v1", "leases"),
    "FabricEventStream": Kind("zalando.org", "v1", "fabriceventstreams"),
    "PodDisruptionBudget": Kind("policy", "v1", "poddisruptionbudgets"),
    "VolumeAttributesClass": Kind("storage.k8s.io", "v1", "volumeattributesclasses"),
    "RoleBinding": Kind("rbac.authorization.k8s.io", "v1", "rolebindings"),
    "postgresql": Kind("acid.zalan.do", "v1", "postgresqls"),
    "OperatorConfiguration": Kind("acid.zalan.do", "v1", "operatorconfigurations"),
    "PostgresOperation": Kind("acid.zalan.do", "v1", "postgresoperations"),
    "PostgresTeam": Kind("acid.zalan.do", "v1", "postgresteams"),
}
