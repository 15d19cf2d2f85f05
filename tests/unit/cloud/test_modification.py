"""Modifying volumes: against a stand-in for EC2, and with answers that it never gives."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import boto3
import pytest
from botocore.stub import Stubber

from activities.cloud.ec2 import Ec2, connected
from activities.cloud.modification import Modifying
from activities.kube.client import Kube
from tests.field.ec2 import REGION, Ec2Server
from tests.unit.cloud.kube import FakeKube
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.orders import CloudVolumes

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
GP3 = {"size": "2Gi", "type": "gp3", "iops": 4000, "throughput": 250}
SMALL_GP2 = {"Size": 1, "VolumeType": "gp2"}


@pytest.fixture
def kube() -> FakeKube:
    return FakeKube()


def modify(
    kube: FakeKube,
    *,
    mode: str = "mixed",
    volume: dict[str, Any] | None = None,
    ec2: Callable[[str], Ec2] = connected,
    now: datetime = NOW,
    seconds: float = 60.0,
    told: list[str] | None = None,
) -> CloudVolumes:
    modifying = Modifying(
        kube=cast(Kube, kube),
        ec2=ec2,
        cluster=cluster(volume=GP3 if volume is None else volume),
        configuration=configuration(storage_resize_mode=mode, aws_region=REGION),
        tell=(told if told is not None else []).append,
        now=lambda: now,
        pause=0.0,
    )
    return modifying.run(deadline_seconds=seconds)


def test_size_type_and_speed_are_one_modification(aws: Ec2Server, kube: FakeKube) -> None:
    volume = aws.volume()
    claim = kube.claim(0, volume)
    result = modify(kube)
    assert aws.has(volume) == {"Size": 2, "VolumeType": "gp3", "Iops": 4000, "Throughput": 250}
    assert aws.modifications(volume) == 1
    told = f"{volume} of {claim} is to have 2 GiB, type gp3, 4000 IOPS, 250 MiB/s"
    assert result == CloudVolumes(changed=[told])
    assert kube.done(claim)


def test_a_second_run_asks_for_nothing(aws: Ec2Server, kube: FakeKube) -> None:
    volume = aws.volume()
    claim = kube.claim(0, volume)
    modify(kube)
    assert modify(kube) == CloudVolumes()
    kube.objects["PersistentVolumeClaim", claim]["metadata"].pop("annotations")
    assert modify(kube) == CloudVolumes()
    assert aws.modifications(volume) == 1
    assert kube.done(claim)


def test_a_volume_that_is_larger_stays_so(aws: Ec2Server, kube: FakeKube) -> None:
    volume = aws.volume(size=9, VolumeType="gp3", Iops=4000, Throughput=250)
    claim = kube.claim(0, volume, size="9Gi")
    assert modify(kube) == CloudVolumes()
    assert (aws.has(volume)["Size"], aws.modifications(volume)) == (9, 0)
    assert kube.done(claim)


def test_a_volume_that_is_missing_keeps_no_other_from_being_modified(
    aws: Ec2Server, kube: FakeKube
) -> None:
    volume = aws.volume()
    lost, there = kube.claim(0, "vol-0123456789abcdef0"), kube.claim(1, volume)
    modify(kube)
    assert kube.refused(lost).startswith("2026-01-31T12:30:00Z EC2 knows no volume vol-0123")
    assert (aws.has(volume)["Size"], kube.done(there), kube.done(lost)) == (2, True, False)


def test_what_is_no_ebs_volume_is_told_once(aws: Ec2Server, kube: FakeKube) -> None:
    claim = kube.claim(0, "disk", driver="disk.csi.azure.com")
    told = f"{claim} is on no EBS volume: EC2 can't give it 2 GiB, type gp3, 4000 IOPS, 250 MiB/s"
    assert modify(kube) == CloudVolumes(problems=[told])
    assert modify(kube) == CloudVolumes()


def test_what_is_no_ebs_volume_grows_by_its_claim_without_a_word(kube: FakeKube) -> None:
    kube.claim(0, "disk", driver="disk.csi.azure.com")
    assert modify(kube, volume={"size": "2Gi"}) == CloudVolumes()


def test_marks_on_claims_are_not_taken_for_annotations_that_nobody_wants(
    aws: Ec2Server, kube: FakeKube
) -> None:
    kube.claim(0, aws.volume())
    modify(kube)
    assert kube.managers == ["postgres-operator-volumes"]


# ------------------------------------------------------------------------------- without claims


def test_by_ec2_alone_volume_file_system_and_capacity_grow(aws: Ec2Server, kube: FakeKube) -> None:
    volume = aws.volume(VolumeType="gp2")
    claim = kube.claim(0, volume)
    kube.room["acid-c-0"] = 2 << 30
    modify(kube, mode="ebs")
    assert aws.has(volume) == {"Size": 2, "VolumeType": "gp2"}
    assert kube.ran == ["acid-c-0: resize2fs /dev/xvdb"]
    assert (kube.capacity(0), kube.done(claim)) == ("2Gi", True)


def test_a_file_system_that_stayed_behind_is_grown_at_the_next_try(
    aws: Ec2Server, kube: FakeKube
) -> None:
    volume = aws.volume()
    claim = kube.claim(0, volume)
    modify(kube, mode="ebs")
    assert kube.refused(claim).startswith("2026-01-31T12:05:00Z acid-c-0: its file system has 0 of")
    assert (kube.capacity(0), kube.done(claim)) == ("1Gi", False)
    kube.room["acid-c-0"] = 2 << 30
    modify(kube, mode="ebs", now=NOW + timedelta(minutes=6))
    assert (kube.capacity(0), kube.done(claim), kube.refused(claim)) == ("2Gi", True, "")
    assert aws.modifications(volume) == 1


def test_a_volume_with_the_room_is_left_alone(kube: FakeKube) -> None:
    claim = kube.claim(0, "vol-1", size="2Gi")
    kube.objects["PersistentVolumeClaim", claim].pop("status")
    assert modify(kube, mode="ebs") == CloudVolumes()
    assert (kube.ran, kube.done(claim)) == ([], True)


# ------------------------------------------------------- answers that the stand-in does not give


@pytest.fixture
def stubbed(aws: Ec2Server) -> Iterator[Stubber]:
    stubber = Stubber(boto3.session.Session().client("ec2", region_name=REGION))
    with stubber:
        yield stubber
    stubber.assert_no_pending_responses()


def volume_is(stubbed: Stubber, size: int) -> None:
    found = [{"VolumeId": "vol-1", "Size": size, "VolumeType": "gp3"}]
    stubbed.add_response("describe_volumes", {"Volumes": found})


def modification_is(stubbed: Stubber, *told: dict[str, Any]) -> None:
    stubbed.add_response("describe_volumes_modifications", {"VolumesModifications": [*told]})


def asked(stubbed: Stubber, before: Sequence[dict[str, Any]] = ()) -> None:
    volume_is(stubbed, 1)
    modification_is(stubbed, *before)
    stubbed.add_response("modify_volume", {}, {"VolumeId": "vol-1", "Size": 2})


def grow(kube: FakeKube, stubbed: Stubber, **given: Any) -> CloudVolumes:
    kube.claim(0, "vol-1")
    ec2 = Ec2(stubbed.client)
    return modify(kube, volume={"size": "2Gi"}, ec2=lambda region: ec2, **given)


def test_a_modification_is_waited_for_until_it_is_in_use(kube: FakeKube, stubbed: Stubber) -> None:
    asked(stubbed)
    modification_is(stubbed)  # EC2 may take a moment to know of it
    volume_is(stubbed, 1)
    under_way = {"TargetSize": 2, "Progress": 40}
    modification_is(stubbed, {"ModificationState": "modifying", **under_way})
    modification_is(stubbed, {"ModificationState": "optimizing", **under_way})
    volume_is(stubbed, 2)
    told: list[str] = []
    grow(kube, stubbed, told=told)
    assert kube.done("pgdata-acid-c-0")
    assert told[1:] == ["vol-1 has not got 2 GiB yet", "vol-1 is being modified (40 %)"]


def test_a_modification_under_way_is_not_asked_for_again(kube: FakeKube, stubbed: Stubber) -> None:
    volume_is(stubbed, 1)
    for state in ("modifying", "optimizing"):
        modification_is(stubbed, {"ModificationState": state, "TargetSize": 2})
    volume_is(stubbed, 2)
    assert grow(kube, stubbed) == CloudVolumes()
    assert kube.done("pgdata-acid-c-0")


def test_one_that_takes_long_is_looked_at_again_later(kube: FakeKube, stubbed: Stubber) -> None:
    asked(stubbed)
    modification_is(stubbed, {"ModificationState": "modifying", "Progress": 1})
    grow(kube, stubbed, seconds=0.0)
    told = "2026-01-31T12:05:00Z vol-1 is being modified (1 %)"
    assert kube.refused("pgdata-acid-c-0") == told


@pytest.mark.parametrize(
    ("last", "next_try"),
    [
        ({"StartTime": NOW - timedelta(hours=2)}, "2026-01-31T16:00:00Z"),
        (
            {"StartTime": NOW - timedelta(hours=3), "EndTime": NOW - timedelta(hours=1)},
            "2026-01-31T17:00:00Z",
        ),
        ({"EndTime": NOW - timedelta(hours=9)}, "2026-01-31T12:30:00Z"),
    ],
)
def test_too_soon_after_the_last_modification_the_next_try_is_six_hours_after_its_end(
    kube: FakeKube, stubbed: Stubber, last: dict[str, Any], next_try: str
) -> None:
    volume_is(stubbed, 1)
    modification_is(stubbed, {"ModificationState": "completed", **last})
    stubbed.add_client_error(
        "modify_volume",
        service_error_code="VolumeModificationRateExceeded",
        service_message="wait",
        http_status_code=400,
    )
    assert grow(kube, stubbed) == CloudVolumes()
    told = f"{next_try} EC2: wait (VolumeModificationRateExceeded)"
    assert kube.refused("pgdata-acid-c-0") == told
    assert grow_again(kube, stubbed) == CloudVolumes()  # EC2 is not asked before its time


def grow_again(kube: FakeKube, stubbed: Stubber) -> CloudVolumes:
    ec2 = Ec2(stubbed.client)
    return modify(kube, volume={"size": "2Gi"}, ec2=lambda region: ec2)


def test_a_modification_that_fails_is_told_in_the_words_of_ec2(
    kube: FakeKube, stubbed: Stubber
) -> None:
    before = {"ModificationState": "failed", "StatusMessage": "old", "StartTime": NOW}
    asked(stubbed, [before])
    modification_is(stubbed, before)  # that of long ago is no answer
    volume_is(stubbed, 1)
    modification_is(stubbed, before | {"StatusMessage": "no room", "StartTime": datetime.now(UTC)})
    volume_is(stubbed, 1)
    grow(kube, stubbed)
    told = "2026-01-31T12:30:00Z EC2 failed to modify vol-1: no room"
    assert kube.refused("pgdata-acid-c-0") == told
