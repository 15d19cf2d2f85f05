"""How the members are reached."""

from collections.abc import Iterator

from activities.kube.child import Child, Kept
from activities.kube.parts.sight import Sight
from activities.manifests import endpoints, services


def children(sight: Sight) -> Iterator[Child]:
    """Endpoints before their service: else Kubernetes could make its own."""
    cluster, configuration = sight.cluster, sight.configuration
    if endpoints.wanted(configuration):
        leader = endpoints.master(cluster=cluster, configuration=configuration)
        yield Kept(leader, sight.existing.find("Endpoints", leader["metadata"]["name"]))
    for build in (services.master, services.replica):
        service = build(cluster=cluster, configuration=configuration)
        yield Kept(service, sight.existing.find("Service", service["metadata"]["name"]))
