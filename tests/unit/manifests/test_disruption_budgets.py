from typing import Any

import pytest

from activities.manifests import disruption_budgets
from tests.unit.manifests.inputs import cluster, configuration

CLUSTER = {"application": "spilo", "cluster-name": "acid-main"}


def primary(spec: dict[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    of = cluster(**(spec or {}))
    return disruption_budgets.primary(cluster=of, configuration=configuration(**parameters))


def critical(spec: dict[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    of = cluster(**(spec or {}))
    return disruption_budgets.critical(cluster=of, configuration=configuration(**parameters))


def test_the_primary_is_kept() -> None:
    found = primary()
    assert found["metadata"]["name"] == "postgres-acid-main-pdb"
    assert found["spec"] == {
        "minAvailable": 1,
        "selector": {"matchLabels": {**CLUSTER, "spilo-role": "master"}},
    }


def test_pods_in_a_critical_operation_are_kept() -> None:
    found = critical()
    assert found["metadata"]["name"] == "postgres-acid-main-critical-op-pdb"
    assert found["spec"] == {
        "maxUnavailable": 0,
        "selector": {"matchLabels": {**CLUSTER, "critical-operation": "true"}},
    }


@pytest.mark.parametrize(
    ("spec", "parameters"),
    [({"numberOfInstances": 0}, {}), ({}, {"enable_pod_disruption_budget": "false"})],
)
def test_budgets_are_relaxed_not_removed(spec: dict[str, Any], parameters: dict[str, str]) -> None:
    assert primary(spec, **parameters)["spec"]["minAvailable"] == 0
    assert critical(spec, **parameters)["spec"]["maxUnavailable"] == "100%"


def test_the_number_of_the_manifest_counts_not_the_clamped_one() -> None:
    assert primary({"numberOfInstances": 1}, max_instances="0")["spec"]["minAvailable"] == 1


def test_the_name_follows_the_template() -> None:
    assert primary(pdb_name_format="{cluster}-keep")["metadata"]["name"] == "acid-main-keep"


@pytest.mark.parametrize(
    ("patroni", "needed"),
    [
        ({}, 1),
        ({"synchronous_mode": True}, 1),
        ({"synchronous_mode_strict": True}, 2),
        ({"synchronous_mode_strict": True, "synchronous_node_count": 1}, 2),
        ({"synchronous_mode_strict": True, "synchronous_node_count": 2}, 3),
    ],
)
def test_without_the_role_as_many_members_are_kept_as_commits_need(
    patroni: dict[str, Any], needed: int
) -> None:
    found = primary({"patroni": patroni}, pdb_master_label_selector="false")["spec"]
    assert found == {"minAvailable": needed, "selector": {"matchLabels": CLUSTER}}
    assert primary({"patroni": patroni})["spec"]["minAvailable"] == 1
