"""Between pydantic's view of a bad value and what a person is told about it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflows.model import embedded
from workflows.model.errors import FieldError

_ACCEPTED = {
    "bool_type": "true or false",
    "dict_type": "a map",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "missing": embedded.REQUIRED,
    "model_attributes_type": "a map",
    "model_type": "a map",
    "string_type": embedded.TEXT,
}
_SECRET = re.compile(r"\.(s3_secret_access_key|env\b.*)$")
"""Places of what should not be repeated: a password in the environment may lack its quotes."""
HIDDEN = "<hidden>"
DEEPEST: Final = 100


def field_errors(error: ValidationError, *, below: str = "") -> list[FieldError]:
    """One FieldError per complaint of pydantic, in the order of the model's fields."""
    return [_field_error(detail, below) for detail in error.errors(include_url=False)]


def _field_error(detail: ErrorDetails, below: str) -> FieldError:
    location = [part for part in detail["loc"] if part != "[key]"]
    path = path_of(location, below=below)
    accepted = detail.get("ctx", {}).get("accepted") or _ACCEPTED.get(detail["type"])
    value = None if detail["type"] == "missing" else detail["input"]
    return FieldError(path, shown(path, value), accepted or detail["msg"])


def shown(path: str, value: Any) -> Any:
    """The value as it may stand in a status or an event."""
    told = value is not None and not isinstance(value, Mapping)
    return HIDDEN if told and _SECRET.search(path) else value


def path_of(location: Sequence[int | str], *, below: str = "") -> str:
    """`spec.users.app[0]`, the way the API server writes it."""
    path = below
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f".{part}" if path else part
    return path


def without_nulls(value: Any) -> Any:
    """A copy whose maps have no null members: the API server drops those, too."""
    if isinstance(value, Mapping):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def too_deep(value: Any) -> bool:
    """Whether a value is nested deeper than anything Kubernetes knows; walks would not end well."""
    level = [value]
    for _ in range(DEEPEST):
        level = [below for item in level for below in _inside(item)]
        if not level:
            return False
    return True


def nested_too_deep(path: str) -> FieldError:
    return FieldError(path, "...", f"at most {DEEPEST} levels of nesting")


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, Mapping):
        return item.values()
    return item if isinstance(item, list) else ()


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a map, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The value if it is a text, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, str) else ""
