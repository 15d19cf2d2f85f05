"""What the database pods' account may do: the ClusterRole that exists under the same name."""

from activities.manifests.metadata import Manifest
from workflows.model import yamltext
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def build(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    account = configuration.pod_service_account_name
    text = configuration.pod_service_account_role_binding_definition
    given: Manifest = yamltext.read(text) if text else _default(account)
    return {
        **given,
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": account,
            **(given.get("metadata") or {}),
            "namespace": cluster.metadata.namespace,
        },
    }


def _default(account: str) -> Manifest:
    return {
        "metadata": {"name": account},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": account,
        },
        "subjects": [{"kind": "ServiceAccount", "name": account}],
    }
