"""Writes one object at a time, only if it differs, and keeps a list of what was written."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from activities import waiting
from activities.kube import keep, ownership
from activities.kube.client import Kube, Object, address
from activities.kube.existing import is_going, name_of
from activities.kube.judge import Judge
from activities.kube.replace import Replacement, is_in_place
from activities.progress import beat
from workflows.model.errors import Conflict

GOING_SECONDS: Final = 20.0
"""How long an object that is being deleted is waited for before the step gives up for now."""


class Writer:
    """For one activity. `created` and `changed` name what was written, as `Kind/name`."""

    def __init__(
        self,
        kube: Kube,
        judge: Judge,
        *,
        ignored_annotations: Sequence[str],
        tell: Callable[[str], None],
    ) -> None:
        self._kube = kube
        self._judge = judge
        self._ignored = ignored_annotations
        self._tell = tell
        self.created: list[str] = []
        self.changed: list[str] = []

    def put(self, manifest: Object, live: Object | None) -> None:
        """Bring an object to what is wanted, given how it was found."""
        beat(name_of(manifest))
        if live is not None and is_going(live):
            self._await_end(live)
            live = None
        if live is None:
            self._written(manifest, self._kube.apply(keep.sendable(manifest)))
            self.created.append(name_of(manifest))
            return
        paths = self._judge.difference(manifest, live, ignored_annotations=self._ignored)
        if not paths:
            return
        sent = keep.settled(manifest, live, ignored_annotations=self._ignored)
        if is_in_place(manifest, paths):
            self._adopt(live)
            answer = self._kube.apply(sent)
        else:
            answer = Replacement(self._kube, tell=self._tell).replace(sent, live, why=paths)
        self._written(manifest, answer)
        self.changed.append(name_of(manifest))

    def make(self, manifest: Object) -> bool:
        """Create what was not there; False when somebody else was faster."""
        beat(name_of(manifest))
        try:
            self._kube.create(keep.sendable(manifest))
        except Conflict:
            return False
        self.created.append(name_of(manifest))
        return True

    def _await_end(self, live: Object) -> None:
        """Raises NotYet if it takes long."""
        uid = live["metadata"]["uid"]

        def still_there() -> str:
            found = self._kube.get(*address(live))
            same = found is not None and found["metadata"]["uid"] == uid
            return f"{name_of(live)} is still being deleted" if same else ""

        waiting.until(still_there, seconds=GOING_SECONDS, tell=self._tell)

    def _adopt(self, live: Object) -> None:
        """Make ours what was written under our name before server-side apply, see `ownership`."""
        fields = ownership.adopted(live)
        if fields is None:
            return
        version = live["metadata"]["resourceVersion"]
        self._kube.patch_json(
            *address(live),
            [
                {"op": "replace", "path": "/metadata/managedFields", "value": fields},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
            ],
        )

    def _written(self, manifest: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        self._judge.written(manifest, answer, ignored_annotations=self._ignored)
