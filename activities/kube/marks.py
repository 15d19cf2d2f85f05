"""Annotations and owners on objects that others make: written alone, the rest is not ours.

An apply would take away what this operator once wrote to such an object for another reason, as a
claim's size or a pod's label; so these are merged in.
"""

from collections.abc import Collection, Mapping
from typing import Any

from activities.kube import drift, ownership
from activities.kube.client import Object

Marks = dict[str, str | None]
"""Annotations; None stands for one that must not be there."""


def annotated(live: Mapping[str, Any], wanted: Mapping[str, str | None]) -> Marks:
    """What of `wanted` is not so."""
    present = live["metadata"].get("annotations") or {}
    return {key: value for key, value in wanted.items() if present.get(key) != value}


def needed(
    manifest: Mapping[str, Any],
    live: Mapping[str, Any],
    *,
    dropped: Collection[str] = (),
    spared: Collection[str] = (),
) -> Object:
    """The merge patch for `live`'s metadata, empty when nothing has to be done.

    What we set earlier and is not in `manifest` any more goes, and so do annotations that are
    `dropped`; annotations that are `spared` are left alone in any case.
    """
    metadata = manifest["metadata"]
    wanted: Mapping[str, str] = metadata.get("annotations") or {}
    gone = (ownership.annotations(live) | set(dropped)) - wanted.keys()
    marks = annotated(live, {**dict.fromkeys(sorted(gone)), **wanted})
    patch: Object = {}
    if marks := {key: value for key, value in marks.items() if key not in spared}:
        patch["annotations"] = marks
    owners = _owners(metadata.get("ownerReferences") or [], live)
    if owners is not None:
        patch["ownerReferences"] = owners
        patch["resourceVersion"] = live["metadata"]["resourceVersion"]  # a list is taken as a whole
    return {"uid": live["metadata"]["uid"], **patch} if patch else {}


def paths(patch: Mapping[str, Any]) -> list[str]:
    """The places that a patch of `needed` changes."""
    found = [drift.step("metadata.annotations", key) for key in patch.get("annotations") or {}]
    return [*found, *(["metadata.ownerReferences"] if "ownerReferences" in patch else [])]


def _owners(wanted: list[Object], live: Mapping[str, Any]) -> list[Object] | None:
    """All owners as they should be, or None if they are."""
    present: list[Object] = live["metadata"].get("ownerReferences") or []
    uids = {owner["uid"] for owner in wanted}
    ours = ownership.owners(live) | uids
    owners = [*(owner for owner in present if owner["uid"] not in ours), *wanted]
    desired = {"metadata": {"ownerReferences": owners}}
    same = len(owners) == len(present) and not drift.changed(desired, live)
    return None if same else owners
