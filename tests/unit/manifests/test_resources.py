from typing import Any

import pytest

from activities.manifests import resources
from activities.manifests.resources import Wishes
from tests.unit.manifests.inputs import cluster, configuration, container
from workflows.model.configuration import Configuration

DEFAULTS: dict[str, Any] = {
    "default_cpu_request": "100m",
    "default_memory_request": "100Mi",
    "default_cpu_limit": "1",
    "default_memory_limit": "500Mi",
}


def built(wished: dict[str, Any] | None = None, **parameters: str) -> dict[str, Any]:
    spec: dict[str, Any] = {} if wished is None else {"resources": wished}
    return resources.of_database(cluster(**spec), configuration(**parameters))


def test_nothing_is_set_when_nobody_sets_it() -> None:
    assert built() == {}


def test_defaults_fill_what_the_manifest_leaves_open() -> None:
    wished = {"requests": {"cpu": "200m"}, "limits": {"memory": "1Gi"}}
    assert built(wished, **DEFAULTS) == {
        "requests": {"cpu": "200m", "memory": "100Mi"},
        "limits": {"cpu": "1", "memory": "1Gi"},
    }


@pytest.mark.parametrize("none", ["0", "null", ""])
def test_a_default_can_be_a_way_to_say_none(none: str) -> None:
    assert "cpu" not in built(**{**DEFAULTS, "default_cpu_limit": none})["limits"]


def test_zero_in_the_manifest_is_filled_by_the_default() -> None:
    assert built({"limits": {"cpu": "0"}}, **DEFAULTS)["limits"]["cpu"] == "1"


def test_huge_pages_come_from_the_manifest_only() -> None:
    wished = {"requests": {"hugepages-2Mi": "128Mi"}, "limits": {"hugepages-1Gi": "1024Mi"}}
    assert built(wished) == {
        "requests": {"hugepages-2Mi": "128Mi"},
        "limits": {"hugepages-1Gi": "1Gi"},
    }


def test_a_limit_below_the_minimum_is_raised_and_told() -> None:
    bounds = configuration(**DEFAULTS, min_cpu_limit="2", min_memory_limit="100Mi")
    assert resources.of_database(cluster(), bounds)["limits"] == {"cpu": "2", "memory": "500Mi"}
    assert resources.raised_limits(cluster(), bounds) == ["cpu limit 1 is raised to the minimum 2"]


def test_no_limit_counts_as_zero_and_is_raised() -> None:
    assert built(min_memory_limit="250Mi") == {"limits": {"memory": "250Mi"}}


def test_a_limit_below_its_request_becomes_the_request() -> None:
    wished = {"requests": {"cpu": "3", "memory": "1Gi"}}
    assert built(wished, **DEFAULTS)["limits"] == {"cpu": "3", "memory": "1Gi"}


def test_the_memory_request_can_be_raised_to_the_limit() -> None:
    found = built(**DEFAULTS, set_memory_request_to_limit="true")
    assert found["requests"] == {"cpu": "100m", "memory": "500Mi"}


def test_no_request_for_memory_is_raised_to_the_limit_too() -> None:
    limits = {"memory": "1Gi"}
    found = built({"limits": limits}, set_memory_request_to_limit="true")
    assert found == {"requests": {"memory": "1Gi"}, "limits": limits}
    assert built({"requests": limits}, set_memory_request_to_limit="true") == {"requests": limits}


def test_the_cap_on_requests_wins_over_everything() -> None:
    found = built(
        {"requests": {"cpu": "4"}},
        **DEFAULTS,
        set_memory_request_to_limit="true",
        max_cpu_request="2",
        max_memory_request="300Mi",
    )
    assert found == {
        "requests": {"cpu": "2", "memory": "300Mi"},
        "limits": {"cpu": "4", "memory": "500Mi"},
    }


BYPASS: dict[str, str] = {
    **DEFAULTS,
    "min_cpu_limit": "2",
    "max_memory_request": "50Mi",
    "ignore_resources_limits_annotation_key": "unbounded",
}


@pytest.mark.parametrize(("value", "bounded"), [("true", False), ("True", True), ("", True)])
def test_an_annotation_lifts_the_bounds(value: str, bounded: bool) -> None:
    bounds: Configuration = configuration(**BYPASS)
    of = cluster(annotations={"unbounded": value})
    limit = resources.of_database(of, bounds)["limits"]["cpu"]
    assert limit == ("2" if bounded else "1")
    assert bool(resources.raised_limits(of, bounds)) is bounded


def test_sidecars_have_defaults_but_no_bounds() -> None:
    bounds = configuration(**DEFAULTS, min_cpu_limit="2", max_memory_request="50Mi")
    assert resources.of_sidecar(Wishes({"memory": "600Mi"}, {}), bounds) == {
        "requests": {"cpu": "100m", "memory": "600Mi"},
        "limits": {"cpu": "1", "memory": "600Mi"},
    }


def test_the_database_container_has_them() -> None:
    assert container("postgres", under=configuration(**DEFAULTS))["resources"] == {
        "requests": {"cpu": "100m", "memory": "100Mi"},
        "limits": {"cpu": "1", "memory": "500Mi"},
    }
