from typing import Any

import pytest

from activities.manifests import claims
from tests.unit.kube.clusters import cluster, configuration


def claim(size: str) -> dict[str, Any]:
    return {"kind": "PersistentVolumeClaim", **claims.request(size)}


@pytest.mark.parametrize(
    ("requested", "size", "smaller", "larger"),
    [
        ("1Gi", "2Gi", True, False),
        ("2Gi", "1Gi", False, True),
        ("1Gi", "1024Mi", False, False),
        ("1G", "1Gi", True, False),
        ("500Mi", "700Mi", True, False),
    ],
)
def test_sizes_are_compared_as_amounts(
    requested: str, size: str, smaller: bool, larger: bool
) -> None:
    found = claim(requested)
    assert (claims.is_smaller(found, size), claims.is_larger(found, size)) == (smaller, larger)


@pytest.mark.parametrize("mode", ["pvc", "mixed"])
def test_claims_are_to_ask_for_what_the_manifest_says(mode: str) -> None:
    wanted = cluster(volume={"size": "3Gi"})
    assert claims.wanted_size(wanted, configuration(storage_resize_mode=mode)) == "3Gi"


@pytest.mark.parametrize("mode", ["ebs", "off"])
def test_claims_stay_as_they_are_where_volumes_are_resized_otherwise(mode: str) -> None:
    assert claims.wanted_size(cluster(), configuration(storage_resize_mode=mode)) is None


def growing(requested: str, capacity: str | None, *conditions: dict[str, str]) -> dict[str, Any]:
    has = {"capacity": {"storage": capacity}} if capacity else {}
    status = {**has, "conditions": list(conditions)}
    return claim(requested) | {"metadata": {"name": "pgdata-acid-0"}, "status": status}


def test_a_volume_that_has_what_was_asked_for_has_nothing_to_grow() -> None:
    assert claims.growth(growing("2Gi", "2Gi")) == ""
    assert claims.growth(growing("2Gi", "2048Mi")) == ""


def test_one_that_is_not_bound_yet_grows_to_nothing() -> None:
    assert claims.growth(growing("2Gi", None)) == ""


def test_one_that_grows_says_how_far_it_is_and_what_kubernetes_says_of_it() -> None:
    pending = {"type": "FileSystemResizePending", "status": "True", "message": "waiting for a pod"}
    over = {"type": "Resizing", "status": "False"}
    told = claims.growth(growing("2Gi", "1Gi", pending, over))
    assert told == "pgdata-acid-0 has 1Gi of 2Gi; FileSystemResizePending: waiting for a pod"


@pytest.mark.parametrize(
    ("size", "may"), [("3Gi", True), ("5Gi", False), ("1Gi", False), ("500Mi", False)]
)
def test_what_could_not_be_had_may_be_asked_for_less_of(size: str, may: bool) -> None:
    assert claims.may_ask_for_less(growing("5Gi", "1Gi"), size) is may


def test_a_volume_is_not_made_smaller_and_a_request_not_taken_back_to_what_is_there() -> None:
    assert "can't shrink" in claims.shrinking(growing("5Gi", "5Gi"), "1Gi")
    told = claims.shrinking(growing("5Gi", "1Gi"), "1Gi")
    assert "has asked for 5Gi and has 1Gi" in told
    assert "more than 1Gi" in told
