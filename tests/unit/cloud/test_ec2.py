"""The client against a stand-in that speaks the protocol, and answers that one never gives."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from activities.cloud.ec2 import Ec2, Modification, Regions, TooSoon, connected
from activities.cloud.volumes import Properties
from tests.field.ec2 import DUMMY, REGION, Ec2Server
from workflows.model.errors import (
    Forbidden,
    MatriarchError,
    NotFound,
    Precondition,
    Unavailable,
)

STARTED = datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_a_volume_is_described(aws: Ec2Server) -> None:
    volume = aws.volume(size=3, VolumeType="gp3", Iops=4000, Throughput=250)
    found = connected(REGION).volume(volume)
    assert found == Properties(gibibytes=3, type="gp3", iops=4000, throughput=250)


def test_an_unknown_volume_is_not_found(aws: Ec2Server) -> None:
    with pytest.raises(NotFound, match=f"no volume vol-0123456789abcdef0 in {REGION}"):
        connected(REGION).volume("vol-0123456789abcdef0")
    with pytest.raises(NotFound):
        connected(REGION).modify("vol-0123456789abcdef0", {"Size": 2})


def test_a_volume_is_modified_and_the_last_modification_is_told(aws: Ec2Server) -> None:
    ec2, volume = connected(REGION), aws.volume(size=1, VolumeType="gp2")
    assert ec2.last_modification(volume) is None
    ec2.modify(volume, {"Size": 2, "VolumeType": "gp3"})
    ec2.modify(volume, {"Iops": 4000})
    last = ec2.last_modification(volume)
    assert last is not None
    assert (last.state, last.target.iops, last.progress) == ("completed", 4000, 100)
    assert last.started is not None and last.ended is not None
    assert aws.has(volume) == {"Size": 2, "VolumeType": "gp3", "Iops": 4000}


def test_a_region_is_asked_for_its_own_volumes(aws: Ec2Server) -> None:
    volume = aws.volume()
    regions = Regions()
    assert regions(REGION) is regions(REGION)
    with pytest.raises(NotFound, match="eu-west-1"):
        regions("eu-west-1").volume(volume)


def test_an_ec2_that_is_not_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {**DUMMY, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(Unavailable, match="EC2: Could not connect"):
        connected(REGION).volume("vol-1")


def test_who_has_no_credentials_is_told_so(
    aws: Ec2Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(Forbidden, match="Unable to locate credentials"):
        connected(REGION).volume("vol-1")


def test_a_region_that_is_none_is_told(aws: Ec2Server) -> None:
    with pytest.raises(Precondition, match="can't be asked in 'not a region'"):
        connected("not a region")


# ------------------------------------------------------- answers that the stand-in does not give


@pytest.fixture
def stubbed(aws: Ec2Server) -> Stubber:
    stubber = Stubber(boto3.session.Session().client("ec2", region_name=REGION))
    stubber.activate()
    return stubber


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("VolumeModificationRateExceeded", 400, TooSoon),
        ("IncorrectModificationState", 400, TooSoon),
        ("UnauthorizedOperation", 403, Forbidden),
        ("ExpiredToken", 400, Forbidden),
        ("RequestLimitExceeded", 503, Unavailable),
        ("Unheard", 500, Unavailable),
        ("InvalidVolume.NotFound", 400, NotFound),
        ("InvalidParameterCombination", 400, Precondition),
    ],
)
def test_refusals_are_told_apart(
    stubbed: Stubber, code: str, status: int, error: type[MatriarchError]
) -> None:
    stubbed.add_client_error(
        "modify_volume",
        service_error_code=code,
        service_message="it is so",
        http_status_code=status,
    )
    with pytest.raises(MatriarchError, match=rf"EC2: it is so \({code}\)") as raised:
        Ec2(stubbed.client).modify("vol-1", {"Size": 2})
    assert type(raised.value) is error


def test_of_several_modifications_the_one_that_began_last_counts(stubbed: Stubber) -> None:
    told = [
        {"ModificationState": "failed", "StatusMessage": "no", "StartTime": STARTED},
        {"ModificationState": "completed", "StartTime": STARTED.replace(hour=9)},
    ]
    stubbed.add_response("describe_volumes_modifications", {"VolumesModifications": told})
    last = Ec2(stubbed.client).last_modification("vol-1")
    assert last is not None
    assert (last.state, last.message, last.started) == ("failed", "no", STARTED)


@pytest.mark.parametrize(
    ("state", "foreseen"), [("modifying", 2), ("optimizing", 2), ("completed", 1), ("failed", 1)]
)
def test_what_a_modification_under_way_brings_is_foreseen(state: str, foreseen: int) -> None:
    modification = Modification(state=state, target=Properties(gibibytes=2))
    found = modification.foreseen(Properties(gibibytes=1, type="gp2"))
    assert found == Properties(gibibytes=foreseen, type="gp2")
