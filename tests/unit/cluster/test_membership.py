"""The members as a step sees them before it touches one."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from activities.cluster.membership import Memberships
from activities.configuration import ConfigurationSettings, ConfigurationSource
from activities.kube.client import Kube
from activities.patroni.client import Member, PatroniClient
from tests.unit.postgres.objects import Objects, config_map
from workflows.model.base import ClusterRef
from workflows.model.errors import NotYet, Unavailable
from workflows.model.members import MemberSeen, Membership
from workflows.model.orders import MembershipOrder

Object = dict[str, Any]
NAME, PLACE = "acid-c", {"namespace": "ns"}
LABELS = {"application": "spilo", "cluster-name": NAME}


class Patroni:
    """Answers at the addresses it is told."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    def config(self, address: str) -> Object:
        self.asked.append(address)
        if address not in self.addresses:
            raise Unavailable(address)
        return {"synchronous_mode": True, "maximum_lag_on_failover": 7}

    def cluster(self, address: str) -> list[Member]:
        leader = MemberSeen(name=f"{NAME}-0", role="leader", state="running")
        return [Member(leader, address)]


def pod(ordinal: int, role: str, *, revision: str = "new") -> Object:
    labels = {**LABELS, "spilo-role": role, "controller-revision-hash": revision}
    name = f"{NAME}-{ordinal}"
    return {
        "kind": "Pod",
        "metadata": {**PLACE, "name": name, "uid": name, "labels": labels},
        "spec": {"containers": []},
        "status": {"phase": "Running", "podIP": f"10.0.0.{ordinal}"},
    }


def stateful_set(*, observed: int = 3) -> Object:
    template = {"metadata": {"labels": LABELS}, "spec": {"priorityClassName": "high"}}
    return {
        "kind": "StatefulSet",
        "metadata": {**PLACE, "name": NAME, "generation": 3},
        "spec": {"template": template, "selector": {"matchLabels": LABELS}},
        "status": {"updateRevision": "new", "observedGeneration": observed},
    }


def resource() -> Object:
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {**PLACE, "name": NAME, "uid": "u"},
        "spec": {
            "teamId": "acid",
            "numberOfInstances": 2,
            "postgresql": {"version": "17"},
            "volume": {"size": "1Gi"},
        },
    }


def read(*objects: Object, patroni: Patroni) -> Membership:
    kube = Objects()
    for one in (config_map("operator"), resource(), *objects):
        kube.put(one)
    settings = ConfigurationSettings("operators", config_map="operator")
    source = ConfigurationSource(cast(Kube, kube), settings)
    memberships = Memberships(
        cast(Kube, kube), source, cast(PatroniClient, patroni), patience_seconds=0.0
    )
    return memberships.read(MembershipOrder(ref=ClusterRef(namespace="ns", name=NAME), uid="u"))


def test_pods_come_with_what_is_stale_and_members_as_the_primary_tells() -> None:
    patroni = Patroni("10.0.0.1")
    found = read(
        stateful_set(), pod(0, "replica", revision="old"), pod(1, "master"), patroni=patroni
    )
    assert [(one.name, one.stale) for one in found.pods] == [
        (f"{NAME}-0", "spec.priorityClassName"),
        (f"{NAME}-1", ""),
    ]
    assert (found.instances, found.synchronous, found.max_lag_bytes) == (2, True, 7)
    assert patroni.asked == ["10.0.0.1"]
    assert found.leader is not None


def test_nobody_leads_as_far_as_is_known_when_no_member_answers() -> None:
    patroni = Patroni()
    found = read(stateful_set(), pod(0, "replica"), pod(1, "master"), patroni=patroni)
    assert (found.members, found.leader) == ([], None)
    assert patroni.asked == ["10.0.0.1", "10.0.0.0"]


def test_it_is_too_early_before_the_newest_template_was_seen() -> None:
    with pytest.raises(NotYet, match="has not seen it yet"):
        read(stateful_set(observed=2), patroni=Patroni())
    with pytest.raises(NotYet, match="does not exist"):
        read(patroni=Patroni())


def test_members_come_with_whether_a_window_is_open() -> None:
    found = read(stateful_set(), pod(0, "master"), patroni=Patroni("10.0.0.0"))
    assert found.window_open
    moment = datetime.now(UTC) + timedelta(hours=6)
    closed = resource()
    closed["spec"]["maintenanceWindows"] = [f"{moment:%a}:{moment:%H:%M}-{moment:%H:%M}"]
    assert not read(stateful_set(), pod(0, "master"), closed, patroni=Patroni()).window_open


def test_an_invalid_manifest_keeps_as_many_members_as_there_are() -> None:
    invalid = resource()
    invalid["spec"]["numberOfInstances"] = "two"
    running = stateful_set()
    running["spec"]["replicas"] = 2
    found = read(running, pod(0, "master"), invalid, patroni=Patroni("10.0.0.0"))
    assert (found.instances, len(found.pods)) == (2, 1)
    assert found.leader is not None
