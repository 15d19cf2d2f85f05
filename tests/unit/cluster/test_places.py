from typing import Any

import pytest

from activities.cluster.places import Places
from workflows.model.nodes import NodeRule

Object = dict[str, Any]
HOST = "kubernetes.io/hostname"
REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def node(name: str, *, ready: bool = True, labels: Object | None = None, **spec: Any) -> Object:
    conditions = [{"type": "Ready", "status": "True" if ready else "Unknown"}]
    metadata = {"name": name, "labels": {HOST: name, **(labels or {})}}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": conditions}}


def pod(name: str = "c-0", *, on: str = "n1", **spec: Any) -> Object:
    return {"metadata": {"name": name}, "spec": {"nodeName": on, **spec}}


def volume(*hosts: str) -> Object:
    term = {"matchExpressions": [{"key": HOST, "operator": "In", "values": list(hosts)}]}
    required = {"required": {"nodeSelectorTerms": [term]}} if hosts else None
    return {"metadata": {"name": "pv"}, "spec": {"nodeAffinity": required} if required else {}}


def obstacle(
    *nodes: Object, of: Object | None = None, volumes: tuple[Object, ...] = (), others: Any = ()
) -> str:
    one = of or pod()
    everywhere = [node("n1", unschedulable=True), *nodes]
    places = Places(nodes=everywhere, pods=[one, *others], rule=NodeRule())
    return places.obstacle(one, list(volumes))


def test_any_other_node_that_takes_pods_will_do() -> None:
    assert obstacle(node("n2"), volumes=(volume(),)) == ""


def test_there_may_be_no_other_node() -> None:
    assert obstacle() == "there is no other node"


def test_a_volume_that_is_bound_to_its_node_is_named() -> None:
    assert obstacle(node("n2"), volumes=(volume("n1"),)) == (
        "its volume pv can't be used on another node"
    )
    assert obstacle(node("n2"), volumes=(volume("n1", "n2"),)) == ""


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (node("n2", ready=False), "n2 is not ready"),
        (node("n2", unschedulable=True), "n2 is cordoned"),
        (
            node("n2", taints=[{"key": "gpu", "value": "1", "effect": "NoSchedule"}]),
            "n2 has taint gpu",
        ),
    ],
)
def test_a_node_that_takes_no_pods_is_none(other: Object, why: str) -> None:
    assert obstacle(other) == f"no other node takes it: {why}"


@pytest.mark.parametrize(
    "toleration",
    [
        {"operator": "Exists"},
        {"key": "gpu", "operator": "Exists"},
        {"key": "gpu", "value": "1", "effect": "NoSchedule"},
    ],
)
def test_a_taint_may_be_tolerated(toleration: Object) -> None:
    other = node("n2", taints=[{"key": "gpu", "value": "1", "effect": "NoSchedule"}])
    assert obstacle(other, of=pod(tolerations=[toleration])) == ""


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ({"key": "disk", "operator": "In", "values": ["ssd"]}, True),
        ({"key": "disk", "operator": "NotIn", "values": ["ssd"]}, False),
        ({"key": "disk", "operator": "Exists"}, True),
        ({"key": "disk", "operator": "DoesNotExist"}, False),
        ({"key": "size", "operator": "Gt", "values": ["3"]}, True),
        ({"key": "size", "operator": "Lt", "values": ["3"]}, False),
    ],
)
def test_the_labels_of_a_node_have_to_be_those_asked_for(expression: Object, fits: bool) -> None:
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    asking = pod(affinity={"nodeAffinity": {REQUIRED: terms}})
    found = obstacle(node("n2", labels={"disk": "ssd", "size": "4"}), of=asking)
    assert (found == "") is fits


def test_members_that_must_keep_apart_need_a_node_each() -> None:
    apart = {"podAntiAffinity": {REQUIRED: [{"topologyKey": HOST}]}}
    one, other = pod(affinity=apart), pod("c-1", on="n2", affinity=apart)
    assert "n2 has another member" in obstacle(node("n2"), of=one, others=[other])
    assert obstacle(node("n2"), node("n3"), of=one, others=[other]) == ""
