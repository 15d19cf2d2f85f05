"""Asking the API server whether it would take an object, before anything is written.

What users write freely ends up in the StatefulSet, and only Kubernetes knows all its rules. So a
manifest that can't become one is refused as a whole, at the field, while the running cluster stays
as it is; not halfway through an operation. What is no matter of the members is simply written: its
refusal is a concern of its own, and stops nothing else.
"""

from typing import Final

from activities.kube import keep
from activities.kube.client import Kube, Object
from activities.kube.judge import Judge
from workflows.model.errors import InvalidObject, MatriarchError

_TRIAL: Final = "-trial"


class Vetting:
    """One per process, used from any thread. Costs one request for a text it does not know."""

    def __init__(self, kube: Kube, judge: Judge) -> None:
        self._kube = kube
        self._judge = judge

    def refusal(self, manifest: Object, *, ask: bool = True) -> MatriarchError | None:
        """Why the API server did not take it a moment ago, or if it is asked would not take it.

        None when it would, or when that can't be told.
        """
        known = self._judge.refusal(manifest)
        if known is not None or not ask:
            return known
        error = self._asked(keep.sendable(manifest))
        if error is not None:
            self._judge.refused(manifest, error)
        return error

    def _asked(self, manifest: Object) -> InvalidObject | None:
        """Every other trouble will show when the object is written."""
        try:
            self._kube.apply(trial(manifest), dry_run=True)
        except InvalidObject as error:
            return error
        except MatriarchError:
            return None
        return None


def trial(manifest: Object) -> Object:
    """The same under another name: what may be changed of one that exists is another question."""
    metadata = manifest["metadata"]
    return {**manifest, "metadata": {**metadata, "name": metadata["name"][:50] + _TRIAL}}
