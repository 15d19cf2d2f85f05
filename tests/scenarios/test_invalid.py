"""Bad input is refused at its field; what runs is left alone, and the next good edit heals."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from tests.field.cluster import Cluster
from tests.field.waiting import until
from tests.scenarios.conftest import Create

GOOD = {"maintenanceWindows": None, "tolerations": None, "numberOfInstances": 1}


def refusal(cluster: Cluster) -> Mapping[str, Any]:
    """The condition that says what is wrong with the newest generation."""

    def told() -> Mapping[str, Any] | None:
        valid = cluster.conditions().get("Valid", {})
        newest = valid.get("observedGeneration") == cluster.resource()["metadata"]["generation"]
        return valid if newest and valid["status"] == "False" else None

    return until("the verdict", told)


def warned(cluster: Cluster, field: str) -> bool:
    found = cluster.kubectl.list("events")
    return any(field in event["message"] for event in found if event["type"] == "Warning")


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"maintenanceWindows": ["03:00-02:00"]}, "spec.maintenanceWindows[0]"),
        ({"tolerations": [{"operator": "Maybe"}]}, "tolerations[0].operator"),
    ],
    ids=["by-our-rules", "by-those-of-kubernetes"],
)
def test_an_invalid_manifest_names_the_field_and_creates_nothing(
    create: Create, spec: dict[str, Any], field: str
) -> None:
    cluster = create("acid-bad", **spec)
    assert field in refusal(cluster)["message"]
    assert cluster.word == "CreateFailed"
    until("an event", partial(warned, cluster, field))
    for kind in ("statefulsets", "services", "secrets"):
        assert cluster.kubectl.list(kind) == []


def test_a_name_of_64_characters_is_refused_before_anything_is_made(create: Create) -> None:
    cluster = create("acid-" + "x" * 59)
    assert "metadata.name" in refusal(cluster)["message"]
    assert cluster.kubectl.list("services") == []


def test_invalid_edits_leave_a_running_cluster_untouched_and_a_good_one_heals(
    create: Create,
) -> None:
    cluster = create()
    cluster.until_running()
    before = untouched(cluster)
    for spec, field in (
        ({"maintenanceWindows": ["03:00-02:00"], "numberOfInstances": 3}, "maintenanceWindows[0]"),
        ({**GOOD, "tolerations": [{"operator": "Maybe"}], "numberOfInstances": 3}, "tolerations"),
    ):
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": spec})
        assert field in refusal(cluster)["message"]
        assert cluster.word == "UpdateFailed"
        until("an event", partial(warned, cluster, field))
        assert untouched(cluster) == before
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": GOOD})
    cluster.until_running()
    assert cluster.conditions()["Valid"]["status"] == "True"
    assert untouched(cluster) == before
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"users": {"late": []}}})
    cluster.until_running()
    assert cluster.superuser("select count(*) from pg_roles where rolname = 'late'").strip() == "1"


def untouched(cluster: Cluster) -> tuple[Any, list[str]]:
    """What an edit that is refused must not change: the StatefulSet and its pods."""
    stateful_set = cluster.kubectl.get("statefulset", cluster.name)
    assert stateful_set
    return stateful_set["spec"], [pod["metadata"]["uid"] for pod in cluster.pods()]
