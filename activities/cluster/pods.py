"""Database pods, from what Kubernetes stores to what a person wants to know."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model.observation import PodSeen

Object = Mapping[str, Any]

REVISION = "controller-revision-hash"
_BEGINNING = ("ContainerCreating", "PodInitializing")


def seen(pod: Object, *, role_label: str, revision: str) -> PodSeen:
    """`revision` is the StatefulSet's newest; empty when it is not known."""
    metadata = pod["metadata"]
    labels: Mapping[str, str] = metadata.get("labels") or {}
    return PodSeen(
        name=metadata["name"],
        uid=metadata["uid"],
        node=pod.get("spec", {}).get("nodeName") or "",
        phase=pod.get("status", {}).get("phase") or "Pending",
        role=labels.get(role_label, ""),
        ready=is_ready(pod),
        current=not revision or labels.get(REVISION) == revision,
        deleting=bool(metadata.get("deletionTimestamp")),
        reason=next(_reasons(pod), ""),
    )


def is_ready(pod: Object) -> bool:
    return _condition(pod, "Ready").get("status") == "True"


def address(pod: Object) -> str:
    """Where its Patroni and Postgres can be reached, or nothing."""
    return pod.get("status", {}).get("podIP") or ""


def newest_revision(stateful_set: Object | None) -> str:
    """The revision new pods are made from, as far as its controller has told."""
    return ((stateful_set or {}).get("status") or {}).get("updateRevision") or ""


def is_observed(stateful_set: Object) -> bool:
    """Whether the controller has seen the newest template, so that its revision can be trusted."""
    observed = (stateful_set.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= stateful_set["metadata"].get("generation", 0))


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
