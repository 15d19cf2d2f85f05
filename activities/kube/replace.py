"""Exchanging a StatefulSet whose immutable fields must change, while its pods go on running.

The old one is deleted without its pods; the new one finds them by its selector and takes them
over. Since the template's text stays what it was, they are of its current revision and nothing is
restarted. In between nobody would re-create a lost pod, so that is kept short: the new one is
checked by the API server before the old one is touched, and whoever comes after a crash finds it
missing and creates it.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from activities import waiting
from activities.kube import drift, ownership
from activities.kube.client import Kube, Object, address
from activities.kube.vetting import trial
from workflows.model.errors import Precondition

logger = logging.getLogger(__name__)

IMMUTABLE: Final = (
    "spec.selector",
    "spec.serviceName",
    "spec.podManagementPolicy",
    "spec.volumeClaimTemplates",
)
ORPHANED_SECONDS: Final = 60.0
CARRIED_OVER: Final = "carried-over"
"""In whose name others' labels and annotations are put on the new object: they stay theirs."""


def is_in_place(manifest: Mapping[str, Any], paths: Sequence[str]) -> bool:
    """Whether the API server lets these fields of an existing object be changed."""
    immutable = any(path.startswith(IMMUTABLE) for path in paths)
    return not (immutable and manifest["kind"] == "StatefulSet")


class Replacement:
    """Run again after a crash at any point, `kube.apply` ends up with the new StatefulSet."""

    def __init__(self, kube: Kube, *, tell: Callable[[str], None]) -> None:
        self._kube = kube
        self._tell = tell

    def replace(self, manifest: Object, live: Object, *, why: Sequence[str]) -> Object:
        """Put `manifest` in the place of `live`; raises Precondition when that would do harm."""
        self._check(manifest, live)
        kind, namespace, name = address(manifest)
        logger.info("replacing %s %s/%s: %s", kind, namespace, name, drift.in_one_line(why))
        uid = live["metadata"]["uid"]
        self._kube.delete(kind, namespace, name, uid=uid, propagation="Orphan")
        waiting.until(
            lambda: self._still_there(kind, namespace, name, uid=uid),
            seconds=ORPHANED_SECONDS,
            tell=self._tell,
            least_pause=0.1,
        )
        made = self._kube.apply(manifest)
        theirs = ownership.foreign(live)
        if not theirs:
            return made
        change = {"metadata": theirs}
        return self._kube.patch(kind, namespace, name, change, manager=CARRIED_OVER) or made

    def _still_there(self, kind: str, namespace: str, name: str, *, uid: str) -> str:
        found = self._kube.get(kind, namespace, name)
        if found is None or found["metadata"]["uid"] != uid:
            return ""
        return f"{kind} {name} is being replaced; waiting until the old one has let go of its pods"

    def _check(self, manifest: Object, live: Mapping[str, Any]) -> None:
        """Before anything is deleted: the pods must suit the new one, and the server accept it."""
        wanted = manifest["spec"]["selector"]["matchLabels"]
        carried = live["spec"]["template"]["metadata"].get("labels") or {}
        unsuitable = sorted(key for key in wanted if carried.get(key) != wanted[key])
        if unsuitable:
            raise Precondition(
                f"the labels {', '.join(unsuitable)} of a running cluster's pods can't be changed: "
                "its StatefulSet would lose them"
            )
        self._kube.create(trial(manifest), dry_run=True)
