"""Remembers where nothing of ours was left, so that it isn't looked for again and again.

What is switched off must be looked for once, as it may have been switched off while no operator
ran. Once nothing was found nothing can come back, as only operators make such objects, and they do
so for another manifest or configuration. Forgotten with the process, at the cost of one look.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


@dataclass
class _Clear:
    """What was clear, for this manifest and this configuration."""

    manifest: tuple[Any, ...]
    configuration: Configuration
    kinds: set[str] = field(default_factory=set)


class Cleared:
    """One per process, used from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._clusters: dict[str, _Clear] = {}

    def knows(self, what: str, cluster: Postgresql, configuration: Configuration) -> bool:
        """Whether nothing was found of `what` when it was looked for last."""
        with self._lock:
            return what in self._of(cluster, configuration).kinds

    def note(self, what: str, cluster: Postgresql, configuration: Configuration) -> None:
        """Nothing of `what` is there."""
        with self._lock:
            self._of(cluster, configuration).kinds.add(what)

    def _of(self, cluster: Postgresql, configuration: Configuration) -> _Clear:
        metadata = cluster.metadata
        manifest = metadata.generation, metadata.annotations, metadata.owner_references
        known = self._clusters.get(metadata.uid)
        if known and known.manifest == manifest and known.configuration is configuration:
            return known
        self._clusters[metadata.uid] = _Clear(manifest, configuration)
        return self._clusters[metadata.uid]
