from typing import Any

import pytest

from activities.cloud import volumes
from activities.cloud.volumes import Properties
from tests.unit.kube.clusters import cluster, configuration

ALL = {"size": "2Gi", "type": "gp3", "iops": 4000, "throughput": 250}


def persistent_volume(annotations: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "pv", "annotations": annotations or {}}, "spec": spec}


@pytest.mark.parametrize(
    ("mode", "wanted"),
    [
        ("pvc", None),
        ("off", None),
        ("ebs", Properties(gibibytes=2)),
        ("mixed", Properties(gibibytes=2, type="gp3", iops=4000, throughput=250)),
    ],
)
def test_the_mode_says_what_ec2_is_asked_for(mode: str, wanted: Properties | None) -> None:
    found = volumes.wanted(cluster(volume=ALL), configuration(storage_resize_mode=mode))
    assert found == wanted


def test_what_any_volume_has_anyway_is_not_asked_for() -> None:
    slow = cluster(volume={"size": "1Gi", "iops": 2999, "throughput": 124})
    wanted = volumes.wanted(slow, configuration(storage_resize_mode="mixed"))
    assert wanted == Properties(gibibytes=1)


@pytest.mark.parametrize(
    ("size", "gibibytes"), [("1Gi", 1), ("1500Mi", 2), ("1G", 1), ("2048Mi", 2), ("100M", 1)]
)
def test_there_is_room_for_all_of_the_size(size: str, gibibytes: int) -> None:
    assert volumes.gibibytes(size) == gibibytes


@pytest.mark.parametrize(
    ("found", "volume"),
    [
        (persistent_volume(csi={"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}), "vol-1"),
        (persistent_volume(csi={"driver": "disk.csi.azure.com", "volumeHandle": "vol-1"}), ""),
        (
            persistent_volume(
                {"pv.kubernetes.io/provisioned-by": "kubernetes.io/aws-ebs"},
                awsElasticBlockStore={"volumeID": "aws://eu-central-1a/vol-2"},
            ),
            "vol-2",
        ),
        (persistent_volume(awsElasticBlockStore={"volumeID": "aws://eu-central-1a/vol-2"}), ""),
        (persistent_volume(hostPath={"path": "/data"}), ""),
    ],
)
def test_an_ebs_volume_is_known_from_its_persistent_volume(
    found: dict[str, Any], volume: str
) -> None:
    assert volumes.volume_id(found) == volume


@pytest.mark.parametrize(
    ("seen", "change"),
    [
        (Properties(gibibytes=2, type="gp3", iops=4000, throughput=250), {}),
        (Properties(gibibytes=9, type="gp3", iops=4000, throughput=250), {}),
        (
            Properties(gibibytes=1, type="gp2", iops=100),
            {"Size": 2, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250},
        ),
        (Properties(gibibytes=2, type="gp3", iops=3000, throughput=250), {"Iops": 4000}),
    ],
)
def test_one_modification_holds_all_that_differs_and_never_shrinks(
    seen: Properties, change: dict[str, Any]
) -> None:
    wanted = Properties(gibibytes=2, type="gp3", iops=4000, throughput=250)
    assert volumes.change(wanted, seen) == change


def test_a_volume_of_which_nothing_but_the_size_matters_keeps_the_rest() -> None:
    seen = Properties(gibibytes=1, type="io2", iops=9000)
    assert volumes.change(Properties(gibibytes=2), seen) == {"Size": 2}


def test_wishes_are_told_in_words() -> None:
    wanted = Properties(gibibytes=2, type="gp3", iops=4000, throughput=250)
    assert str(wanted) == "2 GiB, type gp3, 4000 IOPS, 250 MiB/s"
    assert volumes.in_words({"Iops": 4000}) == "4000 IOPS"


@pytest.mark.parametrize("mode", ["pvc", "ebs", "off"])
def test_speed_and_type_are_told_to_be_without_effect_where_ec2_is_not_asked_for_them(
    mode: str,
) -> None:
    found = volumes.without_effect(cluster(volume=ALL), configuration(storage_resize_mode=mode))
    assert [error.remark for error in found] == [
        f"spec.volume.{field}: {value}, where storage_resize_mode mixed instead of {mode} "
        "is expected"
        for field, value in (("type", '"gp3"'), ("iops", 4000), ("throughput", 250))
    ]


def test_numbers_that_are_too_small_to_matter_are_told() -> None:
    slow = cluster(volume={"size": "1Gi", "iops": 2999, "throughput": 125})
    found = volumes.without_effect(slow, configuration(storage_resize_mode="mixed"))
    assert [error.path for error in found] == ["spec.volume.iops"]


def test_nothing_is_told_of_an_ordinary_volume() -> None:
    assert [*volumes.without_effect(cluster(), configuration())] == []


@pytest.mark.parametrize("wish", [{"type": "gp3"}, {"iops": 4000}, {"throughput": 250}])
def test_an_attributes_class_beside_what_ec2_is_asked_for_is_a_contradiction(
    wish: dict[str, Any],
) -> None:
    both = cluster(volume={"size": "1Gi", "attributesClass": "fast", **wish})
    (error,) = volumes.contradictions(both, configuration(storage_resize_mode="mixed"))
    (field,) = wish
    assert (error.path, error.value) == ("spec.volume.attributesClass", "fast")
    assert error.accepted == f"either this or {field}, as storage_resize_mode is mixed"
    for mode in ("pvc", "ebs", "off"):
        assert volumes.contradictions(both, configuration(storage_resize_mode=mode)) == []


def test_an_attributes_class_or_wishes_alone_contradict_nothing() -> None:
    mixed = configuration(storage_resize_mode="mixed")
    classed = cluster(volume={"size": "1Gi", "attributesClass": "fast", "type": ""})
    assert volumes.contradictions(classed, mixed) == []
    assert volumes.contradictions(cluster(volume=ALL), mixed) == []
