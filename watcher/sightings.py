"""What was seen of each resource, and so which news its entity must hear. Pure: no I/O.

Kubernetes reports every change, most of them our own status writes. An entity is only told when
something changed that it acts on: spec (by its generation), identity, labels, annotations, and the
wish to be deleted. Telling it too often is harmless, telling it too seldom is not.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from watcher.feed import Changed, Listed, News
from workflows.model.base import ClusterRef
from workflows.model.names import CONTROLLER
from workflows.model.observation import Deletion
from workflows.model.operations import Knock
from workflows.model.protection import Protection

NOISE = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
"""Annotations that nobody acts on: what matters in them also changes the generation."""

Letter = tuple[ClusterRef, Knock]


@dataclass(frozen=True)
class Seen:
    """The little that is kept of a resource."""

    uid: str
    generation: int
    digest: str
    owned: bool
    deleting: bool
    annotations: Mapping[str, str]
    """Only those that protect from deletion."""


@dataclass
class Sightings:
    """Memory of one feed. `opened`: entities that ran before the feed's first list."""

    protection: Protection = field(default_factory=Protection)
    controller_id: str = ""
    opened: Collection[ClusterRef] = ()
    today: Callable[[], date] = date.today
    _seen: dict[ClusterRef, Seen] = field(default_factory=dict)
    _first: bool = True

    def __len__(self) -> int:
        return len(self._seen)

    def take(self, news: News) -> list[Letter]:
        """Return the knocks that follow from `news`, in the order to deliver them."""
        if isinstance(news, Listed):
            return list(self._listed(news))
        return list(self._changed(news))

    def about_pods(self, clusters: Collection[ClusterRef]) -> list[Letter]:
        """Knocks for those of `clusters` that are known and ours: their pods have changed."""
        known = [(ref, self._seen[ref]) for ref in clusters if ref in self._seen]
        return [
            (ref, self._knock(ref, seen, reason="pods changed"))
            for ref, seen in known
            if seen.owned
        ]

    def unknown_to(self, opened: Collection[ClusterRef]) -> list[Letter]:
        """Knocks for those whose workflow is not there, say because somebody terminated it."""
        missing = [ref for ref, seen in self._seen.items() if seen.owned and ref not in opened]
        return [(ref, self._knock(ref, self._seen[ref], reason="unknown")) for ref in missing]

    def _listed(self, news: Listed) -> Iterator[Letter]:
        present = {_ref(item["metadata"]): item["metadata"] for item in news.objects}
        for ref in [ref for ref in self._seen if ref not in present]:
            yield from self._vanish(ref, reason="vanished")
        if self._first:
            yield from (self._unseen(ref) for ref in self.opened if ref not in present)
        for ref, metadata in present.items():
            yield from self._meet(ref, metadata, reason="listed")
        self._first = False

    def _changed(self, news: Changed) -> Iterator[Letter]:
        metadata = news.object["metadata"]
        ref = _ref(metadata)
        if news.kind == "DELETED":
            self._note(ref, metadata)
            yield from self._vanish(ref, reason="deleted")
        else:
            yield from self._meet(ref, metadata, reason=news.kind.lower())

    def _meet(
        self, ref: ClusterRef, metadata: Mapping[str, Any], *, reason: str
    ) -> Iterator[Letter]:
        before = self._seen.get(ref)
        if before is not None and before.uid != metadata["uid"]:
            yield from self._vanish(ref, reason="replaced")
            before = None
        now = self._note(ref, metadata)
        if before is not None and before.digest == now.digest:
            return
        released = not now.owned and (before.owned if before else ref in self.opened)
        if now.owned or released:
            yield ref, self._knock(ref, now, reason="released" if released else reason)

    def _vanish(self, ref: ClusterRef, *, reason: str) -> Iterator[Letter]:
        last = self._seen.pop(ref)
        if last.owned:
            yield ref, self._knock(ref, last, reason=reason, gone=True)

    def _unseen(self, ref: ClusterRef) -> Letter:
        refused = self.protection.refusal(name=ref.name, annotations=None, today=self.today())
        verdict = Deletion(requested=True, refused=refused)
        return ref, Knock(uid="", reason="vanished unseen", gone=True, deletion=verdict)

    def _knock(self, ref: ClusterRef, seen: Seen, *, reason: str, gone: bool = False) -> Knock:
        refused = ""
        if gone or seen.deleting:
            refused = self.protection.refusal(
                name=ref.name, annotations=seen.annotations, today=self.today()
            )
        return Knock(
            uid=seen.uid,
            generation=seen.generation,
            reason=reason,
            gone=gone,
            deletion=Deletion(requested=gone or seen.deleting, refused=refused),
        )

    def _note(self, ref: ClusterRef, metadata: Mapping[str, Any]) -> Seen:
        annotations = metadata.get("annotations") or {}
        seen = Seen(
            uid=metadata["uid"],
            generation=metadata.get("generation", 0),
            digest=digest(metadata),
            owned=annotations.get(CONTROLLER, "") == self.controller_id,
            deleting=bool(metadata.get("deletionTimestamp")),
            annotations={
                key: annotations[key] for key in self.protection.keys if key in annotations
            },
        )
        self._seen[ref] = seen
        return seen


def digest(metadata: Mapping[str, Any]) -> str:
    """Fingerprint of everything an entity acts on; equal ones need no knock."""
    annotations = metadata.get("annotations") or {}
    parts = [
        metadata["uid"],
        metadata.get("generation", 0),
        metadata.get("deletionTimestamp"),
        metadata.get("labels") or {},
        {key: value for key, value in annotations.items() if key not in NOISE},
    ]
    text = json.dumps(parts, sort_keys=True)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _ref(metadata: Mapping[str, Any]) -> ClusterRef:
    return ClusterRef(namespace=metadata["namespace"], name=metadata["name"])
