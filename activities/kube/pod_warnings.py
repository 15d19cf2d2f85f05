"""What Kubernetes complains of while a pod does not start: volumes and mounts.

A pod's status says nothing of a volume that can't be attached or mounted; only its events do.
"""

import time
from collections.abc import Callable
from typing import Any, Final

from activities.kube.client import Kube
from workflows.model.errors import MatriarchError

PATIENCE_SECONDS: Final = 15.0
"""Most pods start sooner, and events are not asked for then."""
SECONDS_BETWEEN_LOOKS: Final = 10.0


class PodWarnings:
    """About the pods that one wait meets."""

    def __init__(self, kube: Kube, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._kube = kube
        self._clock = clock
        self._uid = ""
        self._look_at = 0.0
        self._newest = ""

    def about(self, pod: dict[str, Any]) -> str:
        """The newest warning, or nothing; to be asked again and again while the pod starts."""
        metadata, now = pod["metadata"], self._clock()
        if metadata["uid"] != self._uid:
            self._uid, self._newest = metadata["uid"], ""
            self._look_at = now + PATIENCE_SECONDS
        if now >= self._look_at:
            self._look_at = now + SECONDS_BETWEEN_LOOKS
            self._newest = self._look(pod)
        return self._newest

    def _look(self, pod: dict[str, Any]) -> str:
        return newest_warning(self._kube, pod, otherwise=self._newest)


def newest_warning(kube: Kube, about: dict[str, Any], *, otherwise: str = "") -> str:
    """What Kubernetes has last complained of about an object; `otherwise` if it can't be read."""
    metadata = about["metadata"]
    fields = {"involvedObject.uid": metadata["uid"], "type": "Warning"}
    try:
        found = kube.list("Event", metadata["namespace"], {}, fields=fields)
    except MatriarchError:  # only a hint is lost, or the right to read it was never granted
        return otherwise
    newest = max(found, key=_last_time, default={})
    return f"{newest.get('reason')}: {newest.get('message')}"[:300] if newest else ""


def _last_time(event: dict[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or "")
