"""Which members are on a node that is to be left, and which of them can't leave it."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from activities.cluster.places import Places
from activities.kept import Kept
from activities.kube.client import Kube, Object
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden
from workflows.model.members import PodSeen
from workflows.model.nodes import NodeRule

log = logging.getLogger(__name__)

KEPT_SECONDS: Final = 60.0
"""Looks are asked for when a node changes, and then forget what was kept."""
BLIND_SECONDS: Final = 300.0
"""Without the right to see nodes, before it is asked for them again."""


class Departures:
    """One per process and purpose; used from many threads."""

    def __init__(
        self,
        kube: Kube,
        *,
        kept_seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kube = kube
        self._nodes: Kept[Object | None] = Kept(seconds=kept_seconds)
        self._clock = clock
        self._blind_until = float("-inf")
        self._told = False

    def forget(self) -> None:
        self._nodes.forget()

    def marked(
        self, found: Sequence[PodSeen], listed: Sequence[Object], configuration: Configuration
    ) -> list[PodSeen]:
        """The same pods, each with why it is to leave its node and why it can't, if so."""
        rule = NodeRule(configuration.node_readiness_label)
        whys = {pod.name: self._why(pod, rule) for pod in found}
        if not any(whys.values()):
            return list(found)
        places = Places(nodes=self._kube.list("Node", "", {}), pods=listed, rule=rule)
        objects = {str(pod["metadata"]["name"]): pod for pod in listed}
        return [
            pod.model_copy(
                update={
                    "leaving": whys[pod.name],
                    "stays": self._obstacle(objects[pod.name], places) if whys[pod.name] else "",
                }
            )
            for pod in found
        ]

    def _why(self, pod: PodSeen, rule: NodeRule) -> str:
        node = self._node(pod.node) if pod.node and not pod.deleting else None
        return rule.why_leave(node) if node is not None else ""

    def _node(self, name: str) -> Object | None:
        """Nothing where it is gone, or where we have no right to see nodes."""
        if self._clock() < self._blind_until:
            return None
        try:
            return self._nodes.get(name, lambda: self._kube.get("Node", "", name))
        except Forbidden as error:
            self._be_blind(error)
            return None

    def _be_blind(self, error: Forbidden) -> None:
        """For a while: an API server that has just come up may refuse what it allows later."""
        self._blind_until = self._clock() + BLIND_SECONDS
        if not self._told:
            log.info("members stay on nodes that are drained: %s", error)
        self._told = True

    def _obstacle(self, pod: Object, places: Places) -> str:
        return places.obstacle(pod, list(self._volumes(pod)))

    def _volumes(self, pod: Object) -> Iterator[Object]:
        for part in pod["spec"].get("volumes") or []:
            claimed = (part.get("persistentVolumeClaim") or {}).get("claimName")
            namespace = pod["metadata"]["namespace"]
            claim = self._kube.get("PersistentVolumeClaim", namespace, claimed) if claimed else None
            name = (claim or {}).get("spec", {}).get("volumeName")
            volume = self._kube.get("PersistentVolume", "", name) if name else None
            if volume is not None:
                yield volume


def obstacles(pods: Sequence[PodSeen]) -> list[str]:
    """A sentence about each member that can't leave its node."""
    return [
        f"{pod.name} can't leave {pod.node}, which {pod.leaving}: {pod.stays}"
        for pod in pods
        if pod.leaving and pod.stays
    ]
