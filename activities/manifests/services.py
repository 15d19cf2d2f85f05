"""The services of a cluster: one to the primary, one to the replicas."""

from dataclasses import dataclass

from activities.manifests import dns, endpoints
from activities.manifests.metadata import (
    Manifest,
    inherited_annotations,
    owned,
    role_labels,
    role_selector,
)
from activities.manifests.pod_template import POSTGRES_PORT
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

LOCKED = "127.0.0.1/32"
"""Source range of a load balancer that was given none: it lets nobody in."""


@dataclass(frozen=True)
class Exposure:
    """How a service can be reached from outside; a node port goes before a load balancer."""

    node_port: bool
    port: int
    load_balancer: bool

    @property
    def kind(self) -> str:
        if self.node_port:
            return "NodePort"
        return "LoadBalancer" if self.load_balancer else "ClusterIP"

    @property
    def balanced(self) -> bool:
        return self.kind == "LoadBalancer"


def master(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Also the governing service of the StatefulSet.

    Without a selector when Patroni keeps its lock in Endpoints: it writes the leader's address
    there itself.
    """
    selector = (
        role_selector(cluster, configuration, Role.MASTER)
        if not endpoints.wanted(configuration)
        else {}
    )
    return _service(cluster, configuration, role=Role.MASTER, selector=selector)


def replica(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """There is one even when the cluster has a single member."""
    selector = role_selector(cluster, configuration, Role.REPLICA)
    return _service(cluster, configuration, role=Role.REPLICA, selector=selector)


def exposure(cluster: Postgresql, configuration: Configuration, role: Role) -> Exposure:
    spec = cluster.spec
    if role is Role.MASTER:
        return Exposure(
            node_port=first(spec.enable_master_node_port, configuration.enable_master_node_port),
            port=spec.master_node_port or 0,
            load_balancer=first(
                spec.enable_master_load_balancer, configuration.enable_master_load_balancer
            ),
        )
    return Exposure(
        node_port=first(spec.enable_replica_node_port, configuration.enable_replica_node_port),
        port=spec.replica_node_port or 0,
        load_balancer=first(
            spec.enable_replica_load_balancer, configuration.enable_replica_load_balancer
        ),
    )


def first(manifest: bool | None, configuration: bool) -> bool:
    """The manifest's word if it says anything, else the configuration's."""
    return configuration if manifest is None else manifest


def _service(
    cluster: Postgresql, configuration: Configuration, *, role: Role, selector: dict[str, str]
) -> Manifest:
    exposed = exposure(cluster, configuration, role)
    host = dns.of_database(cluster, configuration, role) if exposed.balanced else None
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned(
            names.service(cluster.metadata.name, role),
            cluster=cluster,
            configuration=configuration,
            labels=role_labels(cluster, configuration, role),
            annotations=annotations(cluster, configuration, role=role, host=host),
        ),
        "spec": {
            "type": exposed.kind,
            "ports": [port("postgresql", exposed)],
            **({"selector": selector} if selector else {}),
            **outside(cluster, configuration, exposed),
        },
    }


def port(name: str, exposed: Exposure) -> Manifest:
    """The one port of a service; a node port of nobody's choice is Kubernetes' to find."""
    chosen = {"nodePort": exposed.port} if exposed.node_port and exposed.port else {}
    return {
        "name": name,
        "port": POSTGRES_PORT,
        "targetPort": POSTGRES_PORT,
        "protocol": "TCP",
        **chosen,
    }


def outside(cluster: Postgresql, configuration: Configuration, exposed: Exposure) -> Manifest:
    """What the spec says about the way in from outside."""
    if exposed.kind == "ClusterIP":
        return {}
    policy: Manifest = {"externalTrafficPolicy": configuration.external_traffic_policy}
    if not exposed.balanced:
        return policy
    ranges = list(cluster.spec.allowed_source_ranges) or [LOCKED]
    return {**policy, "loadBalancerSourceRanges": ranges}


def annotations(
    cluster: Postgresql, configuration: Configuration, *, role: Role, host: str | None
) -> dict[str, str]:
    """The name a load balancer gets can't be chosen by an annotation of one's own."""
    spec = cluster.spec
    own = (
        spec.master_service_annotations if role is Role.MASTER else spec.replica_service_annotations
    )
    return {
        **configuration.custom_service_annotations,
        **spec.service_annotations,
        **own,
        **({names.DNS_NAME: host} if host else {}),
        **inherited_annotations(cluster, configuration),
    }
