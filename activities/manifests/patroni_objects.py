"""Marks on the objects that Patroni makes for itself: owners and inherited annotations.

Patroni alone creates these and writes what is in them; they must exist before they are marked.
"""

from activities.manifests import endpoints
from activities.manifests.metadata import (
    Manifest,
    inherited_annotations,
    owner_references,
    present,
)
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def build(*, cluster: Postgresql, configuration: Configuration) -> list[Manifest]:
    """Manifests with nothing but these marks; applied, they leave the rest to Patroni."""
    config_maps = not endpoints.wanted(configuration)
    kind = "ConfigMap" if config_maps else "Endpoints"
    name = cluster.metadata.name
    found = [(kind, each) for each in names.patroni_objects(name, config_maps=config_maps)]
    if not config_maps:
        found.append(("Service", names.config_service(name)))
    return [
        _marks(kind, name, cluster=cluster, configuration=configuration) for kind, name in found
    ]


def _marks(kind: str, name: str, *, cluster: Postgresql, configuration: Configuration) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": present(
            {
                "name": name,
                "namespace": cluster.metadata.namespace,
                "annotations": inherited_annotations(cluster, configuration),
                "ownerReferences": owner_references(cluster, configuration),
            }
        ),
    }
