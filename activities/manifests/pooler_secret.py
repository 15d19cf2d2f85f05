"""The list of users that PgBouncer reads at its start."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

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
    live: Mapping[str, Any] | None = None,
    now: str = "",
) -> Manifest:
    """`password` is the pooler's own; `infrastructure` has the passwords of those roles.

    A list that has the same lines in another order is left as it is in `live`; when it becomes
    another one, that is noted as of `now`.
    """
    own = pooler.user(cluster, configuration)
    passwords = [(own, password), *sorted(infrastructure.items())]
    lines = "".join(f"{_quoted(name)} {_quoted(secret)}\n" for name, secret in passwords)
    coded = base64.b64encode(lines.encode()).decode()
    present = ((live or {}).get("data") or {}).get(KEY, "")
    same = live is None or _lines(present) == _lines(coded)
    stamp = changed(live) if same else now
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": owned(
            names.pooler_auth_secret(cluster.metadata.name, role),
            cluster=cluster,
            configuration=configuration,
            labels=pooler.labels(cluster, configuration, role),
            annotations={
                **inherited_annotations(cluster, configuration),
                **({names.USERS_CHANGED: stamp} if stamp else {}),
            },
        ),
        "type": "Opaque",
        "data": {KEY: present if live is not None and same else coded},
    }


def changed(live: Mapping[str, Any] | None) -> str:
    """When the list became another one under running pods, or nothing if it never did."""
    annotations: Mapping[str, str] = ((live or {}).get("metadata") or {}).get("annotations") or {}
    return annotations.get(names.USERS_CHANGED, "")


def _lines(coded: str) -> list[bytes]:
    try:
        return sorted(base64.b64decode(coded).split(b"\n"))
    except binascii.Error:
        return []


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
