"""Waiting for volumes: what is waited for, and what is told at once."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from activities.kube.client import Kube
from activities.kube.growth import Growth
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.base import ClusterRef
from workflows.model.errors import NotYet, Precondition
from workflows.model.orders import GrowthOrder

Object = dict[str, Any]
LABELS = {"application": "spilo", "cluster-name": "acid-c"}


class Volumes:
    """A Kubernetes of claims and their pods; a file system has the room that its claim has."""

    def __init__(self, *claims: Object, warning: str = "") -> None:
        self.claims, self.warning = list(claims), warning
        self.size = 2**30

    def list(self, kind: str, namespace: str, labels: Mapping[str, str], **_: Any) -> list[Object]:
        if kind == "Event":
            return [{"reason": "VolumeModifyFailed", "message": self.warning}] * bool(self.warning)
        if kind == "PersistentVolumeClaim":
            return self.claims
        return [{"metadata": {"name": f"acid-c-{n}"}} for n in range(2)]

    def exec(self, *_: Any, **__: Any) -> str:
        return f"header\n/dev/sda ext4 {self.size} 0 /home/postgres/pgdata\n"


def claim(number: int, asked: str = "", current: str = "", **status: Any) -> Object:
    metadata = {"name": f"pgdata-acid-c-{number}", "namespace": "ns", "uid": f"u{number}"}
    request: Object = {"resources": {"requests": {"storage": "1Gi"}}}
    found = {"phase": "Bound", "capacity": {"storage": "1Gi"}, **status}
    if asked:
        request["volumeAttributesClassName"] = asked
    if current:
        found["currentVolumeAttributesClassName"] = current
    return {"metadata": {**metadata, "labels": LABELS}, "spec": request, "status": found}


def change(status: str) -> Object:
    return {"status": status, "targetVolumeAttributesClassName": "fast"}


def wait(volumes: Volumes, wanted: str | None = "fast") -> list[str]:
    """What was told meanwhile; nothing of it lasts longer than one look."""
    told: list[str] = []
    order = GrowthOrder(ref=ClusterRef(namespace="ns", name="acid-c"), uid="u", deadline_seconds=0)
    given = {"size": "1Gi"} | ({"attributesClass": wanted} if wanted else {})
    growth = Growth(
        cast(Kube, volumes),
        order,
        cluster=cluster(volume=given),
        configuration=configuration(),
        tell=told.append,
    )
    growth.run()
    return told


def test_nothing_is_waited_for_once_all_used_volumes_have_the_class() -> None:
    assert wait(Volumes(claim(0, "fast", "fast"), claim(1, "fast", "fast"), claim(2, "fast"))) == []


def test_a_volume_without_the_class_is_waited_for_with_the_words_of_its_status() -> None:
    slow = claim(1, "fast", "slow", modifyVolumeStatus=change("InProgress"))
    with pytest.raises(NotYet, match=r"pgdata-acid-c-1 has not got .* fast: InProgress"):
        wait(Volumes(claim(0, "fast", "fast"), slow))


def test_a_refusal_is_told_at_once_with_the_drivers_event() -> None:
    refused = [claim(n, "fast", modifyVolumeStatus=change("Infeasible")) for n in range(2)]
    with pytest.raises(Precondition) as raised:
        wait(Volumes(*refused, warning="too fast"))
    for number in range(2):
        assert f"refuses it for pgdata-acid-c-{number}; VolumeModifyFailed" in str(raised.value)


def test_what_the_claim_tells_itself_needs_no_event() -> None:
    said = [{"type": "ModifyVolumeError", "status": "True", "message": "too fast"}]
    refused = claim(0, "fast", modifyVolumeStatus=change("Infeasible"), conditions=said)
    with pytest.raises(Precondition, match=r"pgdata-acid-c-0; ModifyVolumeError: too fast$"):
        wait(Volumes(refused, warning="of another time"))


def test_others_are_seen_through_before_a_refusal_is_told() -> None:
    refused = claim(0, "fast", modifyVolumeStatus=change("Infeasible"))
    with pytest.raises(NotYet, match="pgdata-acid-c-1"):
        wait(Volumes(refused, claim(1, "fast", modifyVolumeStatus=change("InProgress"))))


def test_a_class_that_nobody_wants_or_that_was_not_asked_for_is_not_waited_for() -> None:
    stuck = claim(0, "fast", modifyVolumeStatus=change("Infeasible"))
    assert wait(Volumes(stuck), wanted=None) == []
    assert wait(Volumes(stuck), wanted="another") == []


def test_a_file_system_that_stayed_a_little_behind_its_volume_is_waited_for() -> None:
    volumes = Volumes(claim(0), claim(1))
    volumes.size = 820 << 20
    with pytest.raises(NotYet, match="acid-c-0: its file system has 820 of 1024 MiB"):
        wait(volumes, wanted=None)


def test_what_can_not_be_seen_of_a_file_system_is_not_waited_for() -> None:
    volumes = Volumes(claim(0))
    volumes.exec = lambda *_, **__: "df: not found"  # type: ignore[method-assign]
    assert wait(volumes, wanted=None) == []
