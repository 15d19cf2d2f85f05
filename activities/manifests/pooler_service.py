"""The service to a role's connection pooler."""

from activities.manifests import dns, pooler, services
from activities.manifests.metadata import Manifest, owned
from activities.manifests.services import Exposure, first
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql


def build(*, cluster: Postgresql, configuration: Configuration, role: Role) -> Manifest:
    exposed = exposure(cluster, configuration, role)
    name = names.pooler(cluster.metadata.name, role)
    host = dns.of_pooler(cluster, configuration, role)
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": owned(
            name,
            cluster=cluster,
            configuration=configuration,
            labels=pooler.selector(cluster, configuration, role),
            annotations=services.annotations(
                cluster, configuration, role=role, host=host if exposed.balanced else None
            ),
        ),
        "spec": {
            "type": exposed.kind,
            "ports": [services.port(name, exposed)],
            "selector": {names.CONNECTION_POOLER: name},
            **services.outside(cluster, configuration, exposed),
        },
    }


def exposure(cluster: Postgresql, configuration: Configuration, role: Role) -> Exposure:
    spec, default = cluster.spec, configuration
    if role is Role.MASTER:
        return Exposure(
            node_port=first(
                spec.enable_master_pooler_node_port, default.enable_master_pooler_node_port
            ),
            port=spec.master_pooler_node_port or 0,
            load_balancer=first(
                spec.enable_master_pooler_load_balancer,
                default.enable_master_pooler_load_balancer,
            ),
        )
    return Exposure(
        node_port=first(
            spec.enable_replica_pooler_node_port, default.enable_replica_pooler_node_port
        ),
        port=spec.replica_pooler_node_port or 0,
        load_balancer=first(
            spec.enable_replica_pooler_load_balancer, default.enable_replica_pooler_load_balancer
        ),
    )
