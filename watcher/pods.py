"""Which clusters' pods have changed in a way that a person would see. Pure: no I/O.

Patroni writes to its pod's annotations every few seconds; only what tells whether a member serves
counts: that the pod is there, runs, is ready, has a role, receives from the primary, or is about to
leave. And the flag by which people ask for it to be made anew.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from watcher.api import Object
from watcher.feed import Listed, News
from workflows.model.base import ClusterRef
from workflows.model.names import ROLLING_UPDATE_REQUIRED

Facts = tuple[str, str, bool, str, bool, bool, str]
PATRONI = "status"
"""Patroni's own annotation: JSON, of which only is kept whether WAL comes in, and from where."""


@dataclass
class Pods:
    """Memory of one feed of pods. Its first list is no news: every cluster is told then anyway."""

    name_label: str
    role_label: str
    _seen: dict[tuple[ClusterRef, str], Facts] = field(default_factory=dict)
    _nodes: dict[tuple[ClusterRef, str], str] = field(default_factory=dict)
    """Where each pod is; that it has got there is no news of its own."""
    _first: bool = True

    @staticmethod
    def shape(item: Object) -> Object:
        """What is looked at of a pod; the rest is dropped as it arrives."""
        metadata, status = item["metadata"], item.get("status") or {}
        names = ("namespace", "name", "uid", "labels", "deletionTimestamp")
        conditions = [one for one in status.get("conditions") or [] if one.get("type") == "Ready"]
        annotations = metadata.get("annotations") or {}
        kept = {
            ROLLING_UPDATE_REQUIRED: annotations.get(ROLLING_UPDATE_REQUIRED, ""),
            PATRONI: _replication_state(annotations.get(PATRONI, "")),
        }
        return {
            "metadata": {
                **{name: metadata[name] for name in names if name in metadata},
                "annotations": kept,
            },
            "spec": {"nodeName": (item.get("spec") or {}).get("nodeName", "")},
            "status": {"phase": status.get("phase", ""), "conditions": conditions},
        }

    def on(self, nodes: Collection[str]) -> set[ClusterRef]:
        """The clusters that have pods on one of these nodes."""
        return {key[0] for key, node in self._nodes.items() if node in nodes}

    def take(self, news: News) -> set[ClusterRef]:
        """The clusters that should be looked at again."""
        if isinstance(news, Listed):
            return self._listed(news)
        key = self._key(news.object)
        if key is None:
            return set()
        if news.kind == "DELETED":
            return {key[0]} if self._drop(key) else set()
        return {key[0]} if self._note(key, news.object) else set()

    def _listed(self, news: Listed) -> set[ClusterRef]:
        present = {key: pod for pod in news.objects if (key := self._key(pod))}
        gone = {key for key in self._seen if key not in present}
        for key in gone:
            self._drop(key)
        changed = set(self._changed(present)) | {ref for ref, _ in gone}
        first, self._first = self._first, False
        return set() if first else changed

    def _changed(
        self, present: Mapping[tuple[ClusterRef, str], Mapping[str, Any]]
    ) -> Iterator[ClusterRef]:
        for key, pod in present.items():
            if self._note(key, pod):
                yield key[0]

    def _drop(self, key: tuple[ClusterRef, str]) -> bool:
        self._nodes.pop(key, None)
        return self._seen.pop(key, None) is not None

    def _note(self, key: tuple[ClusterRef, str], pod: Mapping[str, Any]) -> bool:
        facts = self._facts(pod)
        self._nodes[key] = (pod.get("spec") or {}).get("nodeName") or ""
        known, self._seen[key] = self._seen.get(key), facts
        return known != facts

    def _key(self, pod: Mapping[str, Any]) -> tuple[ClusterRef, str] | None:
        metadata = pod["metadata"]
        cluster = (metadata.get("labels") or {}).get(self.name_label)
        if not cluster:
            return None
        ref = ClusterRef(namespace=metadata["namespace"], name=cluster)
        return ref, str(metadata["name"])

    def _facts(self, pod: Mapping[str, Any]) -> Facts:
        metadata, status = pod["metadata"], pod.get("status") or {}
        annotations = metadata["annotations"]
        conditions = {one.get("type"): one.get("status") for one in status.get("conditions") or []}
        return (
            str(metadata["uid"]),
            str(status.get("phase", "")),
            conditions.get("Ready") == "True",
            str((metadata.get("labels") or {}).get(self.role_label, "")),
            bool(metadata.get("deletionTimestamp")),
            annotations[ROLLING_UPDATE_REQUIRED] == "true",
            str(annotations[PATRONI]),
        )


def _replication_state(told: str) -> str:
    """`streaming`, `in archive recovery`, or nothing; nothing of the primary either."""
    try:
        said = json.loads(told or "{}")
    except ValueError:
        return ""
    return str(said.get("replication_state", "")) if isinstance(said, dict) else ""
