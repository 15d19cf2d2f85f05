"""`/config/`: what is in force, in the shape Zalando's operator shows it. Pure."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from activities.configuration import ConfigurationSettings
from activities.postgres.infrastructure import InfrastructureRole
from activities.postgres.role import Origin
from matriarch.rest.masking import MASK
from workflows.model.configuration import Configuration


def shown(
    configuration: Configuration,
    *,
    settings: ConfigurationSettings,
    controller_id: str,
    roles: Iterable[InfrastructureRole],
) -> dict[str, Any]:
    """Two parts: what the process was told, and what the configuration says."""
    return {
        "controller": {
            "Namespace": settings.operator_namespace,
            "ConfigMapName": settings.config_map,
            "ControllerID": controller_id,
            "InfrastructureRoles": {
                role.name: _role(role, namespace=settings.operator_namespace) for role in roles
            },
        },
        "operator": {
            go_name(name): _value(getattr(configuration, name))
            for name in type(configuration).model_fields
        },
    }


def go_name(parameter: str) -> str:
    """`watched_namespace` as `WatchedNamespace`."""
    return "".join(part.capitalize() for part in parameter.split("_"))


def _role(role: InfrastructureRole, *, namespace: str) -> dict[str, Any]:
    """Exactly these fields: Zalando's tests compare them."""
    return {
        "Name": role.name,
        "Namespace": "",
        "Password": MASK if role.password else "",
        "Flags": list(role.flags) or None,
        "MemberOf": list(role.description.inrole) or None,
        "Parameters": dict(role.description.db_parameters) or None,
        "AdminRole": role.description.admin_role,
        "Origin": int(Origin.INFRASTRUCTURE),
        "IsDbOwner": False,
        "Deleted": False,
        "Rotated": False,
        "Degraded": False,
    }


def _value(value: Any) -> Any:
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value
