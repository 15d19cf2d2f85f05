"""What a namespace looked like when a test failed in it: whoever reads the log has nothing else."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from tests.field.kubectl import Kubectl

OPERATOR_LINES = 60


def describe(kubectl: Kubectl) -> str:
    """Clusters with their status, what else there is, the newest events, the operator's log."""
    parts = (_statuses, _objects, _events, _operator)
    return "\n".join(line for part in parts for line in _tried(part, kubectl))


def _tried(part: Callable[[Kubectl], Iterator[str]], kubectl: Kubectl) -> list[str]:
    """A platform in trouble answers some questions only."""
    try:
        return list(part(kubectl))
    except Exception as error:
        return [f"{part.__name__}: {error}"]


def _statuses(kubectl: Kubectl) -> Iterator[str]:
    for found in kubectl.list("postgresqls"):
        meta = found["metadata"]
        head = {key: meta.get(key) for key in ("name", "generation", "deletionTimestamp")}
        yield yaml.safe_dump({**head, "status": found.get("status", {})}, sort_keys=False)


def _objects(kubectl: Kubectl) -> Iterator[str]:
    kinds = "statefulsets,deployments,services,poddisruptionbudgets,secrets,pvc"
    yield kubectl("get", kinds, "--ignore-not-found", "--no-headers", "-o", "name")
    for pod in kubectl.list("pods"):
        yield _pod(pod)


def _pod(pod: Mapping[str, Any]) -> str:
    meta, status = pod["metadata"], pod.get("status", {})
    states = [
        f"{one['name']} {one.get('state')} restarts {one.get('restartCount')}"
        for one in status.get("containerStatuses", [])
    ]
    going = f" leaves by {meta['deletionTimestamp']}" if "deletionTimestamp" in meta else ""
    node = pod["spec"].get("nodeName")
    return f"pod/{meta['name']} {status.get('phase')} on {node}{going}: {'; '.join(states)}"


def _events(kubectl: Kubectl) -> Iterator[str]:
    lines = kubectl("get", "events", "--sort-by=.lastTimestamp").splitlines()
    yield from lines[-40:]


def _operator(kubectl: Kubectl) -> Iterator[str]:
    there = kubectl.within("postgres-operator")
    yield there("logs", "deployment/postgres-operator", f"--tail={OPERATOR_LINES}")
