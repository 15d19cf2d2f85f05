"""Nodes are emptied while an application writes."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.field.cluster import Cluster
from tests.field.kubectl import Manifest
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.field.writer import Writer
from tests.scenarios.conftest import Create

MOVABLE = {"size": "1Gi", "storageClass": "movable"}
Cordon = Callable[[str], None]


@pytest.fixture
def cordon(platform: Platform) -> Iterator[Cordon]:
    """Cordons nodes for the time of the test."""
    cordoned: list[str] = []

    def cordon(node: str) -> None:
        cordoned.append(node)
        platform.kubectl("cordon", node)

    yield cordon
    for node in cordoned:
        platform.kubectl("uncordon", node)


@pytest.fixture
def taint(platform: Platform) -> Iterator[Cordon]:
    """Taints nodes as the cluster autoscaler does, for the time of the test."""
    key, tainted = "ToBeDeletedByClusterAutoscaler", list[str]()

    def taint(node: str) -> None:
        tainted.append(node)
        platform.kubectl("taint", "node", node, f"{key}=1:NoSchedule")

    yield taint
    for node in tainted:
        platform.kubectl("taint", "node", node, f"{key}-")


def test_a_drained_node_empties_and_no_row_is_lost(
    create: Create, cordon: Cordon, platform: Platform
) -> None:
    cluster = _running(create, instances=2, volume=MOVABLE)
    primary = cluster.primary()
    node = _node(cluster, primary)
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        cordon(node)
        platform.kubectl("drain", node, *_only(cluster), within=180)
        until("the node is empty", lambda: node not in _nodes(cluster) and len(_nodes(cluster)))
        until("another member leads", lambda: cluster.primary() != primary)
        cluster.until_running()
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    assert writer.lost() == []
    cluster.until_streaming(1)
    assert _drains(cluster) == ["Succeeded"]


@pytest.mark.full
def test_a_primary_whose_volume_is_bound_to_the_node_hands_over_and_its_pod_stays(
    create: Create, cordon: Cordon
) -> None:
    cluster = _running(create, instances=2)
    primary = cluster.primary()
    uid = _pod(cluster, primary)["metadata"]["uid"]
    with Writer(cluster) as writer:
        cordon(_node(cluster, primary))
        until("another member leads", lambda: cluster.primary() != primary)
        told = until("why it stays", lambda: cluster.conditions().get("Nodes"))
        assert f"{primary} can't leave" in told["message"]
        assert "can't be used on another node" in told["message"]
        cluster.until_running()
    assert writer.lost() == []
    assert _pod(cluster, primary)["metadata"]["uid"] == uid


@pytest.mark.full
def test_a_single_member_leaves_a_node_that_an_autoscaler_removes(
    create: Create, taint: Cordon
) -> None:
    cluster = _running(create, instances=1, volume=MOVABLE)
    cluster.login("create table kept as select 1 as one")
    node = _node(cluster, cluster.primary())
    taint(node)
    until("it has moved", lambda: _nodes(cluster) and node not in _nodes(cluster), within=120)
    cluster.until_running()
    assert cluster.login("select one from kept").strip() == "1"


@pytest.mark.full
def test_outside_of_a_maintenance_window_the_primary_waits_visibly(
    create: Create, cordon: Cordon
) -> None:
    day = datetime.now(UTC) + timedelta(days=3)
    cluster = _running(
        create, instances=2, volume=MOVABLE, maintenanceWindows=[f"{day:%a}:01:00-02:00"]
    )
    opens = f"{day:%Y-%m-%d}T01:00:00Z"
    assert cluster.status["nextWindow"] == opens
    primary, replica = cluster.primary(), cluster.replica()
    left = _node(cluster, replica)
    cordon(left)
    until("the replica has moved", lambda: _node(cluster, replica) not in ("", left), within=120)
    cluster.until_running()
    cordon(_node(cluster, primary))
    until("what it waits for", lambda: opens in cluster.conditions()["Synced"]["message"])
    assert cluster.primary() == primary
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"maintenanceWindows": None}})
        until("another member leads", lambda: cluster.primary() != primary, within=120)
        cluster.until_running()
    assert writer.lost() == []


def _running(create: Create, *, instances: int, **spec: Any) -> Cluster:
    cluster = create(instances=instances, **spec)
    cluster.until_running()
    cluster.until_streaming(instances - 1)
    return cluster


def _only(cluster: Cluster) -> list[str]:
    """The platform's other pods, the writer's own among them, stay where they are."""
    return [f"--pod-selector={cluster.selector}", "--delete-emptydir-data", "--timeout=150s"]


def _pod(cluster: Cluster, name: str) -> Manifest:
    return cluster.kubectl.get("pod", name) or {}


def _node(cluster: Cluster, name: str) -> str:
    return str(_pod(cluster, name).get("spec", {}).get("nodeName", ""))


def _nodes(cluster: Cluster) -> set[str]:
    with suppress(KeyError):  # one of them is not scheduled yet
        return {str(pod["spec"]["nodeName"]) for pod in cluster.pods()}
    return set()


def _drains(cluster: Cluster) -> list[str]:
    """How the operations that emptied nodes have ended."""
    found = cluster.kubectl.list("postgresoperations")
    return [one["status"]["phase"] for one in found if one["spec"]["kind"] == "drain"]
