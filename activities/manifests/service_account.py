"""The account under which database pods speak to Kubernetes; shared by all of a namespace."""

from activities.manifests.metadata import Manifest
from workflows.model import names, yamltext
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def build(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """From the configuration's definition if there is one; the name is always the configured one.

    No owner and no labels of the cluster: it outlives every single cluster.
    """
    text = configuration.pod_service_account_definition
    given: Manifest = yamltext.read(text) if text else {}
    metadata = dict(given.get("metadata") or {})
    if configuration.irsa_role_arn:
        annotations = metadata.get("annotations") or {}
        metadata["annotations"] = {**annotations, names.IRSA_ROLE: configuration.irsa_role_arn}
    return {
        **given,
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {
            **metadata,
            "name": configuration.pod_service_account_name,
            "namespace": cluster.metadata.namespace,
        },
    }
