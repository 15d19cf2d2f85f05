"""Whether a value has the shape of one of Kubernetes' own types, as the API server sees it.

Only types and required fields: what the values mean is for Kubernetes to judge. Objects may be
older than the schema in force, and whoever builds from them must be able to rely on shapes.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from workflows.model import core

Location = tuple[int | str, ...]

REQUIRED: Final = "a value, this field is required"
ITEM: Final = "a value, as null is no item of a list"
TEXT: Final = "a text (numbers and true/false need quotes)"
_PLAIN: Final[Mapping[str, tuple[type, str]]] = {
    "string": (str, TEXT),
    "boolean": (bool, "true or false"),
    "integer": (int, "a whole number"),
    "array": (list, "a list"),
    "object": (Mapping, "a map"),
}
_WIDTHS: Final = {"int32": 31, "int64": 63}


class Complaint(NamedTuple):
    """A part that is not as its type wants it; `value` None when it is missing."""

    location: Location
    value: Any
    accepted: str


def complaints(kind: str, value: Any) -> Iterator[Complaint]:
    """Everything that is wrong with `value` as a Kubernetes `kind`; null stands for absent."""
    yield from _node(core.definitions()[kind], value, ())


def _node(schema: Mapping[str, Any], value: Any, location: Location) -> Iterator[Complaint]:
    if "$ref" in schema:
        schema = core.definitions()[schema["$ref"]]
    if value is None:
        return
    if schema.get("x-kubernetes-int-or-string"):
        yield from _int_or_text(schema, value, location)
        return
    kind, accepted = _PLAIN[schema["type"]]
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield Complaint(location, value, accepted)
    elif isinstance(value, Mapping):
        yield from _fields(schema, value, location)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _item(schema["items"], item, (*location, index))
    elif isinstance(value, int) and not _fits(schema, value):
        yield Complaint(location, value, f"a whole number of {schema['format'][3:]} bits")


def _item(schema: Mapping[str, Any], item: Any, location: Location) -> Iterator[Complaint]:
    """Null in a list is no absence: the API server makes an empty item of it, and refuses that."""
    if item is None:
        yield Complaint(location, None, ITEM)
    else:
        yield from _node(schema, item, location)


def _fields(
    schema: Mapping[str, Any], value: Mapping[str, Any], location: Location
) -> Iterator[Complaint]:
    for name in schema.get("required", []):
        if value.get(name) is None:
            yield Complaint((*location, name), None, REQUIRED)
    known = schema.get("properties", {})
    others = schema.get("additionalProperties")
    for name, item in value.items():
        below = known.get(name, others)
        if below is not None:
            yield from _node(below, item, (*location, name))


def _int_or_text(schema: Mapping[str, Any], value: Any, location: Location) -> Iterator[Complaint]:
    pattern = schema.get("pattern", "")
    accepted = "a quantity such as 100m or 1Gi" if pattern else "a whole number or a name"
    fits = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, str):
        fits = not pattern or re.fullmatch(pattern.strip("^$"), value) is not None
    if not fits:
        yield Complaint(location, value, accepted)


def _fits(schema: Mapping[str, Any], value: int) -> bool:
    bits = _WIDTHS.get(schema.get("format", ""))
    return bits is None or -(2**bits) <= value < 2**bits
