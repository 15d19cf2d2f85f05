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
from workflows.model.errors import Conflict, InvalidObject

GOING_SECONDS: Final = 20.0
"""How long an object that is being deleted is waited for before the step gives up for now."""


class Writer:
    """For one activity. What was written is named in three lists, as `Kind/name`."""

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
        self.removed: list[str] = []

    def read(self, kind: str, namespace: str, name: str) -> Object | None:
        """An object as it is now."""
        return self._kube.get(kind, namespace, name)

    def put(self, manifest: Object, live: Object | None) -> Object:
        """Bring an object to what is wanted, given how it was found; returns it as it is then."""
        try:
            return self._put(manifest, live)
        except InvalidObject as error:
            self._judge.refused(manifest, error)
            raise

    def _put(self, manifest: Object, live: Object | None) -> Object:
        beat(name_of(manifest))
        if live is not None and is_going(live):
            self._await_end(live)
            live = None
        if live is None:
            answer = self._kube.apply(keep.sendable(manifest))
            self.created.append(name_of(manifest))
            return self._written(manifest, answer)
        paths = self._judge.difference(manifest, live, ignored_annotations=self._ignored)
        if not paths:
            return live
        sent = keep.settled(manifest, live, ignored_annotations=self._ignored)
        if is_in_place(manifest, paths):
            self._adopt(live)
            answer = self._kube.apply(sent)
        else:
            answer = Replacement(self._kube, tell=self._tell).replace(sent, live, why=paths)
        self.changed.append(name_of(manifest))
        return self._written(manifest, answer)

    def make(self, manifest: Object) -> Object | None:
        """Create what was not there; None when somebody else was faster."""
        beat(name_of(manifest))
        try:
            answer = self._kube.create(keep.sendable(manifest))
        except Conflict:
            return None
        self.created.append(name_of(manifest))
        return answer

    def mark(self, live: Object, metadata: Object) -> Object | None:
        """Merge into the metadata of an object that others make; None when it is gone."""
        return self.merge(live, {"metadata": metadata})

    def merge(self, live: Object, change: Object) -> Object | None:
        """Merge into an object that others make; None when it is gone."""
        beat(name_of(live))
        answer = self._kube.patch(*address(live), change)
        if answer is not None:
            self.changed.append(name_of(live))
        return answer

    def remove(self, live: Object, *, propagation: str) -> None:
        """Ask for the deletion of an object that isn't wanted any more, and of no newer one."""
        beat(name_of(live))
        uid = live["metadata"]["uid"]
        if self._kube.delete(*address(live), uid=uid, propagation=propagation):
            self.removed.append(name_of(live))

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

    def _written(self, manifest: Mapping[str, Any], answer: Object) -> Object:
        self._judge.written(manifest, answer, ignored_annotations=self._ignored)
        return answer
