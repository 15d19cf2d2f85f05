"""Which members are to leave their node, and what that costs the API server."""

from typing import Any, cast

import pytest

from activities.cluster import pods
from activities.cluster.departures import Departures, obstacles
from activities.kube.client import Kube
from tests.unit.cluster.test_places import node, volume
from tests.unit.model.configurations import from_config_map
from tests.unit.postgres.objects import Objects
from workflows.model.errors import Forbidden
from workflows.model.members import PodSeen

Object = dict[str, Any]


def pod(name: str, on: str) -> Object:
    claim = {"persistentVolumeClaim": {"claimName": f"pgdata-{name}"}}
    return {
        "metadata": {"name": name, "namespace": "ns", "uid": name},
        "spec": {"nodeName": on, "volumes": [{"name": "pgdata", **claim}]},
        "status": {"phase": "Running"},
    }


@pytest.fixture
def kube() -> Objects:
    """Two nodes, the first one cordoned; a volume that only the first one can use."""
    found = Objects()
    for one in (node("n1", unschedulable=True), node("n2")):
        found.put({**one, "kind": "Node", "metadata": {**one["metadata"], "namespace": ""}})
    place = {"name": "pgdata-c-0", "namespace": "ns"}
    found.put({"kind": "PersistentVolumeClaim", "metadata": place, "spec": {"volumeName": "pv"}})
    bound = volume("n1")
    found.put({"kind": "PersistentVolume", **bound, "metadata": {"name": "pv", "namespace": ""}})
    return found


def marked(departures: Departures, *listed: Object) -> list[PodSeen]:
    found = [pods.seen(one, role_label="spilo-role") for one in listed]
    return departures.marked(found, listed, from_config_map())


def test_who_is_on_a_cordoned_node_is_to_leave_and_may_be_unable_to(kube: Objects) -> None:
    found = marked(Departures(cast(Kube, kube)), pod("c-0", "n1"), pod("c-1", "n2"))
    assert [(one.leaving, one.stays) for one in found] == [
        ("is cordoned", "its volume pv can't be used on another node"),
        ("", ""),
    ]
    assert obstacles(found) == [
        "c-0 can't leave n1, which is cordoned: its volume pv can't be used on another node"
    ]


def test_while_no_node_is_to_be_left_each_is_asked_for_once(kube: Objects) -> None:
    departures = Departures(cast(Kube, kube), kept_seconds=60.0)
    for _ in range(3):
        marked(departures, pod("c-0", "n2"), pod("c-1", "n2"))
    assert kube.asked == ["get Node"]
    departures.forget()
    marked(departures, pod("c-0", "n2"))
    assert kube.asked == ["get Node"] * 2


def test_without_the_right_to_see_nodes_nobody_leaves_and_it_is_asked_for_them_rarely(
    kube: Objects, caplog: pytest.LogCaptureFixture
) -> None:
    kube.broken["Node"] = Forbidden("nodes is forbidden")
    now = [0.0]
    departures = Departures(cast(Kube, kube), clock=lambda: now[0])
    with caplog.at_level("INFO"):
        for now[0] in (0.0, 299.0, 301.0):
            assert [one.leaving for one in marked(departures, pod("c-0", "n1"))] == [""]
    assert kube.asked == ["get Node"] * 2
    assert caplog.text.count("nodes is forbidden") == 1


def test_a_right_that_is_given_later_is_noticed(kube: Objects) -> None:
    kube.broken["Node"] = Forbidden("nodes is forbidden")
    now = [0.0]
    departures = Departures(cast(Kube, kube), clock=lambda: now[0])
    marked(departures, pod("c-0", "n1"))
    kube.broken.clear()
    now[0] = 301.0
    assert [one.leaving for one in marked(departures, pod("c-0", "n1"))] == ["is cordoned"]
