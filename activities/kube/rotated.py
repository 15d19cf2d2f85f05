"""What a new password means outside the database: its Secret, and pods that hold the old one."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from activities.manifests.metadata import selector_labels
from activities.vault import Contents, ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet
from workflows.model.names import ROLLING_UPDATE_REQUIRED
from workflows.model.postgresql import Postgresql


class PatchesObjects(ReadsObjects, Protocol):
    """The part of `activities.kube.client.Kube` that looks and changes."""

    def patch(
        self, kind: str, namespace: str, name: str, body: dict[str, Any]
    ) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Rotated:
    """Writes what follows from a new password."""

    kube: PatchesObjects

    def write(self, contents: Contents, *, user: str, password: str, next_rotation: str) -> None:
        """Let a Secret name another login. Raises Conflict when somebody has written it since it
        was read; a second run finds it written.
        """
        text = {"username": user, "password": password}
        if next_rotation or "nextRotation" in contents:
            text["nextRotation"] = next_rotation
        body = {
            "metadata": {"resourceVersion": contents.version},
            "data": {key: base64.b64encode(value.encode()).decode() for key, value in text.items()},
        }
        if self.kube.patch("Secret", contents.namespace, contents.name, body) is None:
            raise NotYet(f"{contents} is gone")

    def outdate_pods(self, cluster: Postgresql, configuration: Configuration) -> None:
        """Mark all database pods for a rolling update; those that are marked already are left."""
        namespace = cluster.metadata.namespace
        labels = selector_labels(cluster, configuration)
        for pod in self.kube.list("Pod", namespace, labels, fresh=True):
            metadata = pod["metadata"]
            if (metadata.get("annotations") or {}).get(ROLLING_UPDATE_REQUIRED) != "true":
                marked = {"metadata": {"annotations": {ROLLING_UPDATE_REQUIRED: "true"}}}
                self.kube.patch("Pod", namespace, metadata["name"], marked)
