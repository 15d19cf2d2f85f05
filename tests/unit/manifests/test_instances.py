from typing import Any

import pytest

from activities.manifests.instances import is_standby, number_of_instances
from activities.manifests.version import desired_major_version
from tests.unit.manifests.inputs import cluster, configuration

STANDBY: dict[str, Any] = {"standby": {"standby_host": "far"}}


@pytest.mark.parametrize(
    ("wanted", "parameters", "expected"),
    [
        (3, {}, 3),
        (3, {"max_instances": "2"}, 2),
        (1, {"min_instances": "2"}, 2),
        (0, {"min_instances": "1"}, 1),
        (5, {"max_instances": "0"}, 0),
        (0, {"min_instances": "0"}, 0),
    ],
)
def test_the_number_stays_within_its_bounds(
    wanted: int, parameters: dict[str, str], expected: int
) -> None:
    of = cluster(numberOfInstances=wanted)
    assert number_of_instances(of, configuration(**parameters)) == expected


def test_of_two_contradicting_bounds_the_lower_one_wins() -> None:
    under = configuration().model_copy(update={"min_instances": 3, "max_instances": 2})
    assert number_of_instances(cluster(), under) == 3


@pytest.mark.parametrize(("value", "expected"), [("true", 9), ("yes", 2)])
def test_an_annotation_lifts_the_bounds(value: str, expected: int) -> None:
    under = configuration(max_instances="2", ignore_instance_limits_annotation_key="free")
    of = cluster(annotations={"free": value}, numberOfInstances=9)
    assert number_of_instances(of, under) == expected


@pytest.mark.parametrize(("wanted", "expected"), [(0, 2), (1, 1), (3, 3)])
def test_a_standby_cluster_may_have_a_single_member(wanted: int, expected: int) -> None:
    of = cluster(numberOfInstances=wanted, **STANDBY)
    assert number_of_instances(of, configuration(min_instances="2")) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, False),
        (STANDBY, True),
        ({"env": [{"name": "STANDBY_WALE_S3_PREFIX", "value": "s3://b"}]}, True),
        ({"env": [{"name": "STANDBY_WALE_S3_PREFIX", "value": ""}]}, False),
        ({"env": [{"name": "standby_wale_s3_prefix", "value": "s3://b"}]}, False),
    ],
)
def test_a_standby_is_known_by_section_or_archive(spec: dict[str, Any], expected: bool) -> None:
    assert is_standby(cluster(**spec)) is expected


@pytest.mark.parametrize(
    ("mode", "lowest", "expected"),
    [("manual", "16", "15"), ("full", "16", "18"), ("full", "15", "15"), ("off", "16", "15")],
)
def test_only_mode_full_lifts_old_versions(mode: str, lowest: str, expected: str) -> None:
    under = configuration(
        major_version_upgrade_mode=mode, minimal_major_version=lowest, target_major_version="18"
    )
    assert desired_major_version(cluster(postgresql={"version": "15"}), under) == expected
