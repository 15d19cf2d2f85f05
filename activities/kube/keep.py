"""What to send to the API server, given what is there: equal things stay as they are stored.

A pod template that is written in another order, or with `1000m` for `1`, means the same but is
another text, hence another revision, hence a restart of all pods. So whatever `drift` takes for
equal is sent in the live object's own form.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from activities.kube import shapes

Manifest = dict[str, Any]

VERBATIM = frozenset({"FabricEventStream"})
"""Kinds of other operators, who may see a meaning in a null."""


def sendable(manifest: Mapping[str, Any]) -> Manifest:
    """Without nulls, and without items of one key twice, which server-side apply refuses.

    Of environment variables of one name the last counts, as it does in the container.
    """
    if manifest.get("kind") in VERBATIM:
        return dict(manifest)
    return {key: _clean(value, key) for key, value in manifest.items() if value is not None}


def settled(
    desired: Mapping[str, Any], live: Mapping[str, Any], *, ignored_annotations: Sequence[str] = ()
) -> Manifest:
    """`desired`, with everything that `live` has already in the form in which it has it."""
    manifest: Manifest = _settled(sendable(desired), live, field="", parent="")
    _keep_claims(manifest, live, ignored_annotations)
    _keep_annotations(manifest, live, ignored_annotations)
    template = manifest.get("spec", {}).get("template")
    if isinstance(template, dict):
        have = live.get("spec", {}).get("template", {})
        _keep_annotations(template, have, ignored_annotations)
    return manifest


def _clean(value: Any, field: str) -> Any:
    if isinstance(value, Mapping):
        return sendable(value)
    if not isinstance(value, list):
        return value
    keys = shapes.keys_of(field, value)
    items = [_clean(item, "") for item in value]
    if keys is None:
        return items
    return list({shapes.identity(item, keys): item for item in items}.values())


def _settled(want: Any, have: Any, *, field: str, parent: str) -> Any:
    if isinstance(want, Mapping):
        below = have if isinstance(have, Mapping) else {}
        return {
            key: _settled(value, below.get(key), field=key, parent=field)
            for key, value in want.items()
        }
    if isinstance(want, list):
        return _settled_list(want, have if isinstance(have, list) else [], field=field)
    return (
        have if have is not None and shapes.same(want, have, field=field, parent=parent) else want
    )


def _settled_list(want: list[Any], have: list[Any], *, field: str) -> list[Any]:
    keys = shapes.keys_of(field, [*want, *have])
    if keys is not None:
        return _settled_by_key(want, have, keys=keys, field=field)
    if len(want) != len(have):
        return want
    if field in shapes.SETS and sorted(want) == sorted(have):
        return have
    return [
        _settled(one, other, field=field, parent="") for one, other in zip(want, have, strict=True)
    ]


def _settled_by_key(
    want: list[Any], have: list[Any], *, keys: tuple[str, ...], field: str
) -> list[Any]:
    found = {shapes.identity(item, keys): item for item in have}
    items = {
        shapes.identity(item, keys): _settled_item(item, found, keys=keys, field=field)
        for item in want
    }
    if field in shapes.ORDERED or not items.keys() <= found.keys():
        return list(items.values())
    return [items[key] for key in found if key in items]


def _settled_item(
    item: Any, found: Mapping[tuple[Any, ...], Any], *, keys: tuple[str, ...], field: str
) -> Any:
    other = found.get(shapes.identity(item, keys))
    if other is not None and shapes.same_variable(item, other):
        return dict(other)
    return _settled(item, other, field=field, parent="")


def _keep_claims(
    manifest: Manifest, live: Mapping[str, Any], ignored_annotations: Sequence[str]
) -> None:
    """What is not held against them must not be sent otherwise, as they can't be changed."""
    wanted = manifest.get("spec", {}).get("volumeClaimTemplates") or []
    existing = live.get("spec", {}).get("volumeClaimTemplates") or []
    for claim, other in zip(wanted, existing, strict=False):
        claim["metadata"]["labels"] = other["metadata"].get("labels") or {}
        present = other["metadata"].get("annotations") or {}
        ignored = {key: present[key] for key in ignored_annotations if key in present}
        if ignored:
            claim["metadata"]["annotations"] = {
                **(claim["metadata"].get("annotations") or {}),
                **ignored,
            }


def _keep_annotations(part: Manifest, live: Mapping[str, Any], keys: Sequence[str]) -> None:
    wanted = part.get("metadata", {}).get("annotations")
    existing = live.get("metadata", {}).get("annotations") or {}
    if wanted:
        wanted.update({key: existing[key] for key in keys if key in wanted and key in existing})
