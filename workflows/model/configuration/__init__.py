"""The operator's configuration: every parameter, declared once, read from either form."""

from workflows.model.configuration.custom_resource import unknown as unknown_fields
from workflows.model.configuration.model import Configuration, notices
from workflows.model.configuration.parameter import InfrastructureRoles, NamespacedName

__all__ = [
    "Configuration",
    "InfrastructureRoles",
    "NamespacedName",
    "notices",
    "unknown_fields",
]
