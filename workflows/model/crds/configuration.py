"""The schema of `OperatorConfiguration`, from the parameters' declarations."""

from datetime import timedelta
from typing import Any, Final

from workflows.model import core
from workflows.model.configuration.parameter import InfrastructureRoles, NamespacedName
from workflows.model.configuration.sections import SECTIONS, Entry, entries

_TEXT: Final = {"type": "string"}
_ROLES: Final = {
    "secretname": "Secret to read, as `namespace/name` or `name`",
    "userkey": "Key of the role's name",
    "passwordkey": "Key of the password",
    "rolekey": "Key of the group",
    "defaultuservalue": "The role's name when the Secret has none",
    "defaultrolevalue": "The group when the Secret has none",
    "details": "Key of a description of the role, in YAML",
}


def configuration() -> dict[str, Any]:
    """The schema of `configuration`."""
    top: dict[str, Any] = {}
    sections: dict[str, dict[str, Any]] = {name: {} for name in SECTIONS if name}
    for entry in entries("object"):
        place = sections[entry.section] if entry.section else top
        place[entry.name] = _schema(entry)
    for name, properties in sections.items():
        top[name] = {"type": "object", "properties": properties}
    return {
        "type": "object",
        "description": "Parameters of the operator; a change takes effect without a restart",
        "properties": top,
    }


def _schema(entry: Entry) -> dict[str, Any]:
    declared = entry.declared
    schema = {"description": declared.effect, **_typed(entry)}
    rule = dict(declared.accepts.schema) if declared.accepts else {}
    if "items" in schema:
        schema["items"] = {**schema["items"], **rule}
    else:
        schema.update(rule)
    if declared.schema is not None:
        schema["default"] = declared.schema
    return schema


def _typed(entry: Entry) -> dict[str, Any]:
    kind = entry.plain_type
    if kind is bool:
        return {"type": "boolean"}
    if kind is int:
        width = entry.declared.integer_format
        return {"type": "integer", **({"format": width} if width else {})}
    if kind in (str, timedelta, NamespacedName):
        return dict(_TEXT)
    if kind == list[str]:
        return {"type": "array", "items": dict(_TEXT)}
    if kind == dict[str, str]:
        return {"type": "object", "additionalProperties": dict(_TEXT)}
    if kind == list[InfrastructureRoles]:
        return {"type": "array", "items": _infrastructure_roles()}
    if kind == dict[str, Any]:
        return core.schema("Probe")
    return {"type": "array", "items": _open_object()}


def _open_object() -> dict[str, Any]:
    return {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def _infrastructure_roles() -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": "string", "description": text} for name, text in _ROLES.items()
    }
    properties["template"] = {
        "type": "boolean",
        "description": "The keys hold numbered roles, not one",
    }
    return {"type": "object", "properties": properties}
