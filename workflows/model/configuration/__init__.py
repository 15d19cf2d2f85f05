"""The operator's configuration: every parameter, declared once, read from either form."""

from workflows.model.configuration.custom_resource import unknown as unknown_fields
from workflows.model.configuration.model import Configuration
from workflows.model.configuration.parameter import InfrastructureRoles, NamespacedName
from workflows.model.configuration.remarks import doubts, notices

__all__ = [
    "Configuration",
    "InfrastructureRoles",
    "NamespacedName",
    "doubts",
    "notices",
    "unknown_fields",
]
