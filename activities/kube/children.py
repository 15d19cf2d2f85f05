"""Which objects are children of a cluster, told from the objects themselves.

Never from memory: what an operator of another time or make has left is found as well. Labels
alone are not enough, as people copy them onto objects of their own.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.operations import Stage

STAGES: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.STATEFUL_SET: ("StatefulSet",),
    Stage.PODS: ("Pod",),
    Stage.VOLUME_CLAIMS: ("PersistentVolumeClaim",),
    Stage.SECRETS: ("Secret",),
    Stage.DISRUPTION_BUDGETS: ("PodDisruptionBudget",),
    Stage.SERVICES: ("Service",),
    Stage.PATRONI_OBJECTS: ("Service", "ConfigMap", "Endpoints"),
}
"""Kinds that each stage of a deletion deletes; the last stage deletes nothing."""


def selector(ref: ClusterRef, configuration: Configuration) -> dict[str, str]:
    """Labels that all children carry."""
    return {**configuration.cluster_labels, configuration.cluster_name_label: ref.name}


def belongs(
    stage: Stage,
    kind: str,
    child: Mapping[str, Any],
    *,
    ref: ClusterRef,
    configuration: Configuration,
) -> bool:
    """Whether an object with the cluster's labels is to be deleted in this stage."""
    name = str(child["metadata"]["name"])
    if stage is Stage.STATEFUL_SET:
        return name == names.stateful_set(ref.name)
    if stage is Stage.PODS:
        return _numbered(name, names.pod(ref.name, 0))
    if stage is Stage.VOLUME_CLAIMS:
        return _numbered(name, names.volume_claim(ref.name, 0))
    if stage is Stage.SECRETS:
        return is_credentials(name, ref, configuration) or _is_ours(child)
    if stage is Stage.DISRUPTION_BUDGETS:
        return name in _budgets(ref, configuration) or _is_ours(child)
    if stage is Stage.SERVICES:
        return name in _services(ref)
    if stage is Stage.PATRONI_OBJECTS:
        return name in _patroni_objects(kind, ref)
    return False


def is_credentials(name: str, ref: ClusterRef, configuration: Configuration) -> bool:
    """Whether a Secret has a name such as we give those of this cluster's roles."""
    user = "\N{SNOWMAN}"
    template = names.credentials_secret(
        user,
        cluster=ref.name,
        namespace=ref.namespace,
        template=configuration.secret_name_template,
    )
    pattern = re.escape(template).replace(re.escape(user), "[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
    return user in template and re.fullmatch(pattern, name) is not None


def _numbered(name: str, first: str) -> bool:
    """Whether `name` differs from `first` only in the number at its end."""
    return re.fullmatch(re.escape(first.removesuffix("0")) + r"\d+", name) is not None


def _is_ours(child: Mapping[str, Any]) -> bool:
    """Written by this operator or Zalando's, which use the same manager name."""
    entries = child["metadata"].get("managedFields") or []
    return any(entry.get("manager") == names.FIELD_MANAGER for entry in entries)


def _budgets(ref: ClusterRef, configuration: Configuration) -> set[str]:
    primary = names.primary_budget(ref.name, configuration.pdb_name_format)
    return {primary, names.critical_budget(ref.name)}


def _services(ref: ClusterRef) -> set[str]:
    return {names.service(ref.name, role) for role in Role}


def _patroni_objects(kind: str, ref: ClusterRef) -> set[str]:
    """Patroni's own, and Endpoints that stay behind when their service goes."""
    if kind == "Service":
        return {names.config_service(ref.name)}
    objects = set(names.patroni_objects(ref.name, config_maps=kind == "ConfigMap"))
    return objects if kind == "ConfigMap" else objects | _services(ref)
