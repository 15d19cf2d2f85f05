"""The structure of a model as it appears outside: names, nesting, unknown fields."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Nesting = Literal["one", "list", "map"]


@dataclass(frozen=True)
class Part:
    """What stands below a field: nothing of ours, or a model, alone or in a list or map."""

    model: type[BaseModel] | None
    nesting: Nesting = "one"


def fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by the name they have outside."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def part(annotation: Any) -> Part:
    """Looks through `Annotated`, `X | None`, `list[X]` and `dict[str, X]`."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return part(arguments[0])
    if origin in (Union, UnionType):
        return part(next(item for item in arguments if item is not type(None)))
    if origin is list:
        return Part(part(arguments[0]).model, "list")
    if origin is dict:
        return Part(part(arguments[1]).model, "map")
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return Part(annotation if is_model else None)


def unknown(model: type[BaseModel], value: Mapping[str, Any], path: str) -> Iterator[str]:
    """Paths in `value` that the model has no field for. Kubernetes' own types are not entered."""
    known = fields(model)
    for name, item in value.items():
        below = f"{path}.{name}"
        if name not in known:
            yield below
            continue
        inner = part(known[name].annotation)
        if inner.model is not None:
            for place, child in _children(inner.nesting, item, below):
                yield from unknown(inner.model, child, place)


def _children(nesting: Nesting, item: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    found: list[tuple[str, Any]] = [(path, item)]
    if nesting == "list":
        items = item if isinstance(item, list) else []
        found = [(f"{path}[{index}]", child) for index, child in enumerate(items)]
    elif nesting == "map":
        found = [(f"{path}.{key}", child) for key, child in _items(item)]
    return ((place, child) for place, child in found if isinstance(child, Mapping))


def _items(item: Any) -> list[tuple[str, Any]]:
    return list(item.items()) if isinstance(item, Mapping) else []
