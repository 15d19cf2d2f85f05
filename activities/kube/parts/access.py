"""What database pods may do in Kubernetes: shared by all clusters of a namespace."""

from collections.abc import Iterator

from activities.kube.child import Child, Shared
from activities.kube.client import address
from activities.kube.parts.sight import Sight
from activities.manifests import role_binding, service_account
from workflows.model import names


def children(sight: Sight) -> Iterator[Child]:
    """They only have to be there; the account also has to have the right cloud role."""
    account = service_account.build(cluster=sight.cluster, configuration=sight.configuration)
    cloud_role = {names.IRSA_ROLE: sight.configuration.irsa_role_arn or None}
    yield Shared(account, sight.existing.get(*address(account)), annotations=cloud_role)
    binding = role_binding.build(cluster=sight.cluster, configuration=sight.configuration)
    yield Shared(binding, sight.existing.get(*address(binding)))
