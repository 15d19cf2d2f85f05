"""Everything a cluster consists of, except the Secrets, whose passwords are not in the manifest."""

from activities.manifests import (
    disruption_budgets,
    endpoints,
    role_binding,
    service_account,
    services,
    statefulset,
)
from activities.manifests.inputs import PodEnvironment
from activities.manifests.metadata import Manifest
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def objects(
    *, cluster: Postgresql, configuration: Configuration, environment: PodEnvironment
) -> list[Manifest]:
    """In the order in which they are to be created."""
    return [
        service_account.build(cluster=cluster, configuration=configuration),
        role_binding.build(cluster=cluster, configuration=configuration),
        *_leader_endpoints(cluster, configuration),
        services.master(cluster=cluster, configuration=configuration),
        services.replica(cluster=cluster, configuration=configuration),
        disruption_budgets.primary(cluster=cluster, configuration=configuration),
        disruption_budgets.critical(cluster=cluster, configuration=configuration),
        statefulset.build(cluster=cluster, configuration=configuration, environment=environment),
    ]


def _leader_endpoints(cluster: Postgresql, configuration: Configuration) -> list[Manifest]:
    if not endpoints.wanted(configuration):
        return []
    return [endpoints.master(cluster=cluster, configuration=configuration)]
