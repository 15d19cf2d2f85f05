"""What was seen of each resource, and so which news its entity must hear. Pure: no I/O.

Kubernetes reports every change, most of them our own status writes. An entity is only told when
something changed that it acts on: spec (by its generation), identity, labels, annotations, and the
wish to be deleted. Telling it too often is harmless, telling it too seldom is not.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from watcher.api import Object
from watcher.feed import Changed, Listed, News
from watcher.traces import Touched
from workflows.model.base import ClusterRef
from workflows.model.names import CONTROLLER, PAUSED, STEERING
from workflows.model.observation import Deletion
from workflows.model.operations import Knock
from workflows.model.postgresoperation import Verb
from workflows.model.protection import Protection
from workflows.model.record import ANNOTATION, Steer

NOISE = frozenset({"kubectl.kubernetes.io/last-applied-configuration"})
"""Annotations that nobody acts on: what matters in them also changes the generation."""

Letter = tuple[ClusterRef, Knock]
LISTED = "listed"
"""Reason of a knock for a resource that was there before we looked: it says nothing new."""


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
    steering: str = ""
    """What the annotation says that steers operations."""
    paused: bool = False


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

    def ours(self, letters: Iterable[Letter]) -> list[Letter]:
        """Without those to clusters that another operator looks after."""
        known = ((ref, self._seen.get(ref), knock) for ref, knock in letters)
        return [(ref, knock) for ref, seen, knock in known if seen is None or seen.owned]

    def about(self, clusters: Iterable[ClusterRef], *, reason: str) -> list[Letter]:
        """Knocks for those of `clusters` that are known and ours."""
        known = [(ref, self._seen[ref]) for ref in dict.fromkeys(clusters) if ref in self._seen]
        return [(ref, self._knock(ref, seen, reason=reason)) for ref, seen in known if seen.owned]

    def about_all(self, namespace: str | None = None, *, reason: str) -> list[Letter]:
        """Knocks for all that are ours, or those of one namespace: what they share is renewed."""
        wanted = [ref for ref in self._seen if namespace in (None, ref.namespace)]
        letters = self.about(wanted, reason=reason)
        return [(ref, knock.model_copy(update={"renewed": True})) for ref, knock in letters]

    def about_children(
        self, touched: Iterable[Touched], *, reason: str, abroad: bool = False
    ) -> list[Letter]:
        """Knocks for the clusters whose objects somebody touched.

        `abroad`: the objects may lie in another namespace than their cluster, as Secrets do; then
        the cluster's name has to do.
        """
        clusters = (ref for one in touched for ref in self._owners(one, abroad=abroad))
        letters = self.about(clusters, reason=reason)
        return [(ref, knock.model_copy(update={"touched": True})) for ref, knock in letters]

    def heard(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a resource is known as it is now, so that its entity was or will be told."""
        seen = self._seen.get(_ref(metadata))
        return seen is not None and seen.digest == digest(metadata)

    def _owners(self, touched: Touched, *, abroad: bool) -> Iterable[ClusterRef]:
        ref = ClusterRef(namespace=touched.namespace, name=touched.cluster)
        if ref in self._seen or not abroad:
            return [ref]
        return [each for each in self._seen if each.name == touched.cluster]

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
            yield from self._meet(ref, metadata, reason=LISTED)
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
        verdict = self.protection.verdict(name=ref.name, annotations=None, today=self.today())
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
            steering=_steer(seen.steering),
            paused=seen.paused,
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
            steering=annotations.get(STEERING, ""),
            paused=annotations.get(PAUSED) == "true",
        )
        self._seen[ref] = seen
        return seen


def shape(item: Object) -> Object:
    """What is looked at of a resource; the rest is dropped as it arrives."""
    metadata = {key: value for key, value in item["metadata"].items() if key != "managedFields"}
    annotations = metadata.get("annotations") or {}
    kept = {key: value for key, value in annotations.items() if key not in NOISE}
    return {"metadata": metadata | {"annotations": kept}}


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


def _steer(word: str) -> Steer | None:
    return Steer(verb=Verb(word), by=ANNOTATION) if word in [*Verb] else None


def _ref(metadata: Mapping[str, Any]) -> ClusterRef:
    return ClusterRef(namespace=metadata["namespace"], name=metadata["name"])
