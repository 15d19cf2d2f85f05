"""Which fields of an object are this operator's, as the API server keeps it in `managedFields`.

Server-side apply removes what its manager had set and leaves out now. Zalando's operator writes
under the same manager name but by plain updates, whose fields an apply would never remove; so
before the first apply to such an object these entries are turned into ours, as kubectl does it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from activities.kube import shapes
from workflows.model.names import FIELD_MANAGER

Entry = dict[str, Any]
_MISSING = object()


def surplus(desired: Mapping[str, Any], live: Mapping[str, Any]) -> list[str]:
    """Paths of what is ours in `live` and not wanted any more."""
    entries = [entry for entry in _entries(live) if _is_ours(entry)]
    return [path for entry in entries for path in _unwanted(entry.get("fieldsV1", {}), desired, "")]


def annotations(live: Mapping[str, Any]) -> set[str]:
    """Keys of annotations that were set under our name."""
    return _keys(live, "annotations")


def foreign(live: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Labels and annotations that others have set."""
    found = {}
    for part in ("labels", "annotations"):
        ours, present = _keys(live, part), live["metadata"].get(part) or {}
        if theirs := {key: value for key, value in present.items() if key not in ours}:
            found[part] = theirs
    return found


def owners(live: Mapping[str, Any]) -> set[str]:
    """Uids of owner references that were set under our name."""
    elements = _ours(live, "ownerReferences")
    return {json.loads(element[2:])["uid"] for element in elements if element.startswith("k:")}


def adopted(live: Mapping[str, Any]) -> list[Entry] | None:
    """`managedFields` with plain updates under our name turned into applied ones, if any."""
    entries = _entries(live)
    updates = [entry for entry in entries if _is_ours(entry) and entry["operation"] == "Update"]
    if not updates:
        return None
    ours = [entry for entry in entries if _is_ours(entry)]
    others = [entry for entry in entries if not _is_ours(entry)]
    fields: dict[str, Any] = {}
    for entry in ours:
        fields = _united(fields, entry.get("fieldsV1", {}))
    first = ours[0]
    merged = {key: value for key, value in first.items() if key != "time"}
    return [{**merged, "operation": "Apply", "fieldsV1": fields}, *others]


def _entries(live: Mapping[str, Any]) -> Sequence[Entry]:
    entries: Sequence[Entry] = live.get("metadata", {}).get("managedFields") or []
    return entries


def _keys(live: Mapping[str, Any], part: str) -> set[str]:
    return {element[2:] for element in _ours(live, part) if element.startswith("f:")}


def _ours(live: Mapping[str, Any], part: str) -> Iterator[str]:
    """Elements below this part of the metadata that are ours."""
    for entry in _entries(live):
        if _is_ours(entry):
            yield from entry.get("fieldsV1", {}).get("f:metadata", {}).get(f"f:{part}", {})


def is_ours(live: Mapping[str, Any]) -> bool:
    """Written by this operator or Zalando's, which use the same manager name."""
    return any(entry.get("manager") == FIELD_MANAGER for entry in _entries(live))


def _is_ours(entry: Entry) -> bool:
    return entry.get("manager") == FIELD_MANAGER and not entry.get("subresource")


def _united(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _united(one.get(key, {}), other.get(key, {})) for key in {**one, **other}}


def _unwanted(fields: Mapping[str, Any], want: Any, path: str) -> Iterator[str]:
    """Walk the tree of owned fields (`f:` a field, `k:` an item by key, `v:` a value of a set)."""
    for element, below in fields.items():
        if element == ".":
            continue
        sort, _, text = element.partition(":")
        place = _place(path, sort, text)
        child = _child(want, sort, text)
        if child is _MISSING:
            yield place
        elif below:
            yield from _unwanted(below, child, place)


def _place(path: str, sort: str, text: str) -> str:
    if sort == "f" and "." not in text and "/" not in text:
        return f"{path}.{text}".lstrip(".")
    if sort == "k":
        text = str(next(iter(json.loads(text).values())))
    return f"{path}[{text}]"


def _child(want: Any, sort: str, text: str) -> Any:
    if sort == "f":
        return want.get(text, _MISSING) if isinstance(want, Mapping) else _MISSING
    if not isinstance(want, list):
        return _MISSING
    if sort == "k":
        key = json.loads(text)
        return next((item for item in want if _has(item, key)), _MISSING)
    if sort == "v":
        return next((value for value in want if value == json.loads(text)), _MISSING)
    place = int(text)
    return want[place] if place < len(want) else _MISSING


def _has(item: Any, key: Mapping[str, Any]) -> bool:
    return isinstance(item, Mapping) and all(
        item.get(name, shapes.DEFAULTS.get(name)) == value for name, value in key.items()
    )
