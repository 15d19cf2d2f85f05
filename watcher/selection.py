"""What to list and watch: where a kind of object is served, and which of them count."""

from dataclasses import dataclass

METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
METADATA_LIST = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
WHOLE = "application/json"


@dataclass(frozen=True)
class Resource:
    """A kind of object by its place in the API."""

    group: str
    plural: str


POSTGRESQLS = Resource("apis/acid.zalan.do/v1", "postgresqls")
OPERATIONS = Resource("apis/acid.zalan.do/v1", "postgresoperations")
TEAMS = Resource("apis/acid.zalan.do/v1", "postgresteams")
CONFIGURATIONS = Resource("apis/acid.zalan.do/v1", "operatorconfigurations")
PODS = Resource("api/v1", "pods")
NODES = Resource("api/v1", "nodes")
SECRETS = Resource("api/v1", "secrets")
CONFIG_MAPS = Resource("api/v1", "configmaps")
SERVICES = Resource("api/v1", "services")
STATEFUL_SETS = Resource("apis/apps/v1", "statefulsets")
DEPLOYMENTS = Resource("apis/apps/v1", "deployments")
CRON_JOBS = Resource("apis/batch/v1", "cronjobs")
DISRUPTION_BUDGETS = Resource("apis/policy/v1", "poddisruptionbudgets")

CHILDREN = (SERVICES, SECRETS, STATEFUL_SETS, DISRUPTION_BUDGETS, DEPLOYMENTS, CRON_JOBS)
"""What the operator makes for a cluster, and people may change or delete by hand."""


@dataclass(frozen=True)
class Selection:
    """Objects of one kind, in one namespace or (None) in all of them."""

    resource: Resource
    namespace: str | None = None
    labels: str = ""
    """A selector: `key=value`, or only `key` for whatever value."""
    name: str = ""
    """Only objects of this name."""
    whole: bool = False
    """With their content; else their metadata alone are sent, so that no Secret is ever read."""

    @property
    def path(self) -> str:
        return path_of(self.resource, self.namespace)

    @property
    def query(self) -> dict[str, str]:
        wanted = {
            "labelSelector": self.labels,
            "fieldSelector": f"metadata.name={self.name}" if self.name else "",
        }
        return {key: value for key, value in wanted.items() if value}

    @property
    def what(self) -> str:
        """In words, for logs and reasons."""
        return f"{self.resource.plural} {self.name}".strip()


def path_of(resource: Resource, namespace: str | None) -> str:
    """Where objects of a namespace are listed; None means of all namespaces."""
    scope = f"/namespaces/{namespace}" if namespace else ""
    return f"/{resource.group}{scope}/{resource.plural}"
