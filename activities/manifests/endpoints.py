"""Endpoints behind services without a selector: what Patroni writes the leader's address into."""

from activities.manifests.metadata import Manifest, inherited_annotations, owned, role_labels
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql


def wanted(configuration: Configuration) -> bool:
    """Only when the leader is not kept in ConfigMaps."""
    return not configuration.kubernetes_use_configmaps or bool(configuration.etcd_host)


def master(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Without addresses: those are Patroni's, and applying this leaves them alone."""
    return _endpoints(cluster, configuration, Role.MASTER)


def replica(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Made by Kubernetes from the service's selector; to be aligned, not to be created first."""
    return _endpoints(cluster, configuration, Role.REPLICA)


def _endpoints(cluster: Postgresql, configuration: Configuration, role: Role) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": owned(
            names.service(cluster.metadata.name, role),
            cluster=cluster,
            configuration=configuration,
            labels=role_labels(cluster, configuration, role),
            annotations=inherited_annotations(cluster, configuration),
        ),
    }
