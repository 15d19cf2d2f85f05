"""The operator's configuration as the program uses it: flat, complete, immutable."""

from collections.abc import Mapping
from typing import Any

from workflows.model.configuration import config_map, custom_resource, rules
from workflows.model.configuration.access import (
    ConnectionPooler,
    Debug,
    LoggingRestApi,
    Patroni,
    Scalyr,
    TeamsApi,
)
from workflows.model.configuration.general import (
    General,
    MajorVersionUpgrade,
    Operations,
    PostgresPodResources,
    Timeouts,
    Users,
)
from workflows.model.configuration.kubernetes import Kubernetes
from workflows.model.configuration.sections import entries
from workflows.model.configuration.storage import AwsOrGcp, LoadBalancer, LogicalBackup
from workflows.model.errors import FieldError, InvalidConfiguration


class Configuration(
    General,
    Users,
    MajorVersionUpgrade,
    Kubernetes,
    PostgresPodResources,
    Timeouts,
    Operations,
    LoadBalancer,
    AwsOrGcp,
    LogicalBackup,
    Debug,
    TeamsApi,
    LoggingRestApi,
    Scalyr,
    ConnectionPooler,
    Patroni,
):
    """One attribute per parameter, named like its ConfigMap key. Which form it came from is gone.

    Absent texts, lists and maps are empty; absent durations don't occur.
    """

    operator_namespace: str

    @classmethod
    def from_config_map(
        cls, data: Mapping[str, Any], *, operator_namespace: str
    ) -> "Configuration":
        """From the `data` of a ConfigMap; raises InvalidConfiguration with all bad values."""
        found, errors = config_map.read(data, operator_namespace=operator_namespace)
        paths = {entry.name: f"data.{entry.name}" for entry in entries("config map")}
        errors += rules.contradictions(found, paths)
        errors += rules.instance_limits(found, paths)
        return cls._of({"liveness_probe": None, **found}, errors, operator_namespace)

    @classmethod
    def from_object(cls, obj: Mapping[str, Any], *, operator_namespace: str) -> "Configuration":
        """From an `OperatorConfiguration`; raises InvalidConfiguration with all bad values."""
        found, errors = custom_resource.read(obj, operator_namespace=operator_namespace)
        paths = {entry.name: f"configuration.{entry.path}" for entry in entries("object")}
        errors += rules.contradictions(found, paths)
        return cls._of({"enable_load_balancer": False, **found}, errors, operator_namespace)

    @classmethod
    def _of(
        cls, found: dict[str, Any], errors: list[FieldError], operator_namespace: str
    ) -> "Configuration":
        if errors:
            raise InvalidConfiguration(errors)
        return cls(operator_namespace=operator_namespace, **found)
