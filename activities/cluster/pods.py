"""Database pods, from what Kubernetes stores to what a person wants to know."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from workflows.model.members import PodSeen

Object = Mapping[str, Any]

_BEGINNING = ("ContainerCreating", "PodInitializing")


class Template(Protocol):
    """What pods are to be made from; see `activities.kube.staleness.Newest`."""

    def is_revision_of(self, pod: Object) -> bool: ...

    def why_stale(self, pod: Object) -> str: ...


def seen(pod: Object, *, role_label: str, newest: Template | None = None) -> PodSeen:
    """Without a template to compare with no pod is stale."""
    metadata = pod["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    return PodSeen(
        name=metadata["name"],
        uid=metadata["uid"],
        node=pod.get("spec", {}).get("nodeName") or "",
        phase=pod.get("status", {}).get("phase") or "Pending",
        role=labels.get(role_label, ""),
        ready=is_ready(pod),
        current=newest is None or newest.is_revision_of(pod),
        stale=newest.why_stale(pod) if newest else "",
        deleting=bool(metadata.get("deletionTimestamp")),
        reason=next(_reasons(pod), ""),
    )


def is_ready(pod: Object) -> bool:
    return _condition(pod, "Ready").get("status") == "True"


def is_alive(pod: Object) -> bool:
    """Whether something in it runs and is not about to end."""
    running = pod.get("status", {}).get("phase") == "Running"
    return running and not pod["metadata"].get("deletionTimestamp")


def address(pod: Object) -> str:
    """Where its Patroni and Postgres can be reached, or nothing."""
    return pod.get("status", {}).get("podIP") or ""


def _reasons(pod: Object) -> Iterator[str]:
    """Why a pod does not run, the most telling reason first; none when it is ready."""
    status = pod.get("status", {})
    if pod["metadata"].get("deletionTimestamp"):
        yield "being deleted"
    if status.get("phase") == "Failed":
        yield _words(status.get("reason") or "failed", status.get("message"))
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        yield _words("not scheduled", scheduled.get("message"))
    for part in ("initContainerStatuses", "containerStatuses"):
        for container in status.get(part) or []:
            yield from _container_reasons(container)
    if not is_ready(pod) and status.get("phase") == "Running":
        yield _words("not ready", _condition(pod, "Ready").get("message"))
    if status.get("phase", "Pending") == "Pending":
        yield "being started"


def _container_reasons(container: Object) -> Iterator[str]:
    name, state = container["name"], container.get("state") or {}
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting and waiting.get("reason") not in _BEGINNING:
        yield _words(f"container {name}: {waiting.get('reason', 'waits')}", waiting.get("message"))
    if waiting and waiting.get("reason") in _BEGINNING:
        yield f"container {name} is being created"
    if ended and ended.get("exitCode"):
        what = f"container {name} ended with code {ended['exitCode']}"
        yield _words(what, ended.get("reason"))


def _condition(pod: Object, kind: str) -> Object:
    conditions = pod.get("status", {}).get("conditions") or []
    return next((one for one in conditions if one.get("type") == kind), {})


def _words(what: str, more: str | None) -> str:
    return f"{what}: {more}"[:300] if more else what
