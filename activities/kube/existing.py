"""The child objects that are there, one request for each kind."""

from collections.abc import Iterable, Mapping

from activities.kube.client import Kube, Object

Existing = dict[tuple[str, str], Object]


def listed(
    kube: Kube,
    kinds: Iterable[str],
    *,
    namespace: str,
    labels: Mapping[str, str],
    fresh: bool = False,
) -> Existing:
    """By kind and name."""
    return {
        (kind, str(found["metadata"]["name"])): found
        for kind in dict.fromkeys(kinds)
        for found in kube.list(kind, namespace, labels, fresh=fresh)
    }


def is_going(found: Object) -> bool:
    """Whether it is being deleted, so that it can't be brought to anything."""
    return bool(found["metadata"].get("deletionTimestamp"))


def name_of(manifest: Mapping[str, object]) -> str:
    """`Kind/name`, as results name objects."""
    metadata = manifest["metadata"]
    assert isinstance(metadata, Mapping)
    return f"{manifest['kind']}/{metadata['name']}"
