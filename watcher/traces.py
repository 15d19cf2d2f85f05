"""Which objects somebody else than this operator has created, changed or deleted. Pure: no I/O.

Kubernetes notes in `managedFields` who wrote which fields, and when. So the metadata of an object
tell whether its content was changed, and by whom, without the content being sent: neither do the
operator's own writes wake anybody, nor does the watcher ever see what is in a Secret.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from watcher.api import Object
from watcher.feed import Changed, Listed, News
from workflows.model.names import FIELD_MANAGER

TRACE = "trace"


class Trace(NamedTuple):
    """The little that is kept of an object."""

    cluster: str
    """Whose it is, by its label; empty for what belongs to no cluster in particular."""
    digest: bytes
    """Of who owns which fields since when; it changes with the content."""
    written: str
    """When this operator wrote last; empty when it never did."""


class Touched(NamedTuple):
    """An object that somebody touched: where it lies and whose it is."""

    namespace: str
    cluster: str


@dataclass
class Traces:
    """Memory of one feed. Its first list is no news: every cluster is told then anyway."""

    name_label: str
    _seen: dict[tuple[str, str], Trace] = field(default_factory=dict)
    _first: bool = True

    def __len__(self) -> int:
        return len(self._seen)

    def shape(self, item: Object) -> Object:
        """What is needed of an object; the rest is dropped as it arrives."""
        metadata = item["metadata"]
        kept = {key: metadata[key] for key in ("namespace", "name")}
        return {"metadata": kept, TRACE: self._trace(metadata)}

    def take(self, news: News) -> list[Touched]:
        """What somebody else has touched. Our own deletions count too: they are rare."""
        if isinstance(news, Listed):
            found = list(self._listed(news))
            first, self._first = self._first, False
            return [] if first else found
        return list(self._changed(news))

    def _listed(self, news: Listed) -> Iterator[Touched]:
        """After a gap nobody can say who wrote last, so every difference counts."""
        present = {_key(item) for item in news.objects}
        for key in [key for key in self._seen if key not in present]:
            yield Touched(key[0], self._seen.pop(key).cluster)
        for item in news.objects:
            before, now = self._note(item)
            if before is None or before.digest != now.digest:
                yield Touched(_key(item)[0], now.cluster)

    def _changed(self, news: Changed) -> Iterator[Touched]:
        if news.kind == "DELETED":
            self._seen.pop(_key(news.object), None)
            yield Touched(_key(news.object)[0], news.object[TRACE].cluster)
            return
        before, now = self._note(news.object)
        by_us = now.written not in ("", before.written if before else "")
        if not by_us and (before is None or before.digest != now.digest):
            yield Touched(_key(news.object)[0], now.cluster)

    def _note(self, item: Object) -> tuple[Trace | None, Trace]:
        key, now = _key(item), item[TRACE]
        before = self._seen.get(key)
        self._seen[key] = now
        return before, now

    def _trace(self, metadata: dict[str, Any]) -> Trace:
        owners = [
            owner
            for owner in metadata.get("managedFields") or []
            if owner.get("subresource") != "status"
        ]
        ours = [owner.get("time", "") for owner in owners if owner.get("manager") == FIELD_MANAGER]
        # who hides the owners (allowed, and rare) is told of every change
        version = "" if owners else metadata.get("resourceVersion")
        parts = [metadata["uid"], metadata.get("deletionTimestamp"), owners, version]
        text = json.dumps(parts, sort_keys=True)
        return Trace(
            cluster=(metadata.get("labels") or {}).get(self.name_label, ""),
            digest=hashlib.blake2b(text.encode(), digest_size=8).digest(),
            written=max(ours, default=""),
        )


def _key(item: Object) -> tuple[str, str]:
    return item["metadata"]["namespace"], item["metadata"]["name"]
