"""The connection pooler in front of a role's members: whether there is one, and who it is."""

from activities.manifests.metadata import object_labels, selector_labels
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

APPLICATION = "db-connection-pooler"


def wanted(cluster: Postgresql, role: Role) -> bool:
    """To the primary also when only its section is there; to the replicas only when asked for."""
    spec = cluster.spec
    if role is Role.REPLICA:
        return bool(spec.enable_replica_connection_pooler)
    if spec.enable_connection_pooler is None:
        return spec.connection_pooler is not None
    return spec.enable_connection_pooler


def user(cluster: Postgresql, configuration: Configuration) -> str:
    """The role the pooler looks passwords up with; never one that is more than that."""
    section = cluster.spec.connection_pooler
    asked = section.user if section else None
    reserved = {
        configuration.super_username,
        configuration.replication_username,
        *configuration.protected_role_names,
    }
    return configuration.connection_pooler_user if not asked or asked in reserved else asked


def schema(cluster: Postgresql, configuration: Configuration) -> str:
    """Where the function lies that looks passwords up."""
    section = cluster.spec.connection_pooler
    return (section.schema_ if section else None) or configuration.connection_pooler_schema


def selector(cluster: Postgresql, configuration: Configuration, role: Role) -> dict[str, str]:
    """Told apart from database pods by the application."""
    return _pooler(selector_labels(cluster, configuration), cluster, role)


def labels(cluster: Postgresql, configuration: Configuration, role: Role) -> dict[str, str]:
    found = _pooler(object_labels(cluster, configuration), cluster, role)
    return {**found, configuration.pod_role_label: role.value}


def _pooler(base: dict[str, str], cluster: Postgresql, role: Role) -> dict[str, str]:
    return {
        **base,
        names.APPLICATION: APPLICATION,
        names.CONNECTION_POOLER: names.pooler(cluster.metadata.name, role),
    }
