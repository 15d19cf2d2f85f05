"""From the written form of a value to its Python type, one function per type.

Each raises ValueError with what would have been accepted. Both forms of the configuration share
them; what is special to the ConfigMap form is in `config_map`.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

from workflows.model import golang
from workflows.model.configuration.parameter import InfrastructureRoles, NamespacedName
from workflows.model.configuration.sections import Entry

T = TypeVar("T")
ROLE_KEYS: Final = tuple(InfrastructureRoles.model_fields)


def empty_of(entry: Entry) -> Any:
    """What an absent value is: None where the model knows it, else Go's zero value."""
    return None if entry.optional else _EMPTY[entry.plain_type]()


def default(entry: Entry, declared: Any, operator_namespace: str) -> Any:
    """A layer's default in its Python type; None declares none."""
    if declared is None:
        return empty_of(entry)
    return convert(entry, declared, operator_namespace)


def convert(entry: Entry, written: Any, operator_namespace: str) -> Any:
    """A value as JSON has it, in its Python type."""
    kind = entry.plain_type
    if kind is NamespacedName:
        return namespaced_name(written, operator_namespace) if written else None
    if kind == list[InfrastructureRoles]:
        items = _checked(written, list, "a list of maps")
        return [infrastructure_roles(one, default_namespace=operator_namespace) for one in items]
    value = _CONVERTERS[kind](written)
    return in_range(entry, value) if kind is int else value


def in_range(entry: Entry, value: int) -> int:
    """As many bits as the original had."""
    limit = 2**31 if entry.declared.integer_format == "int32" else 2**63
    if not -limit <= value < limit:
        raise ValueError(f"a whole number from {-limit} to {limit - 1}")
    return value


def text(value: Any) -> str:
    return _checked(value, str, "a text (numbers and true/false need quotes)")


def boolean(value: Any) -> bool:
    return _checked(value, bool, "true or false")


def integer(value: Any) -> int:
    if isinstance(value, bool):
        raise ValueError("a whole number")
    return _checked(value, int, "a whole number")


def duration(value: Any) -> timedelta:
    return golang.duration(text(value))


def texts(value: Any) -> list[str]:
    return [text(item) for item in _checked(value, list, "a list of texts")]


def labels(value: Any) -> dict[str, str]:
    accepted = "a map of texts"
    pairs = _checked(value, dict, accepted)
    return {_checked(key, str, accepted): text(item) for key, item in pairs.items()}


def objects(value: Any) -> list[dict[str, Any]]:
    accepted = "a list of maps"
    return [_checked(item, dict, accepted) for item in _checked(value, list, accepted)]


def open_object(value: Any) -> dict[str, Any]:
    return _checked(value, dict, "a map")


def namespaced_name(value: Any, default_namespace: str) -> NamespacedName:
    return NamespacedName.parse(text(value), default_namespace=default_namespace)


def infrastructure_roles(value: Any, *, default_namespace: str) -> InfrastructureRoles:
    """One definition as a map; keys that are not known are passed over."""
    known = {key: item for key, item in open_object(value).items() if key in ROLE_KEYS}
    name = namespaced_name(known.pop("secretname", ""), default_namespace)
    template = boolean(known.pop("template", False))
    others = {key: text(item) for key, item in known.items()}
    return InfrastructureRoles(secretname=name, template=template, **others)


def _checked(value: Any, kind: type[T], accepted: str) -> T:
    if not isinstance(value, kind):
        raise ValueError(accepted)
    return value


_EMPTY: Final[dict[Any, Callable[[], Any]]] = {
    bool: bool,
    int: int,
    str: str,
    timedelta: timedelta,
    list[str]: list,
    dict[str, str]: dict,
    list[dict[str, Any]]: list,
    list[InfrastructureRoles]: list,
}
_CONVERTERS: Final[dict[Any, Callable[[Any], Any]]] = {
    bool: boolean,
    int: integer,
    str: text,
    timedelta: duration,
    list[str]: texts,
    dict[str, str]: labels,
    dict[str, Any]: open_object,
    list[dict[str, Any]]: objects,
}
