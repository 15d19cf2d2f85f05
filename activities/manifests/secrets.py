"""The Secret with a role's login."""

import base64

from activities.manifests import pooler
from activities.manifests.metadata import (
    Manifest,
    inherited_annotations,
    object_labels,
    owned,
    present,
)
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

_POOLER_ROLE = "pooler"


def build(
    *,
    cluster: Postgresql,
    configuration: Configuration,
    user: str,
    password: str,
    namespace: str | None = None,
    next_rotation: str | None = None,
) -> Manifest:
    """`namespace` is another one than the cluster's for roles that are to be used there."""
    where = namespace or cluster.metadata.namespace
    metadata = owned(
        _name(user, cluster, configuration),
        cluster=cluster,
        configuration=configuration,
        labels=_labels(user, cluster, configuration),
        annotations=inherited_annotations(cluster, configuration),
    )
    if where != cluster.metadata.namespace:
        metadata.pop("ownerReferences", None)  # Kubernetes knows no owner across namespaces
    data = present({"username": user, "password": password, "nextRotation": next_rotation})
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata, "namespace": where},
        "type": "Opaque",
        "data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()},
    }


def _name(user: str, cluster: Postgresql, configuration: Configuration) -> str:
    return names.credentials_secret(
        user,
        cluster=cluster.metadata.name,
        namespace=cluster.metadata.namespace,
        template=configuration.secret_name_template,
    )


def _labels(user: str, cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """A role literally named `pooler` has the pooler's labels, whatever the pooler's role is."""
    if user != _POOLER_ROLE:
        return object_labels(cluster, configuration)
    return pooler.selector(cluster, configuration, Role.MASTER)
