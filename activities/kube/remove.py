"""Deleting the children of a cluster stage by stage, and seeing them gone."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from activities import waiting
from activities.kube import finalizer
from activities.kube.client import Kube, Object
from activities.kube.existing import is_going, name_of
from activities.kube.leftovers import Leftovers
from activities.kube.resource import Resources
from activities.kube.roles import Roles
from activities.progress import beat
from workflows.model.children import Stage
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet, Precondition
from workflows.model.orders import Removed, RemoveOrder

logger = logging.getLogger(__name__)

STAGE_SECONDS: Final = 900.0
"""Longest wait for one stage before its failure is shown; then it is tried again."""


class Removal:
    """One stage of one cluster's deletion."""

    def __init__(
        self,
        *,
        kube: Kube,
        configuration: Configuration,
        roles: Roles,
        order: RemoveOrder,
        tell: Callable[[str], None],
    ) -> None:
        self._kube = kube
        self._order = order
        self._resources = Resources(kube)
        self._leftovers = Leftovers(kube, order.ref, configuration, roles=roles)
        self._tell = tell
        self._asked: set[str] = set()
        self._removed: list[str] = []

    def remove(self, stage: Stage) -> Removed:
        """Delete what belongs to the stage and wait until it is gone."""
        if (reason := self._taken_over()) is not None:
            return Removed(kept=[reason])
        if stage is Stage.FINALIZER:
            return self._release()
        if (reason := self._leftovers.spared(stage)) is not None:
            kept = [f"{name_of(child)}: {reason}" for child in self._leftovers.of(stage)]
            return Removed(kept=kept)
        waiting.until(
            lambda: self._round(stage), seconds=STAGE_SECONDS, tell=self._tell, least_pause=0.3
        )
        return Removed(removed=self._removed)

    def _taken_over(self) -> str | None:
        """Why nothing may be deleted any more; raises Precondition when it never might."""
        metadata = self._resources.metadata(self._order.ref)
        if metadata is None:
            return None
        if metadata.uid != self._order.uid:
            return f"everything: a new postgresql {self._order.ref} exists"
        if metadata.deletion_timestamp is None:
            raise Precondition(f"postgresql {self._order.ref} is not being deleted")
        return None

    def _round(self, stage: Stage) -> str:
        """Delete what is there; returns what is still awaited."""
        children = list(self._leftovers.of(stage))
        if not children or self._taken_over() is not None:
            return ""
        for child in children:
            self._delete(child)
        left = list(self._leftovers.of(stage))
        return "; ".join(in_words(child) for child in left[:3])

    def _delete(self, child: Object) -> None:
        """Ask once for each object: asking again would not make it go faster."""
        metadata = child["metadata"]
        if metadata["uid"] in self._asked:
            return
        beat(name_of(child))
        if not is_going(child):
            self._kube.delete(
                child["kind"], metadata["namespace"], metadata["name"], uid=metadata["uid"]
            )
        self._asked.add(metadata["uid"])
        self._removed.append(name_of(child))

    def _release(self) -> Removed:
        """Let the resource go, if there is really nothing left of it."""
        left = [name_of(child) for child in self._leftovers.condemned()]
        if left:
            raise NotYet(f"there are still {', '.join(left[:5])}")
        found = self._resources.metadata(self._order.ref)
        if found is None or found.uid != self._order.uid:
            return Removed()
        if not finalizer.align(self._kube, found, wanted=False):
            return Removed()
        return Removed(removed=[f"finalizer of postgresql/{self._order.ref.name}"])


def in_words(child: Object) -> str:
    """What is awaited of an object that is being deleted, with the seconds it has taken."""
    metadata = child["metadata"]
    text = f"{child['kind']} {metadata['name']} is being deleted"
    since = metadata.get("deletionTimestamp")
    if since:
        text += f" for {_seconds_since(since, metadata)} s"
    node = child.get("spec", {}).get("nodeName") if child["kind"] == "Pod" else None
    if node:
        text += f" on node {node}"
    holders = metadata.get("finalizers")
    return text + (f", held by {', '.join(holders)}" if holders else "")


def _seconds_since(stamp: str, metadata: Object) -> int:
    """A deletion's time stamp is when the grace period ends, not when it began."""
    ends = datetime.fromisoformat(stamp)
    grace = metadata.get("deletionGracePeriodSeconds") or 0
    return max(0, round(datetime.now(UTC).timestamp() - ends.timestamp() + grace))
