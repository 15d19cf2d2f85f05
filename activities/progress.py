"""Tells people what a long step waits for: in the resource's status and in the heartbeat."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from temporalio import activity

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.errors import MatriarchError
from workflows.model.names import KIND

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WRITES: Final = 2.0
_OPERATION = "/status/operation"


class Progress:
    """Progress of one activity. Not for several threads at once.

    Writes every other second at most and only what is new, so nothing about a step that is quick;
    never fails the step it tells about.
    """

    def __init__(
        self,
        kube: Kube,
        ref: ClusterRef,
        uid: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kube = kube
        self._ref = ref
        self._uid = uid
        self._clock = clock
        self._shown: tuple[str, str] | None = None
        self._written_at = clock()  # the operation has just written which step this is

    def waits_for(self, what: str, *, message: str = "") -> None:
        """Show what is awaited (and `message`, if given), and tell Temporal that we are alive.

        To be called in every round of a wait, with the same text or another.
        """
        beat(what)
        if (what, message) == self._shown:
            return
        now = self._clock()
        if now - self._written_at < SECONDS_BETWEEN_WRITES:
            return
        self._written_at = now
        texts = {"waitingFor": what} | ({"message": message} if message else {})
        if self._write([_set(key, text) for key, text in texts.items()]):
            self._shown = (what, message)

    def _write(self, operations: Sequence[Object]) -> bool:
        """Change an operation that is shown; a new resource of this name is left alone."""
        same = {"op": "test", "path": "/metadata/uid", "value": self._uid}
        place = KIND, self._ref.namespace, self._ref.name
        try:
            self._kube.patch_json(*place, [same, *operations], part="status")
        except MatriarchError as error:
            logger.debug("progress of %s could not be shown: %s", self._ref, error)
            return False
        return True


def _set(key: str, text: str) -> Object:
    return {"op": "add", "path": f"{_OPERATION}/{key}", "value": text}


def beat(text: str) -> None:
    """Heartbeat, if this runs in an activity; raises CancelledError when it was cancelled."""
    if activity.in_activity():
        activity.heartbeat(text)
