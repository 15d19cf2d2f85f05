"""One object of a cluster: as it should be, as it was found, and what may be done about it.

A look asks each child for its `finding`, a step lets each one `settle`: both go by the same rules,
so what a look finds a step puts right, and afterwards a look finds nothing.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from activities.kube import drift, marks
from activities.kube.client import Object, address
from activities.kube.existing import is_going
from activities.kube.judge import Difference
from activities.kube.writer import Writer
from activities.manifests import claims
from workflows.model.errors import Forbidden, InvalidSpec, MatriarchError, Precondition
from workflows.model.observation import Drift


class Finding(NamedTuple):
    """How a child differs from what is wanted."""

    drift: Drift
    why: str
    template: bool = False
    """What pods are made from differs, but for annotations, which reach them without that."""


class Child(ABC):
    """`live` is the object as it was found, after `settle` as it was written."""

    def __init__(self, manifest: Object, live: Object | None) -> None:
        self.manifest = manifest
        self.live = live

    @abstractmethod
    def finding(self, difference: Difference) -> Finding | None:
        """What is wrong with it, or None; only compares."""

    @abstractmethod
    def settle(self, writer: Writer) -> None:
        """Put right what `finding` finds; writes nothing when that is nothing."""


class Kept(Child):
    """Made when it is missing, corrected when it differs."""

    def finding(self, difference: Difference) -> Finding | None:
        return absent(self.live) or _changed(difference(self.manifest, self.live or {}))

    def settle(self, writer: Writer) -> None:
        self.live = writer.put(self.manifest, self.live)


class Prepared(Child):
    """As `Kept`, but what it holds depends on what is there; never made over another one.

    An apply would overwrite what somebody made since we looked; such an object is read instead.
    """

    def __init__(
        self, place: Object, live: Object | None, *, build: Callable[[Object | None], Object]
    ) -> None:
        super().__init__(place, live)
        self._build = build

    def finding(self, difference: Difference) -> Finding | None:
        return absent(self.live) or _changed(difference(self._build(self.live), self.live or {}))

    def settle(self, writer: Writer) -> None:
        if self.live is None:
            self.live = writer.make(self._build(None))
            if self.live is not None:
                return
        live = self.live or writer.read(*address(self.manifest))
        self.live = writer.put(self._build(live), live)


class Shared(Child):
    """Made when it is missing, otherwise others' business, but for the annotations given.

    An annotation of None must not be there.
    """

    def __init__(
        self, manifest: Object, live: Object | None, *, annotations: marks.Marks | None = None
    ) -> None:
        super().__init__(manifest, live)
        self._annotations = annotations or {}

    def finding(self, difference: Difference) -> Finding | None:
        return absent(self.live) or _changed(marks.paths(self._patch(self.live or {})))

    def settle(self, writer: Writer) -> None:
        if self.live is None:
            self.live = writer.make(self.manifest) or writer.read(*address(self.manifest))
        if self.live is not None and (patch := self._patch(self.live)):
            self.live = writer.mark(self.live, patch)

    def _patch(self, live: Object) -> Object:
        wrong = marks.annotated(live, self._annotations)
        return {"annotations": wrong} if wrong else {}


class Marked(Child):
    """Made by others: we only put annotations and owners on it, once it is there."""

    def __init__(
        self,
        manifest: Object,
        live: Object,
        *,
        dropped: Collection[str] = (),
        spared: Collection[str] = (),
    ) -> None:
        super().__init__(manifest, live)
        self._patch = (
            {} if is_going(live) else marks.needed(manifest, live, dropped=dropped, spared=spared)
        )

    def finding(self, difference: Difference) -> Finding | None:
        return _changed(marks.paths(self._patch))

    def settle(self, writer: Writer) -> None:
        if self._patch and self.live is not None:
            self.live = writer.mark(self.live, self._patch)


class Resized(Child):
    """A claim made by others that asks for another amount than wanted; its volume grows in use."""

    def __init__(self, manifest: Object, live: Object, *, size: str) -> None:
        super().__init__(manifest, live)
        self._size = size

    def finding(self, difference: Difference) -> Finding | None:
        going = self.live is None or is_going(self.live)
        return None if going else _changed([f"{claims.REQUEST} is to be {self._size}"])

    def settle(self, writer: Writer) -> None:
        if self.live is not None and not is_going(self.live):
            self.live = self._resize(writer, self.live)

    def _resize(self, writer: Writer, claim: Object) -> Object | None:
        """A refusal is told with the field that a person can change."""
        try:
            return writer.merge(claim, claims.request(self._size))
        except (Forbidden, InvalidSpec) as error:
            size = f"spec.volume.size {self._size}"
            raise Precondition(
                f"{size} can't be had: {error}; a size that it has is fine"
            ) from error


class Awaited(Child):
    """Others' work that is not done yet: told by a look so that a step comes back for it."""

    def __init__(self, manifest: Object, why: str) -> None:
        super().__init__(manifest, None)
        self._why = why

    def finding(self, difference: Difference) -> Finding | None:
        return Finding(Drift.MISSING, self._why)

    def settle(self, writer: Writer) -> None:
        """Nothing: it is done without us."""


class Surplus(Child):
    """Ours, but of something that is switched off."""

    def __init__(self, live: Object, why: str, *, propagation: str = "Background") -> None:
        super().__init__(live, live)
        self._why = why
        self._propagation = propagation

    def finding(self, difference: Difference) -> Finding | None:
        going = self.live is None or is_going(self.live)
        return None if going else Finding(Drift.SURPLUS, self._why)

    def settle(self, writer: Writer) -> None:
        if self.live is not None and not is_going(self.live):
            writer.remove(self.live, propagation=self._propagation)


class Blocked(Child):
    """What can't be told yet: only its absence is reported, and only trying it fails."""

    def __init__(self, manifest: Object, live: Object | None, error: MatriarchError) -> None:
        super().__init__(manifest, live)
        self._error = error

    def finding(self, difference: Difference) -> Finding | None:
        return Finding(Drift.MISSING, str(self._error)) if self.live is None else None

    def settle(self, writer: Writer) -> None:
        raise self._error


def absent(live: Mapping[str, Any] | None) -> Finding | None:
    """What is to be said of an object that isn't there, or won't be in a moment."""
    if live is None:
        return Finding(Drift.MISSING, "it does not exist")
    if is_going(dict(live)):
        return Finding(Drift.MISSING, "it is being deleted")
    return None


def _changed(paths: list[str]) -> Finding | None:
    if not paths:
        return None
    return Finding(Drift.CHANGED, drift.in_one_line(paths), changes_template(paths))


def changes_template(paths: Sequence[str]) -> bool:
    """Whether pods are made from something else then; annotations reach them without that."""
    return any(
        path.startswith("spec.template.") and not path.startswith("spec.template.metadata.anno")
        for path in paths
    )
