"""Writes `PostgresOperation` objects: how operations are getting on, and which are over.

A record is for people. Whatever is wrong with one (deleted by somebody, no right to write it, no
such kind) is logged and never stops an operation.
"""

import logging
from datetime import UTC, datetime
from typing import Any, Final

from activities.cluster import operations
from activities.configuration import ConfigurationSource
from activities.kube.client import Kube, Object, only_if
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.errors import Conflict, MatriarchError, Precondition
from workflows.model.names import API_VERSION, AUTOMATIC
from workflows.model.names import KIND as CLUSTER
from workflows.model.postgresoperation import KIND
from workflows.model.record import Closing, Record

log = logging.getLogger(__name__)

MOST_DELETED: Final = 50
"""At the end of one operation; the rest goes with the next ones."""


class Records:
    """One per process; used from many threads."""

    def __init__(self, kube: Kube, configuration: ConfigurationSource) -> None:
        self._kube = kube
        self._configuration = configuration

    def write(self, record: Record, ref: ClusterRef, *, uid: str) -> None:
        """One request; two when it is to be made, and a few when its operation is over.

        A second run writes the same.
        """
        try:
            configuration = self._configuration.recent()
            label = configuration.cluster_name_label
            made = record.create and self._make(record, ref, uid=uid, label=label)
            self._tell(record, ref, place="/status" if made else "/status/finished")
            if record.status.phase.finished:
                self._prune(ref, configuration)
        except MatriarchError as error:
            log.warning("PostgresOperation %s was not written: %s", record.name, error)

    def close(self, closing: Closing, ref: ClusterRef) -> None:
        """End a record that nobody works on, unless it has ended meanwhile."""
        try:
            found = self._kube.get(KIND, ref.namespace, closing.name)
            if found is None or operations.is_finished(found):
                return
            ended = {"phase": closing.phase, "message": closing.message, "finished": _now()}
            before = operations.status_of(found)
            same = only_if("/status/phase", before.get("phase"))
            before.pop("waitingFor", None)
            self._set(ref, closing.name, before | ended, *([same] if "phase" in before else []))
        except MatriarchError as error:
            log.warning("PostgresOperation %s was not closed: %s", closing.name, error)

    def _tell(self, record: Record, ref: ClusterRef, *, place: str) -> None:
        """Nothing is said after the last word: a request that was cut off may arrive later.

        `place` is where nothing is yet.
        """
        status = record.status.model_dump(by_alias=True, mode="json", exclude_none=True)
        if record.status.phase.finished:
            self._set(ref, record.name, status)
            return
        try:
            self._set(ref, record.name, status, only_if(place, None))
        except Precondition:
            found = self._kube.get(KIND, ref.namespace, record.name)
            if found is None or operations.is_finished(found):
                return
            seen = only_if("/metadata/resourceVersion", found["metadata"]["resourceVersion"])
            self._set(ref, record.name, status, seen)

    def _make(self, record: Record, ref: ClusterRef, *, uid: str, label: str) -> bool:
        """Whether it is new; not if a run before this one has made it."""
        manifest = _manifest(record, ref, uid=uid, label=label)
        try:
            self._kube.create(manifest)
        except Conflict:
            found = self._kube.get(KIND, ref.namespace, record.name)
            if found is None or not operations.is_finished(found):
                return False
            # The same was planned before. What was said of that, as an approval, is used up.
            uid_before = found["metadata"]["uid"]
            self._kube.delete(KIND, ref.namespace, record.name, uid=uid_before)
            self._kube.create(manifest)
        return True

    def _set(self, ref: ClusterRef, name: str, status: Object, *conditions: Object) -> None:
        """As a whole: what isn't in it was true once."""
        whole = [*conditions, {"op": "add", "path": "/status", "value": status}]
        self._kube.patch_json(KIND, ref.namespace, name, whole, part="status")

    def _prune(self, ref: ClusterRef, configuration: Configuration) -> None:
        """Finished ones by count and age. What runs or waits is never deleted."""
        found = operations.of_cluster(self._kube, ref)
        outdated = operations.outdated(
            found,
            most=configuration.operation_history_limit,
            age=configuration.operation_history_age,
            now=datetime.now(UTC),
        )
        for one in outdated[:MOST_DELETED]:
            metadata = one["metadata"]
            self._kube.delete(KIND, ref.namespace, metadata["name"], uid=metadata["uid"])


def _manifest(record: Record, ref: ClusterRef, *, uid: str, label: str) -> Object:
    """It goes with its cluster."""
    owner: dict[str, Any] = {
        "apiVersion": API_VERSION,
        "kind": CLUSTER,
        "name": ref.name,
        "uid": uid,
    }
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": record.name,
            "namespace": ref.namespace,
            "labels": {label: ref.name},
            "annotations": {AUTOMATIC: "true"},
            "ownerReferences": [owner],
        },
        "spec": {"cluster": ref.name, "kind": record.kind},
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
