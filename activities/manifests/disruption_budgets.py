"""How many pods an eviction may take: the primary never, nor any during a critical operation."""

from typing import Any

from activities.manifests.metadata import (
    Manifest,
    inherited_annotations,
    object_labels,
    owned,
    role_selector,
    selector_labels,
)
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql


def primary(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Keeps the primary, or without the role in its selector as many members as commits need."""
    selector = (
        role_selector(cluster, configuration, Role.MASTER)
        if configuration.pdb_master_label_selector
        else selector_labels(cluster, configuration)
    )
    return _budget(
        names.primary_budget(cluster.metadata.name, configuration.pdb_name_format),
        cluster=cluster,
        configuration=configuration,
        selector=selector,
        budget={"minAvailable": _members_needed(cluster, configuration)},
    )


def critical(*, cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Keeps every pod that is marked as being in the middle of something, as a major upgrade."""
    return _budget(
        names.critical_budget(cluster.metadata.name),
        cluster=cluster,
        configuration=configuration,
        selector={**selector_labels(cluster, configuration), names.CRITICAL_OPERATION: "true"},
        budget={"maxUnavailable": "100%" if _relaxed(cluster, configuration) else 0},
    )


def _relaxed(cluster: Postgresql, configuration: Configuration) -> bool:
    off = not configuration.enable_pod_disruption_budget
    return off or cluster.spec.number_of_instances <= 0


def _members_needed(cluster: Postgresql, configuration: Configuration) -> int:
    if _relaxed(cluster, configuration):
        return 0
    patroni = cluster.spec.patroni
    if configuration.pdb_master_label_selector or not patroni.synchronous_mode_strict:
        return 1
    # Patroni wants one synchronous replica when the manifest names no number
    return (patroni.synchronous_node_count or 1) + 1


def _budget(
    name: str,
    *,
    cluster: Postgresql,
    configuration: Configuration,
    selector: dict[str, str],
    budget: dict[str, Any],
) -> Manifest:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": owned(
            name,
            cluster=cluster,
            configuration=configuration,
            labels=object_labels(cluster, configuration),
            annotations=inherited_annotations(cluster, configuration),
        ),
        "spec": {**budget, "selector": {"matchLabels": selector}},
    }
