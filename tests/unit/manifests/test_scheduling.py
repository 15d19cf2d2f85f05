from typing import Any

import pytest

from tests.unit.manifests.inputs import cluster, configuration, pod
from workflows.model.configuration import Configuration

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"

NVME = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["nvme"]}]}
READY = [
    {"key": "a", "operator": "In", "values": ["1"]},
    {"key": "b", "operator": "In", "values": ["2"]},
]


def affinity(given: dict[str, Any] | None, under: Configuration) -> dict[str, Any]:
    spec: dict[str, Any] = {} if given is None else {"nodeAffinity": given}
    found: dict[str, Any] = pod(cluster(**spec), under).get("affinity", {})
    return found


def ready(merge: str) -> Configuration:
    return configuration(node_readiness_label="b:2,a:1", node_readiness_label_merge=merge)


def test_there_is_none_by_default() -> None:
    assert affinity(None, configuration()) == {}


def test_readiness_labels_stand_in_a_fixed_order() -> None:
    term = {"nodeSelectorTerms": [{"matchExpressions": READY}]}
    assert affinity(None, ready("OR")) == {"nodeAffinity": {REQUIRED: term}}


@pytest.mark.parametrize(
    ("merge", "terms"),
    [
        ("OR", [NVME, {"matchExpressions": READY}]),
        ("AND", [{"matchExpressions": [*NVME["matchExpressions"], *READY]}]),
        ("", [NVME]),
    ],
)
def test_readiness_labels_are_merged_with_the_manifests_terms(
    merge: str, terms: list[dict[str, Any]]
) -> None:
    given: dict[str, Any] = {REQUIRED: {"nodeSelectorTerms": [NVME]}}
    found = affinity(given, ready(merge))
    assert found["nodeAffinity"][REQUIRED]["nodeSelectorTerms"] == terms


def test_preferences_of_the_manifest_are_kept() -> None:
    given: dict[str, Any] = {PREFERRED: [{"weight": 1, "preference": NVME}]}
    found = affinity(given, ready("OR"))["nodeAffinity"]
    assert found[PREFERRED] == given[PREFERRED]
    assert found[REQUIRED] == {"nodeSelectorTerms": [{"matchExpressions": READY}]}


TERM = {
    "labelSelector": {
        "matchLabels": {"application": "spilo", "cluster-name": "acid-main", "team": "acid"}
    },
    "topologyKey": "zone",
}


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        ("false", {REQUIRED: [TERM]}),
        ("true", {PREFERRED: [{"weight": 1, "podAffinityTerm": TERM}]}),
    ],
)
def test_members_keep_apart(preferred: str, expected: dict[str, Any]) -> None:
    under = configuration(
        enable_pod_antiaffinity="true",
        pod_antiaffinity_topology_key="zone",
        pod_antiaffinity_preferred_during_scheduling=preferred,
    )
    assert affinity(None, under) == {"podAntiAffinity": expected}
    both = affinity({REQUIRED: {"nodeSelectorTerms": [NVME]}}, under)
    assert both.keys() == {"nodeAffinity", "podAntiAffinity"}


def test_the_configurations_toleration_is_for_clusters_without_any() -> None:
    under = configuration(toleration="key:db,operator:Exists,effect:NoSchedule")
    assert pod(under=under)["tolerations"] == [
        {"key": "db", "operator": "Exists", "effect": "NoSchedule"}
    ]
    own = [{"key": "own", "operator": "Exists"}]
    assert pod(cluster(tolerations=own), under)["tolerations"] == own


def test_constraints_are_copied_as_they_are() -> None:
    given = [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}]
    assert pod(cluster(topologySpreadConstraints=given))["topologySpreadConstraints"] == given
