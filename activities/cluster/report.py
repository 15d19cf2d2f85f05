"""Writes status and events of a cluster, only where they say something new."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final

from activities.cluster import status
from activities.cluster.records import Records
from activities.kube import events
from activities.kube.client import Kube, Object, only_if
from activities.kube.resource import Resources
from workflows.model.errors import Conflict, InvalidSpec, MatriarchError, Precondition
from workflows.model.names import KIND, STEERING
from workflows.model.report import Report

TRIES: Final = 5


class Reporter:
    """One per process; used from many threads."""

    def __init__(
        self,
        kube: Kube,
        records: Records,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._kube = kube
        self._records = records
        self._resources = Resources(kube)
        self._now = now

    def report(self, report: Report) -> None:
        """Status first, so that whoever sees an event finds it confirmed."""
        now = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if report.status and not self._written_unseen(report):
            self._write_status(report, now)
        cluster = events.cluster(report.ref, uid=report.uid)
        for note in report.events:
            events.emit(self._kube, events.build(note, on=cluster, now=now))
        if report.record is not None:
            self._records.write(report.record, report.ref, uid=report.uid)
        for closing in report.closings:
            self._records.close(closing, report.ref)
        if report.steering_heard:
            self._take_off(report)

    def _take_off(self, report: Report) -> None:
        """The annotation that was heard, unless it says something else by now."""
        path = f"/metadata/annotations/{STEERING.replace('/', '~1')}"
        same = only_if(path, report.steering_heard)
        place = KIND, report.ref.namespace, report.ref.name
        with suppress(MatriarchError):  # heard it was all the same
            self._kube.patch_json(*place, [same, {"op": "remove", "path": path}])

    def _written_unseen(self, report: Report) -> bool:
        """Progress is written often and without looking first: half the requests.

        Conditions are not, as their transition times depend on what stands there. Fails on a
        resource of another uid, and where another operation is shown, or this one's last word: a
        request that was cut off may arrive when what it says is no longer so.
        """
        if report.conditions is not None or report.operation is None:
            return False
        if report.begins and not report.first:
            return False
        same = only_if("/metadata/uid", report.uid)
        values = {key: status.without_nulls(value) for key, value in report.status.items()}
        if report.first:
            parts = [only_if("/status", None), {"op": "add", "path": "/status", "value": values}]
        else:
            parts = status.still_running(report.operation.workflow_id)
            parts += [
                {"op": "add", "path": f"/status/{key}", "value": value}
                for key, value in values.items()
            ]
        place = KIND, report.ref.namespace, report.ref.name
        try:
            self._kube.patch_json(*place, [same, *parts], part="status")
        except (Precondition, InvalidSpec):
            return False
        return True

    def _write_status(self, report: Report, now: str) -> None:
        """Others write to the status too (progress), so a lost race is run again."""
        for tries_left in reversed(range(TRIES)):
            found = self._resources.raw(report.ref)
            if found is None or found["metadata"]["uid"] != report.uid:
                return
            present = status_of(found)
            if report.operation and status.is_late(report.operation, present):
                return
            change = status.change(report.status, present, now=now)
            if change is None:
                return
            try:
                self._patch(report, found, change)
                return
            except Conflict:
                if not tries_left:
                    raise

    def _patch(self, report: Report, found: Object, change: dict[str, Any]) -> None:
        """The version in the patch makes sure that nothing was written since we looked."""
        body = {
            "metadata": {"resourceVersion": found["metadata"]["resourceVersion"]},
            "status": change,
        }
        self._kube.patch_status(KIND, report.ref.namespace, report.ref.name, body)


def status_of(found: Object) -> dict[str, Any]:
    """The status of a resource; in very old ones it is but a word."""
    present = found.get("status") or {}
    return present if isinstance(present, dict) else {"PostgresClusterStatus": str(present)}
