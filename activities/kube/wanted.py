"""The child objects of each group as they should be, but for Secrets."""

from activities.kube import environment
from activities.kube.client import Kube, Object
from activities.manifests import (
    disruption_budgets,
    endpoints,
    role_binding,
    service_account,
    services,
    statefulset,
)
from workflows.model.configuration import Configuration
from workflows.model.operations import Group
from workflows.model.postgresql import Postgresql


def access(cluster: Postgresql, configuration: Configuration) -> list[Object]:
    """Shared by all clusters of the namespace: made when missing, not corrected."""
    return [
        service_account.build(cluster=cluster, configuration=configuration),
        role_binding.build(cluster=cluster, configuration=configuration),
    ]


def network(cluster: Postgresql, configuration: Configuration) -> list[Object]:
    """Endpoints before their service: else Kubernetes could make its own."""
    leader = (
        [endpoints.master(cluster=cluster, configuration=configuration)]
        if endpoints.wanted(configuration)
        else []
    )
    return [
        *leader,
        services.master(cluster=cluster, configuration=configuration),
        services.replica(cluster=cluster, configuration=configuration),
    ]


def budgets(cluster: Postgresql, configuration: Configuration) -> list[Object]:
    return [
        disruption_budgets.primary(cluster=cluster, configuration=configuration),
        disruption_budgets.critical(cluster=cluster, configuration=configuration),
    ]


def stateful_set(kube: Kube, cluster: Postgresql, configuration: Configuration) -> Object:
    """Raises NotYet while something that the pod template is made from is missing."""
    return statefulset.build(
        cluster=cluster,
        configuration=configuration,
        environment=environment.read(kube, configuration, namespace=cluster.metadata.namespace),
    )


PLAIN = {Group.SERVICES: network, Group.DISRUPTION_BUDGETS: budgets}
"""Groups whose objects need nothing but to be applied."""
