"""Whether a pod has to be made anew: compared with what matters, not with a revision's hash.

The hash of a template changes with anything in it, also with annotations, which are patched onto
running pods, and with the image, which a lazy upgrade leaves for later. Comparing the pod itself
would not do either: what admission has added to it can't be told from what was in its template
and is wanted no more. So the template that the pod was made from, which the StatefulSet's
controller keeps as a ControllerRevision for as long as the pod lives, is compared with the newest.
Where that can't be read, what the newest template asks for must be in the pod.
"""

from collections.abc import Mapping
from typing import Any

from activities.kube import drift
from activities.kube.client import Kube, Object
from workflows.model.errors import Forbidden
from workflows.model.members import FLAGGED
from workflows.model.names import ROLLING_UPDATE_REQUIRED

REVISION = "controller-revision-hash"
_FILLED_BY_ADMISSION = "spec.tolerations"


class Newest:
    """The newest template of one StatefulSet, to compare its pods with.

    `lazy`: another image alone is no reason.
    """

    def __init__(self, kube: Kube, stateful_set: Object, *, lazy: bool) -> None:
        self._kube = kube
        self._stateful_set = stateful_set
        self._template = stateful_set["spec"]["template"]
        self._lazy = lazy
        self._made_from: dict[str, Object] | None = None

    def is_revision_of(self, pod: Mapping[str, Any]) -> bool:
        """Whether the pod was made from this very template, as far as its controller has told."""
        return is_observed(self._stateful_set) and revision_of(pod) == newest_revision(
            self._stateful_set
        )

    def why_stale(self, pod: Mapping[str, Any]) -> str:
        """Why the pod is to be made anew, or nothing."""
        annotations = pod["metadata"].get("annotations") or {}
        if annotations.get(ROLLING_UPDATE_REQUIRED) == "true":
            return FLAGGED
        if self.is_revision_of(pod):
            return ""
        return drift.in_one_line(self._differences(pod))

    def _differences(self, pod: Mapping[str, Any]) -> list[str]:
        before = self._revisions().get(revision_of(pod))
        if before is not None:
            paths = differences(self._template, before)
        else:
            found = changed(self._template, pod)
            paths = [path for path in found if not path.startswith(_FILLED_BY_ADMISSION)]
        return [path for path in paths if not self._waits(path)]

    def _waits(self, path: str) -> bool:
        """An image that a pod takes when it is made anew for another reason."""
        return self._lazy and path.endswith("].image")

    def _revisions(self) -> dict[str, Object]:
        """Templates by revision, read when the first pod of another one is met."""
        if self._made_from is None:
            self._made_from = self._read()
        return self._made_from

    def _read(self) -> dict[str, Object]:
        metadata = self._stateful_set["metadata"]
        labels = self._stateful_set["spec"]["selector"]["matchLabels"]
        try:
            found = self._kube.list("ControllerRevision", metadata["namespace"], labels, fresh=True)
        except Forbidden:  # a right that an older role does not grant
            return {}
        return {
            str(revision["metadata"]["name"]): revision["data"]["spec"]["template"]
            for revision in found
        }


def differences(newest: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Paths at which two templates differ in what a running pod can't follow."""
    added = changed(newest, before)
    removed = changed(before, newest)
    return list(dict.fromkeys([*added, *removed]))


def changed(newest: Mapping[str, Any], before: Mapping[str, Any]) -> list[str]:
    """Paths of what `newest` asks for and `before`, a template or a pod, has not."""
    wanted = {"metadata": {"labels": _labels(newest)}, "spec": newest["spec"]}
    return drift.changed(wanted, before)


def newest_revision(stateful_set: Mapping[str, Any] | None) -> str:
    """The revision new pods are made from, as far as its controller has told."""
    return ((stateful_set or {}).get("status") or {}).get("updateRevision") or ""


def _labels(part: Mapping[str, Any]) -> Mapping[str, str]:
    labels: Mapping[str, str] = part.get("metadata", {}).get("labels") or {}
    return labels


def revision_of(pod: Mapping[str, Any]) -> str:
    """The template that a pod was made from."""
    return str((pod["metadata"].get("labels") or {}).get(REVISION, ""))


def is_observed(stateful_set: Mapping[str, Any]) -> bool:
    """Whether the controller has seen the newest template, so that its revision can be trusted."""
    observed = (stateful_set.get("status") or {}).get("observedGeneration", 0)
    return bool(observed >= stateful_set["metadata"].get("generation", 0))
