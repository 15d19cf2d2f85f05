"""The list of users that PgBouncer reads at its start."""

import base64
from collections.abc import Mapping

from activities.manifests import pooler
from activities.manifests.metadata import Manifest, inherited_annotations, owned
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

KEY = "userlist.txt"


def build(
    *,
    cluster: Postgresql,
    configuration: Configuration,
    role: Role,
    password: str,
    infrastructure: Mapping[str, str],
) -> Manifest:
    """`password` is the pooler's own; `infrastructure` has the passwords of those roles."""
    own = pooler.user(cluster, configuration)
    passwords = [(own, password), *sorted(infrastructure.items())]
    lines = "".join(f"{_quoted(name)} {_quoted(secret)}\n" for name, secret in passwords)
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned(
            names.pooler_auth_secret(cluster.metadata.name, role),
            cluster=cluster,
            configuration=configuration,
            labels=pooler.labels(cluster, configuration, role),
            annotations=inherited_annotations(cluster, configuration),
        ),
        "type": "Opaque",
        "data": {KEY: base64.b64encode(lines.encode()).decode()},
    }


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
