"""Writes status and events of a cluster, only where they say something new."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from activities.cluster import events, status
from activities.kube.client import Kube, Object
from activities.kube.resource import Resources
from workflows.model.errors import Conflict, Precondition
from workflows.model.names import KIND
from workflows.model.operations import Report

TRIES: Final = 5


class Reporter:
    """One per process; used from many threads."""

    def __init__(
        self, kube: Kube, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._kube = kube
        self._resources = Resources(kube)
        self._now = now

    def report(self, report: Report) -> None:
        """Status first, so that whoever sees an event finds it confirmed."""
        now = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        if report.status and not self._written_unseen(report):
            self._write_status(report, now)
        for note in report.events:
            events.emit(self._kube, events.build(note, ref=report.ref, uid=report.uid, now=now))

    def _written_unseen(self, report: Report) -> bool:
        """Progress is written often and without looking first: half the requests.

        Conditions are not, as their transition times depend on what stands there. Fails on a
        resource without a status, and on one of another uid.
        """
        if report.conditions is not None:
            return False
        same = {"op": "test", "path": "/metadata/uid", "value": report.uid}
        parts = [
            {"op": "add", "path": f"/status/{key}", "value": status.without_nulls(value)}
            for key, value in report.status.items()
        ]
        place = KIND, report.ref.namespace, report.ref.name
        try:
            self._kube.patch_json(*place, [same, *parts], part="status")
        except Precondition:
            return False
        return True

    def _write_status(self, report: Report, now: str) -> None:
        """Others write to the status too (progress), so a lost race is run again."""
        for tries_left in reversed(range(TRIES)):
            found = self._resources.raw(report.ref)
            if found is None or found["metadata"]["uid"] != report.uid:
                return
            change = status.change(report.status, status_of(found), now=now)
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
