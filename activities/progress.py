"""Tells people what a long step waits for: in the cluster's status, in the operation's own record,
and in the heartbeat."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from temporalio import activity

from activities.cluster.status import still_running
from activities.kube.client import Kube, Object, only_if
from workflows.model.base import ClusterRef
from workflows.model.errors import MatriarchError
from workflows.model.names import KIND
from workflows.model.postgresoperation import KIND as RECORD

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_WRITES: Final = 2.0


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
        try:
            self._write(texts)
        except MatriarchError as error:
            logger.debug("progress of %s could not be shown: %s", self._ref, error)
        else:
            self._shown = (what, message)

    def _write(self, texts: Mapping[str, str]) -> None:
        """Change an operation that is shown and runs, and its record unless it tells of another.

        A new resource of this name is left alone.
        """
        namespace = self._ref.namespace
        same = only_if("/metadata/uid", self._uid)
        runs = only_if("/status/operation/finished", None)
        words: list[Object] = [same, runs, *_set("/status/operation", texts)]
        shown = self._kube.patch_json(KIND, namespace, self._ref.name, words, part="status") or {}
        operation = shown.get("status", {}).get("operation", {})
        record = operation.get("record")
        if record:
            words = still_running(operation["workflowId"], place="/status")
            words += _set("/status", texts)
            self._kube.patch_json(RECORD, namespace, record, words, part="status")


def _set(place: str, texts: Mapping[str, str]) -> list[Object]:
    return [{"op": "add", "path": f"{place}/{key}", "value": text} for key, text in texts.items()]


def beat(text: str) -> None:
    """Heartbeat, if this runs in an activity; raises CancelledError when it was cancelled."""
    if activity.in_activity():
        activity.heartbeat(text)
