"""What an object itself says is wrong with it, though it is as it was asked to be."""

from collections.abc import Iterator, Mapping
from typing import Any

_SIGNS = {"Progressing": "False", "ReplicaFailure": "True"}
"""Conditions of a Deployment, and when they mean that its pods don't come up."""


def of(live: Mapping[str, Any] | None) -> Iterator[str]:
    """Sentences for a person; Kubernetes waits ten minutes before it gives a Deployment up."""
    if live is None or live.get("kind") != "Deployment":
        return
    for condition in (live.get("status") or {}).get("conditions") or []:
        if _SIGNS.get(condition.get("type")) == condition.get("status"):
            yield f"Deployment {live['metadata']['name']}: {condition.get('message', '')}"
