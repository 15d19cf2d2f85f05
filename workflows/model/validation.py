"""Between pydantic's view of a bad value and what a person is told about it."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from workflows.model.errors import FieldError

_ACCEPTED = {
    "bool_type": "true or false",
    "dict_type": "a map",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "missing": "a value, this field is required",
    "model_attributes_type": "a map",
    "model_type": "a map",
    "string_type": "a text (numbers and true/false need quotes)",
}
_SECRET = "s3_secret_access_key"
HIDDEN = "<hidden>"


def field_errors(error: ValidationError, *, below: str = "") -> list[FieldError]:
    """One FieldError per complaint of pydantic, in the order of the model's fields."""
    return [_field_error(detail, below) for detail in error.errors(include_url=False)]


def _field_error(detail: ErrorDetails, below: str) -> FieldError:
    location = [part for part in detail["loc"] if part != "[key]"]
    path = path_of(location, below=below)
    accepted = detail.get("ctx", {}).get("accepted") or _ACCEPTED.get(detail["type"])
    value = None if detail["type"] == "missing" else detail["input"]
    return FieldError(path, _shown(path, value), accepted or detail["msg"])


def _shown(path: str, value: Any) -> Any:
    """The value as it may stand in a status or an event."""
    return HIDDEN if path.endswith(_SECRET) else value


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


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is a map, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> Sequence[Any]:
    """The value if it is a list, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """The value if it is a text, else an empty one: its type is complained of elsewhere."""
    return value if isinstance(value, str) else ""
