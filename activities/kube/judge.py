"""Tells whether an object has to be written, and learns what the server will not take over."""

import hashlib
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from activities.kube import drift

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Residue:
    """What still differed right after a write, and of which manifest."""

    digest: str
    paths: frozenset[str]


class Judge:
    """Compares objects with what is wanted. One per process, used from any thread.

    A webhook may undo what we set, and the server may store a form that `drift` does not know.
    Writing that again and again would help nobody: what was different right after a write is not
    held against the object until something else is wanted. Forgotten with the process, at the
    cost of one needless write.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._residues: dict[tuple[str, str, str], _Residue] = {}

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


def _key(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return str(manifest["kind"]), str(metadata.get("namespace", "")), str(metadata["name"])


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
