"""Reading the ConfigMap form: flat keys, every value a text.

A missing key takes the default; a key that is there and empty takes Go's zero value, not the
default. Unknown keys have no effect.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from workflows.model import golang, yamltext
from workflows.model.configuration import values
from workflows.model.configuration.parameter import InfrastructureRoles, NamespacedName
from workflows.model.configuration.sections import Entry, entries
from workflows.model.errors import FieldError
from workflows.model.validation import HIDDEN
from workflows.model.windows import is_window

# keys that an infrastructure role's only definition may have in this form
_ROLE_KEYS: Final = (
    "secretname",
    "userkey",
    "passwordkey",
    "rolekey",
    "defaultuservalue",
    "defaultrolevalue",
)
_ROLE_NAMESPACE: Final = "default"


def read(
    data: Mapping[str, Any], *, operator_namespace: str
) -> tuple[dict[str, Any], list[FieldError]]:
    """Every parameter's value, and every bad one; a bad value is left out of the first."""
    found: dict[str, Any] = {}
    errors: list[FieldError] = []
    for entry in entries("config map"):
        try:
            found[entry.name] = _value(entry, data, operator_namespace)
        except ValueError as error:
            value = HIDDEN if entry.hidden else data.get(entry.name)
            errors.append(FieldError(f"data.{entry.name}", value, str(error)))
    return found, errors


def skipped_windows(data: Mapping[str, Any]) -> list[str]:
    """Windows that `read` leaves out because they are malformed."""
    text = data.get("maintenance_windows")
    return [one for one in _split(text) if not is_window(one)] if text else []


def _value(entry: Entry, data: Mapping[str, Any], operator_namespace: str) -> Any:
    if entry.name not in data:
        return values.default(entry, entry.declared.config_map, operator_namespace)
    text = values.text(data[entry.name])
    if not text:
        return _empty(entry)
    value = _decode(entry, text, operator_namespace)
    return _checked(entry, value)


def _empty(entry: Entry) -> Any:
    if entry.plain_type is timedelta:
        raise ValueError("a duration such as 30s or 5m; without the key the default is used")
    return _checked(entry, values.empty_of(entry))


def _checked(entry: Entry, value: Any) -> Any:
    rule = entry.declared.accepts_text
    for item in value if isinstance(value, list) else [value]:
        if rule is not None and rule.refuses(item):
            raise ValueError(rule.accepted)
    return value


def _decode(entry: Entry, text: str, operator_namespace: str) -> Any:
    if entry.plain_type is NamespacedName:
        return NamespacedName.parse(text, default_namespace=operator_namespace)
    if entry.name == "maintenance_windows":
        return [window for window in _split(text) if is_window(window)]
    if entry.plain_type == list[str] and entry.declared.accepts_text is not None:
        return _words(text)
    value = _DECODERS[entry.plain_type](text)
    return values.in_range(entry, value) if entry.plain_type is int else value


def _split(text: str) -> list[str]:
    return text.split(",")


def _words(text: str) -> list[str]:
    """Of a list that this operator alone has: blanks around a word and empty ones mean nothing."""
    return [word for item in _split(text) if (word := item.strip())]


def pairs(text: str) -> dict[str, str]:
    """`key:value,key:value`; a comma inside quotes does not part, and the quotes stay."""
    accepted = "pairs such as key:value,key:value, with one `:` each"
    found: dict[str, str] = {}
    for item in _outside_quotes(text):
        parts = item.strip(" \t").split(":")
        if len(parts) != 2:
            raise ValueError(accepted)
        found[parts[0]] = parts[1]
    return found


def _outside_quotes(text: str) -> list[str]:
    pieces, quote = [""], ""
    for character in text:
        if character in "\"'" and quote in ("", character):
            quote = "" if quote else character
        if character == "," and not quote:
            pieces.append("")
        else:
            pieces[-1] += character
    if quote:
        raise ValueError(f"a closing {quote} for every opening one")
    return pieces


def _only_role(text: str) -> list[InfrastructureRoles]:
    accepted = f"one role as key:value,key:value with keys {', '.join(_ROLE_KEYS)}"
    definition: dict[str, Any] = {}
    for item in text.split(","):
        key, colon, value = item.partition(":")
        if not colon or key.strip() not in _ROLE_KEYS:
            raise ValueError(accepted)
        definition[key.strip()] = value.strip()
    return [values.infrastructure_roles(definition, default_namespace=_ROLE_NAMESPACE)]


def _containers(text: str) -> list[dict[str, Any]]:
    return values.objects(yamltext.read(text))


_DECODERS: Final[dict[Any, Callable[[str], Any]]] = {
    bool: golang.boolean,
    int: golang.integer,
    str: str,
    timedelta: golang.duration,
    list[str]: _split,
    dict[str, str]: pairs,
    list[dict[str, Any]]: _containers,
    list[InfrastructureRoles]: _only_role,
}
