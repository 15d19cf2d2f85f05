"""Compares all child objects of a cluster with what they should be."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from typing import Protocol

from activities.cluster import troubles
from activities.kube.child import Child, Finding, Kept
from activities.kube.client import Object
from activities.kube.judge import Difference
from activities.kube.parts import PARTS, Part, Sight
from workflows.model.errors import FieldError, InvalidObject, MatriarchError
from workflows.model.observation import ObjectSeen


class Refuses(Protocol):
    """See `activities.kube.vetting.Vetting.refusal`."""

    def __call__(self, manifest: Object, *, ask: bool) -> MatriarchError | None: ...


Concerned = Callable[[str], AbstractContextManager[None]]
Note = Callable[[str, str], None]


class Comparison:
    """One look at the children of one cluster; only reads.

    `concerned` is a context for a part that may fail without spoiling the others, `note` records
    what can't be put right.
    """

    def __init__(
        self,
        sight: Sight,
        *,
        difference: Difference,
        refusal: Refuses,
        concerned: Concerned,
        note: Note,
    ) -> None:
        self._sight = sight
        self._difference = difference
        self._refusal = refusal
        self._concerned = concerned
        self._note = note
        self.differing: list[ObjectSeen] = []
        self.equal = 0
        self.refused: list[FieldError] = []
        """Fields for which the API server would not take an object that others depend on."""

    def run(self, parts: Sequence[Part] = PARTS) -> None:
        """Fill `differing` and `equal`."""
        for part in parts:
            with self._concerned(part.concern):
                sight = replace(self._sight, note=partial(self._note, part.concern))
                for child in part.children(sight):
                    with self._concerned(part.concern):
                        self._compare(child, part)

    def _compare(self, child: Child, part: Part) -> None:
        for trouble in troubles.of(child.live):
            self._note(part.concern, trouble)
        found = child.finding(self._difference)
        if found is None:
            self.equal += 1
        elif refusal := self._refusal(child.manifest, ask=part.vital and isinstance(child, Kept)):
            self._refuse(refusal, part)
        else:
            self.differing.append(_seen(child, found, part))

    def _refuse(self, refusal: MatriarchError, part: Part) -> None:
        """It is not counted as differing: writing it would only be refused again."""
        if part.vital and isinstance(refusal, InvalidObject):
            self.refused += refusal.errors
        else:
            self._note(part.concern, str(refusal))


def _seen(child: Child, found: Finding, part: Part) -> ObjectSeen:
    metadata = child.manifest["metadata"]
    return ObjectSeen(
        kind=child.manifest["kind"],
        name=metadata["name"],
        namespace=metadata["namespace"],
        drift=found.drift,
        why=found.why,
        group=part.group,
        cloud=part.cloud,
        template=found.template,
    )
