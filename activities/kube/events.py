"""Kubernetes events on an object, as `kubectl describe` shows them."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.errors import Conflict, MatriarchError
from workflows.model.names import API_VERSION, KIND
from workflows.model.report import EventNote

logger = logging.getLogger(__name__)

COMPONENT: Final = "postgres-operator"
LONGEST_MESSAGE: Final = 1_000


@dataclass(frozen=True)
class Involved:
    """The object an event is about."""

    api_version: str
    kind: str
    namespace: str
    name: str
    uid: str = ""
    """Empty for an object that should be there and is not."""


def cluster(ref: ClusterRef, *, uid: str) -> Involved:
    return Involved(API_VERSION, KIND, ref.namespace, ref.name, uid)


def build(note: EventNote, *, on: Involved, now: str) -> Object:
    """The same note has the same name, so that it can be counted instead of repeated."""
    kind = "Warning" if note.warning else "Normal"
    message = note.message[:LONGEST_MESSAGE]
    content = "\n".join((on.uid, kind, note.reason, message))
    number = hashlib.sha256(content.encode()).hexdigest()[:16]
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{on.name}.{number}", "namespace": on.namespace},
        "involvedObject": {
            "apiVersion": on.api_version,
            "kind": on.kind,
            "namespace": on.namespace,
            "name": on.name,
            "uid": on.uid,
        },
        "reason": note.reason,
        "message": message,
        "type": kind,
        "source": {"component": COMPONENT},
        "reportingComponent": COMPONENT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def stamp() -> str:
    """The time of an event that happens now."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def emit(kube: Kube, event: Object) -> None:
    """Record an event, or count it once more; a failure is only logged, events are a courtesy."""
    try:
        _record(kube, event)
    except MatriarchError as error:
        logger.warning("event %s was lost: %s", event["metadata"]["name"], error)


def _record(kube: Kube, event: Object) -> None:
    try:
        kube.create(event)
    except Conflict:
        namespace, name = event["metadata"]["namespace"], event["metadata"]["name"]
        known: Mapping[str, Any] = kube.get("Event", namespace, name) or {}
        again = {"count": known.get("count", 0) + 1, "lastTimestamp": event["lastTimestamp"]}
        kube.patch("Event", namespace, name, again)
