"""Reading the object form: an `OperatorConfiguration` with its sections.

The API server fills schema defaults into sections that are there; here they are filled into
absent sections, too, and into objects that were stored before there was such a default.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.model import validation
from workflows.model.configuration import values
from workflows.model.configuration.sections import SECTIONS, Entry, entries
from workflows.model.errors import FieldError
from workflows.model.fields import Rule

_FEWEST_POOLERS: Final = 2


def read(
    obj: Mapping[str, Any], *, operator_namespace: str
) -> tuple[dict[str, Any], list[FieldError]]:
    """Every parameter's value, and every bad one; a bad value is left out of the first."""
    given = validation.mapping(obj).get("configuration")
    if validation.too_deep(given):
        return {}, [validation.nested_too_deep("configuration")]
    root = validation.without_nulls(given)
    if not isinstance(root, dict):
        return {}, [FieldError("configuration", root, "a map, this field is required")]
    found: dict[str, Any] = {}
    errors = list(_misshapen(root))
    for entry in entries("object"):
        section = validation.mapping(root.get(entry.section)) if entry.section else root
        given = section.get(entry.name)
        try:
            found[entry.name] = _value(entry, given, operator_namespace)
        except ValueError as error:
            value = validation.HIDDEN if entry.hidden else given
            errors.append(FieldError(f"configuration.{entry.path}", value, str(error)))
    if "connection_pooler_number_of_instances" in found:
        wanted = found["connection_pooler_number_of_instances"]
        found["connection_pooler_number_of_instances"] = max(wanted, _FEWEST_POOLERS)
    return found, errors


def unknown(obj: Mapping[str, Any]) -> Iterator[str]:
    """Paths that are no parameter; an API server with our CRD has dropped them."""
    known = {entry.path for entry in entries("object")}
    root = validation.mapping(validation.mapping(obj).get("configuration"))
    for name, value in root.items():
        if name not in SECTIONS:
            if name not in known:
                yield f"configuration.{name}"
            continue
        for key in validation.mapping(value):
            if f"{name}.{key}" not in known:
                yield f"configuration.{name}.{key}"


def _misshapen(root: Mapping[str, Any]) -> Iterator[FieldError]:
    for section in SECTIONS:
        if section and not isinstance(root.get(section, {}), Mapping):
            yield FieldError(f"configuration.{section}", root[section], "a map")


def _value(entry: Entry, given: Any, operator_namespace: str) -> Any:
    declared = entry.declared
    if given is None:
        value = values.default(entry, declared.schema, operator_namespace)
    else:
        value = values.convert(entry, given, operator_namespace)
        _check(declared.accepts, given)
    stands = value or declared.zero_stands or entry.plain_type is bool
    if declared.fallback is None or (given is not None and stands) or value:
        return value
    return values.default(entry, declared.fallback, operator_namespace)


def _check(rule: Rule | None, given: Any) -> None:
    for item in given if isinstance(given, list) else [given]:
        if rule is not None and rule.refuses(item):
            raise ValueError(rule.accepted)
