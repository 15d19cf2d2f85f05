"""The pods of a cluster, and which of them to talk to. Roles are read fresh each time."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from cli.api import PODS, STATEFUL_SETS, Api, Object
from cli.errors import Complaint, Missing
from workflows.model.names import POSTGRES_CONTAINER, stateful_set

_LEADING = ("master", "primary")
_ROLE_LABEL = "KUBERNETES_ROLE_LABEL"


class Pod(NamedTuple):
    """As its object tells of it now."""

    name: str
    role: str
    ready: bool

    @property
    def leads(self) -> bool:
        return self.role in _LEADING


def of_cluster(api: Api, cluster: str) -> list[Pod]:
    """Found by the selector of the StatefulSet: label keys can be configured."""
    try:
        selector = api.get(STATEFUL_SETS, stateful_set(cluster))["spec"]["selector"]
    except Missing:
        raise Missing(
            f"There is no cluster {cluster} with pods in namespace {api.namespace}: "
            "kubectl pg list -A shows all."
        ) from None
    found = api.list(PODS, labels=selector.get("matchLabels") or {})
    present = [one for one in found if "deletionTimestamp" not in one["metadata"]]
    return sorted(map(seen, present))


def seen(obj: Object) -> Pod:
    metadata, status = obj["metadata"], obj.get("status") or {}
    role = (metadata.get("labels") or {}).get(_role_label(obj), "")
    ready = any(one["ready"] for one in _of_postgres(status.get("containerStatuses") or []))
    return Pod(metadata["name"], str(role), ready)


def _role_label(obj: Object) -> str:
    """Patroni is told by the environment which label is its own."""
    containers = _of_postgres((obj.get("spec") or {}).get("containers") or [])
    pairs = [pair for one in containers for pair in one.get("env") or []]
    names = [str(pair.get("value")) for pair in pairs if pair["name"] == _ROLE_LABEL]
    return names[0] if names else "spilo-role"


def _of_postgres(containers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for one in containers if one["name"] == POSTGRES_CONTAINER]


def serving(pods: Sequence[Pod], cluster: str, *, replica: bool) -> Pod:
    """The one to connect to."""
    chosen = [one for one in pods if one.ready and one.role and one.leads is not replica]
    if chosen:
        return chosen[0]
    what = "replica" if replica else "primary"
    told = ", ".join(f"{one.name}: {_told(one)}" for one in pods) or "it has no pods"
    raise Complaint(f"{cluster} has no {what} that is ready ({told}): see kubectl pg status.")


def _told(one: Pod) -> str:
    return f"{one.role or 'no role'}{'' if one.ready else ', not ready'}"


def named(pods: Sequence[Pod], member: str, cluster: str) -> list[Pod]:
    """One of them, or all."""
    chosen = [one for one in pods if member in ("", one.name)]
    if chosen:
        return chosen
    known = ", ".join(one.name for one in pods) or "none"
    raise Missing(f"{cluster} has no member {member or 'at all'}: there is {known}.")
