"""DNS names that a load balancer asks external-dns for."""

from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql


def of_database(cluster: Postgresql, configuration: Configuration, role: Role) -> str:
    """One name with the namespace; a second one for clusters named after their team."""
    known = {"team": cluster.spec.team_id, "hostedzone": configuration.db_hosted_zone}
    template, legacy = _templates(configuration, role)
    found = [
        names.fill(
            template, cluster=cluster.metadata.name, namespace=cluster.metadata.namespace, **known
        )
    ]
    short = names.without_team(cluster.metadata.name, cluster.spec.team_id)
    if short is not None:
        found.append(names.fill(legacy, cluster=short, **known))
    return ",".join(found).lower()


def of_pooler(cluster: Postgresql, configuration: Configuration, role: Role) -> str:
    """Always one name. The replicas' template adds to the name of the primary's pooler."""
    template, _ = _templates(configuration, role)
    found = names.fill(
        template,
        cluster=names.pooler(cluster.metadata.name, Role.MASTER),
        namespace=cluster.metadata.namespace,
        team=cluster.spec.team_id,
        hostedzone=configuration.db_hosted_zone,
    )
    return found.lower()


def _templates(configuration: Configuration, role: Role) -> tuple[str, str]:
    if role is Role.MASTER:
        return configuration.master_dns_name_format, configuration.master_legacy_dns_name_format
    return configuration.replica_dns_name_format, configuration.replica_legacy_dns_name_format
