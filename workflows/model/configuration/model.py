"""The operator's configuration as the program uses it: flat, complete, immutable."""

from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model import yamltext
from workflows.model.configuration import config_map, custom_resource
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
    PostgresPodResources,
    Timeouts,
    Users,
)
from workflows.model.configuration.kubernetes import Kubernetes
from workflows.model.configuration.sections import Entry, entries
from workflows.model.configuration.storage import AwsOrGcp, LoadBalancer, LogicalBackup
from workflows.model.errors import FieldError, InvalidConfiguration

_DEFINITIONS = {
    "pod_service_account_definition": "ServiceAccount",
    "pod_service_account_role_binding_definition": "RoleBinding",
}


class Configuration(
    General,
    Users,
    MajorVersionUpgrade,
    Kubernetes,
    PostgresPodResources,
    Timeouts,
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
        errors += _contradictions(found, paths)
        errors += _instance_limits(found, paths)
        return cls._of({"liveness_probe": None, **found}, errors, operator_namespace)

    @classmethod
    def from_object(cls, obj: Mapping[str, Any], *, operator_namespace: str) -> "Configuration":
        """From an `OperatorConfiguration`; raises InvalidConfiguration with all bad values."""
        found, errors = custom_resource.read(obj, operator_namespace=operator_namespace)
        paths = {entry.name: f"configuration.{entry.path}" for entry in entries("object")}
        errors += _contradictions(found, paths)
        return cls._of({"enable_load_balancer": False, **found}, errors, operator_namespace)

    @classmethod
    def _of(
        cls, found: dict[str, Any], errors: list[FieldError], operator_namespace: str
    ) -> "Configuration":
        if errors:
            raise InvalidConfiguration(errors)
        return cls(operator_namespace=operator_namespace, **found)


def notices(data: Mapping[str, Any]) -> list[FieldError]:
    """What is accepted but has no effect, in the `data` of a ConfigMap."""
    known = {entry.name: entry for entry in entries("config map")}
    unknown = [key for key in data if key not in known]
    found = [
        FieldError(f"data.{key}", data[key], "a parameter of this operator") for key in unknown
    ]
    if "enable_load_balancer" in data:
        found.append(
            FieldError(
                "data.enable_load_balancer",
                data["enable_load_balancer"],
                "enable_master_load_balancer and enable_replica_load_balancer",
            )
        )
    found += [_odd(entry, data) for entry in known.values() if _is_odd(entry, data)]
    windows = config_map.skipped_windows(data)
    found += [FieldError("data.maintenance_windows", one, "a window") for one in windows]
    return found


def _is_odd(entry: Entry, data: Mapping[str, Any]) -> bool:
    """A word that none of the parameter's words is: it goes through, with an unclear effect."""
    rule = entry.declared.accepts
    value = data.get(entry.name)
    return bool(value and rule and "enum" in rule.schema and rule.refuses(value))


def _odd(entry: Entry, data: Mapping[str, Any]) -> FieldError:
    rule = entry.declared.accepts
    return FieldError(f"data.{entry.name}", data[entry.name], rule.accepted if rule else "")


def _contradictions(found: Mapping[str, Any], paths: Mapping[str, str]) -> Iterator[FieldError]:
    pooler, superuser = found.get("connection_pooler_user"), found.get("super_username")
    if pooler is not None and pooler == superuser:
        yield FieldError(
            paths["connection_pooler_user"], pooler, "a role other than `super_username`"
        )
    for name, kind in _DEFINITIONS.items():
        definition = found.get(name)
        if definition and not _defines(definition, kind):
            yield FieldError(paths[name], definition, f"a {kind} as YAML or JSON")


def _instance_limits(found: Mapping[str, Any], paths: Mapping[str, str]) -> Iterator[FieldError]:
    fewest, most = found.get("min_instances", -1), found.get("max_instances", -1)
    if fewest > most > 0:
        yield FieldError(paths["min_instances"], fewest, f"at most `max_instances`, {most}")


def _defines(definition: str, kind: str) -> bool:
    try:
        value = yamltext.read(definition)
    except ValueError:
        return False
    return isinstance(value, dict) and value.get("kind") == kind
