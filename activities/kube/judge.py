"""Tells whether an object has to be written, and learns what the server will not take over."""

import hashlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from activities.kube import drift
from activities.kube.cleared import Cleared
from workflows.model.base import ClusterRef
from workflows.model.errors import MatriarchError

logger = logging.getLogger(__name__)

REFUSED_SECONDS: Final = 60.0
"""How long a refusal is believed in: what others have taken may be free again."""

Difference = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]
"""From what is wanted and what is there to the paths that a write should change."""


@dataclass(frozen=True)
class _Residue:
    """What still differed right after a write, and of which manifest."""

    digest: str
    paths: frozenset[str]


@dataclass(frozen=True)
class _Refusal:
    """Why the API server did not take a manifest, and when."""

    error: MatriarchError
    at: float


class Judge:
    """Compares objects with what is wanted. One per process, used from any thread.

    A webhook may undo what we set, and the server may store a form that `drift` does not know.
    Writing that again and again would help nobody: what was different right after a write is not
    held against the object until something else is wanted. Likewise a text that was refused is
    known as such for a while. Forgotten with the process, at the cost of one needless write.
    """

    def __init__(self, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._residues: dict[tuple[str, str, str], _Residue] = {}
        self._refusals: dict[tuple[str, str, str, str], _Refusal] = {}
        self._wishes: dict[str, str] = {}
        self.cleared = Cleared()

    def difference(
        self,
        desired: Mapping[str, Any],
        live: Mapping[str, Any],
        *,
        ignored_annotations: Sequence[str] = (),
    ) -> list[str]:
        """Paths that a write should change."""
        paths = drift.difference(desired, live, ignored_annotations=ignored_annotations)
        if not paths:
            return []
        with self._lock:
            residue = self._residues.get(_key(desired))
        if residue is None or residue.digest != _digest(desired):
            return paths
        return [path for path in paths if path not in residue.paths]

    def written(
        self,
        desired: Mapping[str, Any],
        answer: Mapping[str, Any],
        *,
        ignored_annotations: Sequence[str] = (),
    ) -> None:
        """Take note of what the server made of `desired`."""
        paths = drift.difference(desired, answer, ignored_annotations=ignored_annotations)
        with self._lock:
            if not paths:
                self._residues.pop(_key(desired), None)
                return
            self._residues[_key(desired)] = _Residue(_digest(desired), frozenset(paths))
        logger.warning(
            "%s %s/%s: the API server keeps its own values at %s",
            *_key(desired),
            drift.in_one_line(paths),
        )

    def refused(self, desired: Mapping[str, Any], error: MatriarchError) -> None:
        """Take note that the server did not take `desired`; it may be one of several wishes."""
        now = self._now()
        with self._lock:
            believed = {key: one for key, one in self._refusals.items() if _counts(one, now)}
            self._refusals = {**believed, (*_key(desired), _digest(desired)): _Refusal(error, now)}

    def heed(self, ref: ClusterRef, wish: str) -> None:
        """`wish` is somebody's request to try anew: at a new one refusals are believed no more."""
        with self._lock:
            if self._wishes.get(str(ref), "") == wish:
                return
            self._wishes[str(ref)] = wish
            others = {key: one for key, one in self._refusals.items() if key[1] != ref.namespace}
            self._refusals = others

    def refusal(self, desired: Mapping[str, Any]) -> MatriarchError | None:
        """Why the server would not take it; it may have changed its mind since long ago."""
        with self._lock:
            known = self._refusals.get((*_key(desired), _digest(desired)))
        return known.error if known is not None and _counts(known, self._now()) else None


def _counts(refusal: _Refusal, now: float) -> bool:
    return now < refusal.at + REFUSED_SECONDS


def _key(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return str(manifest["kind"]), str(metadata.get("namespace", "")), str(metadata["name"])


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
