"""Where an object differs from what is wanted, judged by what the API server stores.

Everything we set must be there, in whatever form the server writes it. What the server adds as
defaults and what others set besides never counts. What we once set and no longer want counts:
`ownership` knows it from the object itself. So after an apply a second look finds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from activities.kube import ownership, shapes

Manifest = Mapping[str, Any]

LONGEST_LIST = 4
_METADATA = ("name", "labels", "annotations", "ownerReferences", "finalizers")
_CLAIM_LABELS = "spec.volumeClaimTemplates[0].metadata.labels"


def difference(
    desired: Manifest, live: Manifest, *, ignored_annotations: Sequence[str] = ()
) -> list[str]:
    """Paths at which `live` is not as `desired`; values are never named, they may be secret."""
    return [
        *changed(desired, live, ignored_annotations=ignored_annotations),
        *(path for path in ownership.surplus(desired, live) if not _left_alone(path)),
    ]


def changed(
    desired: Manifest, live: Manifest, *, ignored_annotations: Sequence[str] = ()
) -> list[str]:
    """Paths of what we set and is missing or otherwise."""
    ignored = [f"metadata.annotations[{key}]" for key in ignored_annotations]
    ignored += [f"metadata.annotations.{key}" for key in ignored_annotations]
    found = (
        path
        for part in sorted(desired.keys() - {"apiVersion", "kind"})
        for path in _compared(
            _comparable(part, desired), live.get(part), path=part, field=part, parent=""
        )
    )
    return [
        path
        for path in (*found, *_left_in_claims(desired, live))
        if not _left_alone(path) and not path.endswith(tuple(ignored))
    ]


def in_one_line(paths: Sequence[str]) -> str:
    """The first few paths, for a sentence."""
    more = len(paths) - LONGEST_LIST
    return ", ".join(paths[:LONGEST_LIST]) + (f" and {more} more" if more > 0 else "")


def step(path: str, key: str) -> str:
    """The path of `key` below `path`; keys with dots stand in brackets."""
    return f"{path}[{key}]" if "." in key or "/" in key else f"{path}.{key}"


def _comparable(part: str, desired: Manifest) -> Any:
    if part != "metadata":
        return desired[part]
    return {key: value for key, value in desired[part].items() if key in _METADATA}


def _left_in_claims(desired: Manifest, live: Manifest) -> Iterator[str]:
    """What templates of claims still have: all in them is one writer's, but for some defaults."""
    wanted = (desired.get("spec") or {}).get("volumeClaimTemplates") or []
    existing = (live.get("spec") or {}).get("volumeClaimTemplates") or []
    for number, (want, have) in enumerate(zip(wanted, existing, strict=False)):
        path = f"spec.volumeClaimTemplates[{number}]"
        annotations = have["metadata"].get("annotations") or {}
        for key in annotations.keys() - (want["metadata"].get("annotations") or {}).keys():
            yield step(f"{path}.metadata.annotations", key)
        for key in ("selector", "storageClassName", "volumeAttributesClassName"):
            if have["spec"].get(key) and key not in want["spec"]:
                yield f"{path}.spec.{key}"


def _left_alone(path: str) -> bool:
    """Labels of claims that exist don't follow their template, so it isn't worth replacing."""
    return path.startswith(_CLAIM_LABELS)


def _compared(want: Any, have: Any, *, path: str, field: str, parent: str) -> Iterator[str]:
    """`field` is the name under which the value stands, `parent` the one above it."""
    if isinstance(want, Mapping):
        yield from _compared_maps(want, have, path=path, field=field)
    elif isinstance(want, list):
        yield from _compared_lists(want, have, path=path, field=field)
    elif not shapes.same(want, have, field=field, parent=parent):
        yield path


def _compared_maps(want: Manifest, have: Any, *, path: str, field: str) -> Iterator[str]:
    if have is not None and not isinstance(have, Mapping):
        yield path
        return
    have = have or {}
    for key, value in want.items():
        yield from _compared(value, have.get(key), path=step(path, key), field=key, parent=field)
    if field in shapes.WHOLE:
        yield from (step(path, key) for key in have if key not in want)


def _compared_lists(want: list[Any], have: Any, *, path: str, field: str) -> Iterator[str]:
    have = have or []
    if not isinstance(have, list):
        yield path
        return
    keys = shapes.keys_of(field, [*want, *have])
    if keys is not None:
        yield from _compared_by_key(want, have, keys=keys, path=path, field=field)
    elif len(want) != len(have):
        yield path
    elif field in shapes.SETS:
        yield from [] if sorted(want) == sorted(have) else [path]
    else:
        for number, (one, other) in enumerate(zip(want, have, strict=True)):
            yield from _compared(one, other, path=f"{path}[{number}]", field=field, parent="")


def _compared_by_key(
    want: list[Any], have: list[Any], *, keys: tuple[str, ...], path: str, field: str
) -> Iterator[str]:
    # of two items with one key the later counts: so does the kubelet with environment variables
    wanted = {shapes.identity(item, keys): item for item in want}
    found = {shapes.identity(item, keys): item for item in have}
    for key, item in wanted.items():
        name = f"{path}[{key[0]}]"
        if key not in found:
            yield name
        elif not shapes.same_variable(item, found[key]):
            yield from _compared(item, found[key], path=name, field=field, parent="")
    common = [key for key in found if key in wanted]
    if field in shapes.ORDERED and len(common) == len(wanted) and common != list(wanted):
        yield f"{path} (order)"
