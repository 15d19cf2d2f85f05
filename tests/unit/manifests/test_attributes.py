"""What a claim says of its attributes class, in each state that Kubernetes knows."""

from typing import Any

import pytest

from activities.manifests import attributes

Claim = dict[str, Any]


def claim(asked: str | None = "fast", current: str | None = None, **status: Any) -> Claim:
    spec = {"volumeAttributesClassName": asked} if asked else {}
    has = {"currentVolumeAttributesClassName": current} if current else {}
    return {
        "metadata": {"name": "pgdata-acid-0"},
        "spec": spec,
        "status": {"phase": "Bound", **has, **status},
    }


def changing(status: str, target: str = "fast") -> Claim:
    return {"status": status, "targetVolumeAttributesClassName": target}


def complaining(message: str) -> list[Claim]:
    return [
        {"type": "ModifyingVolume", "status": "True", "message": "failed. Waiting for retry."},
        {"type": "ModifyVolumeError", "status": "True", "message": message},
    ]


def test_a_volume_that_has_the_class_lacks_nothing() -> None:
    assert attributes.lack(claim(current="fast")) == ""
    assert attributes.lack(claim(asked=None)) == ""


def test_a_claim_without_a_volume_yet_is_not_waited_for() -> None:
    assert attributes.lack(claim(phase="Pending")) == ""


def test_one_that_may_never_get_a_volume_with_the_class_of_before_says_what_helps() -> None:
    told = attributes.hindrance(claim("refused", phase="Pending"), "fast")
    assert "asks for attributes class refused" in told
    assert told.endswith("delete it and its pod")
    for found in (claim("fast", phase="Pending"), claim(None, phase="Pending"), claim("refused")):
        assert attributes.hindrance(found, "fast") == ""


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (None, "no storage driver has taken it up"),
        (changing("Pending", ""), "Pending, as the class is not there"),
        (changing("InProgress"), "InProgress"),
        (changing("Infeasible", "another"), "no storage driver has taken it up"),
    ],
)
def test_one_that_has_not_says_how_far_it_is(change: Claim | None, state: str) -> None:
    found = claim(current="slow", modifyVolumeStatus=change)
    assert attributes.lack(found) == f"pgdata-acid-0 has not got attributes class fast: {state}"
    assert attributes.refusal(found) == ""
    assert attributes.is_under_way(found) is (state == "InProgress")


def test_what_the_driver_said_is_passed_on() -> None:
    found = claim(modifyVolumeStatus=changing("InProgress"), conditions=complaining("too soon"))
    assert attributes.lack(found).endswith(": InProgress; ModifyVolumeError: too soon")


def test_a_refusal_names_the_field_and_what_the_driver_said() -> None:
    found = claim(modifyVolumeStatus=changing("Infeasible"), conditions=complaining("too fast"))
    assert attributes.refusal(found) == (
        "spec.volume.attributesClass fast can't be had: the storage driver refuses it "
        "for pgdata-acid-0; ModifyVolumeError: too fast"
    )


def test_who_goes_back_to_the_class_that_is_there_is_reminded_of_no_refusal() -> None:
    found = claim(current="fast", modifyVolumeStatus=changing("Infeasible", "refused"))
    assert (attributes.refusal(found), attributes.lack(found)) == ("", "")
