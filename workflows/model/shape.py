"""The structure of a model as it appears outside: names, nesting, unknown fields."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Nesting = Literal["one", "list", "map"]
_NEAR = 0.75
_LONGEST_NAME = 64


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


@dataclass(frozen=True)
class Stray:
    """A field that does not exist, and the name of one that may have been meant."""

    path: str
    meant: str = ""

    def __str__(self) -> str:
        return f"{self.path} (did you mean {self.meant}?)" if self.meant else self.path


def unknown(
    model: type[BaseModel],
    value: Mapping[str, Any],
    path: str,
    *,
    renamed: Mapping[str, str] | None = None,
) -> Iterator[Stray]:
    """What stands in `value` and the model has no field for; `renamed` are old names and new.

    Kubernetes' own types are not entered.
    """
    known = fields(model)
    for name, item in value.items():
        below = f"{path}.{name}"
        if name not in known:
            yield Stray(below, (renamed or {}).get(name) or meant(name, known))
            continue
        inner = part(known[name].annotation)
        if inner.model is not None:
            for place, child in _children(inner.nesting, item, below):
                yield from unknown(inner.model, child, place)


def meant(name: str, known: Iterable[str]) -> str:
    """The known name that is nearest, regardless of case and `_`; none if none is near."""
    plain = {_plain(one): one for one in known}
    near = get_close_matches(_plain(name), plain, n=1, cutoff=_NEAR)
    return plain[near[0]] if near else ""


def _plain(name: str) -> str:
    return name[:_LONGEST_NAME].replace("_", "").lower()


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
