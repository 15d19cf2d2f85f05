"""The objects by which operations are asked for. Pure."""

from typing import Any

from workflows.model.kinds import Kind
from workflows.model.names import API_VERSION
from workflows.model.postgresoperation import KIND

_UNSAID = ("", False)


def request(
    cluster: str,
    kind: Kind,
    *,
    candidate: str = "",
    member: str = "",
    at: str = "",
    dry_run: bool = False,
) -> dict[str, Any]:
    """Kubernetes makes a name of its own for it."""
    wishes = {"candidate": candidate, "member": member, "at": at, "dryRun": dry_run}
    spec = {key: value for key, value in wishes.items() if value not in _UNSAID}
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"generateName": f"{cluster}-{kind}-"},
        "spec": {"cluster": cluster, "kind": kind, **spec},
    }
