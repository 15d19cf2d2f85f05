"""What may go wrong at any moment: each fault strikes once, and comes back when it is over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.field.cluster import Cluster
from tests.field.install import Operator
from tests.field.kubectl import Manifest
from tests.field.platform import Platform
from tests.field.waiting import until

API_AWAY_SECONDS = 30.0
CUT_SECONDS = 20.0
FIRST_NODE = "control-plane"
"""Temporal is there, so it is never switched off."""


@dataclass(frozen=True)
class Scene:
    """Where a fault strikes."""

    platform: Platform
    operator: Operator
    cluster: Cluster


Fault = Callable[[Scene], bool]
"""Says whether there was anybody to be struck."""


def operator_killed(scene: Scene) -> bool:
    scene.platform.kill(scene.operator.pod())
    return True


def temporal_killed(scene: Scene) -> bool:
    scene.platform.kill(_temporal(scene.platform))
    return True


def store_lost(scene: Scene) -> bool:
    lose_store(scene.platform)
    return True


def api_away(scene: Scene) -> bool:
    scene.platform.fault("api", seconds=API_AWAY_SECONDS)
    return True


def primary_killed(scene: Scene) -> bool:
    """Or whoever is about to become it."""
    return _kill_first(scene, _members(scene)[:1])


def replica_killed(scene: Scene) -> bool:
    """Or whoever is about to become one."""
    return _kill_first(scene, _members(scene)[1:])


def node_off(scene: Scene) -> bool:
    """A power cut of the primary's node; on again when Kubernetes has noticed."""
    nodes = [pod["spec"].get("nodeName", "") for pod in _members(scene)]
    node = next((name for name in nodes if name and name != FIRST_NODE), "")
    if not node:
        return False
    scene.platform.node("stop", node)
    try:
        until(f"{node} to be missed", lambda: not _ready(scene.platform, node), within=90)
    finally:
        scene.platform.node("start", node)
    return True


def member_cut_off(scene: Scene) -> bool:
    """Nothing passes between the operator and one member."""
    addresses = [pod.get("status", {}).get("podIP", "") for pod in _members(scene)]
    there = next(filter(None, addresses), "")
    operator = scene.operator.pod()
    here = operator.get("status", {}).get("podIP", "")
    if not (here and there):
        return False
    node = operator["spec"]["nodeName"]
    scene.platform.fault("network", node, here, there, seconds=CUT_SECONDS)
    return True


FAULTS: Mapping[str, Fault] = {
    "operator killed": operator_killed,
    "Temporal killed": temporal_killed,
    "Temporal's store lost": store_lost,
    "API away for 30 s": api_away,
    "primary killed": primary_killed,
    "replica killed": replica_killed,
    "node off and on": node_off,
    "member cut off": member_cut_off,
}


def lose_store(platform: Platform) -> None:
    """Delete Temporal's volume under its feet, as a lost disk would."""
    temporal = platform.kubectl.within("temporal")
    claims = [claim["metadata"]["name"] for claim in temporal.list("pvc")]
    assert claims
    saved = [temporal.get("pvc", name) for name in claims]
    temporal("scale", "deployment/temporal", "--replicas=0")
    until("Temporal gone", lambda: not temporal.list("pods"))
    for name in claims:
        temporal("delete", "pvc", name, within=60)
    for claim in saved:
        assert claim
        temporal.apply(_anew(claim))
    temporal("scale", "deployment/temporal", "--replicas=1")


def _anew(claim: Manifest) -> Manifest:
    """The claim as it was asked for, without what the cluster added."""
    spec = {key: value for key, value in claim["spec"].items() if key != "volumeName"}
    metadata = {key: claim["metadata"][key] for key in ("name", "namespace", "labels")}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _temporal(platform: Platform) -> Manifest:
    temporal = platform.kubectl.within("temporal")
    return until("Temporal's pod", lambda: temporal.list("pods", selector="app=temporal"))[0]


def _kill_first(scene: Scene, pods: list[Manifest]) -> bool:
    for pod in pods[:1]:
        scene.platform.kill(pod)
    return bool(pods)


def _members(scene: Scene) -> list[Manifest]:
    """The primary first; before there is one, by their numbers. Also those that are leaving."""
    cluster = scene.cluster
    found = cluster.kubectl.list("pods", selector=cluster.selector)
    return sorted(found, key=lambda pod: (not _leads(pod), pod["metadata"]["name"]))


def _leads(pod: Manifest) -> bool:
    return bool(pod["metadata"]["labels"].get("spilo-role") == "master")


def _ready(platform: Platform, node: str) -> bool:
    found = platform.kubectl.get("node", node)
    conditions = found["status"]["conditions"] if found else []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
