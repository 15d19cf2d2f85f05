"""What to watch, and by which rules to judge it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from watcher.selection import CHILDREN, NODES, OPERATIONS, PODS, POSTGRESQLS, Selection
from workflows.model.nodes import NodeRule
from workflows.model.protection import Protection

EVERYWHERE = "*"


@dataclass(frozen=True)
class Source:
    """What several clusters are made from besides their manifests, as a Secret with roles."""

    selection: Selection
    """Without a namespace it lies in those of the clusters."""
    for_all: bool = True
    """Else it concerns only the clusters of the namespace it lies in."""
    configuration: bool = False
    """The operator's own configuration, which also decides what is watched."""

    def within(self, namespace: str | None) -> "Source":
        return replace(self, selection=replace(self.selection, namespace=namespace))


@dataclass(frozen=True)
class Scope:
    """What to watch, and by which rules to judge it."""

    namespaces: Sequence[str]
    """Names, or the single entry `*`."""
    protection: Protection = field(default_factory=Protection)
    controller_id: str = ""
    pod_labels: Mapping[str, str] = field(default_factory=lambda: {"application": "spilo"})
    """Database pods carry these, and the two below."""
    name_label: str = "cluster-name"
    role_label: str = "spilo-role"
    sources: Sequence[Source] = ()
    node_rule: NodeRule = field(default_factory=NodeRule)

    def clusters(self, namespace: str | None) -> Selection:
        return Selection(POSTGRESQLS, namespace)

    def operations(self, namespace: str | None) -> Selection:
        return Selection(OPERATIONS, namespace, whole=True)

    def pods(self, namespace: str | None) -> Selection:
        labels = ",".join(f"{key}={value}" for key, value in self.pod_labels.items())
        return Selection(PODS, namespace, labels=labels, whole=True)

    @property
    def nodes(self) -> Selection:
        return Selection(NODES, whole=True)

    def children(self, namespace: str | None) -> Sequence[Selection]:
        """All that carries a cluster's name, also what hides from the operator's own labels."""
        return [Selection(resource, namespace, labels=self.name_label) for resource in CHILDREN]

    @property
    def fixed_sources(self) -> Sequence[Source]:
        return [source for source in self.sources if source.selection.namespace]

    def sources_beside(self, namespace: str | None) -> Sequence[Source]:
        """Those that lie where the clusters are."""
        beside = [source for source in self.sources if not source.selection.namespace]
        return [source.within(namespace) for source in beside]
