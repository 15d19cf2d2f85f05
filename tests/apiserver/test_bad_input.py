"""What passes our own checks and Kubernetes would refuse is told at its field."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apiserver.kube import Kube
from tests.apiserver.operating import NAME, Operator, operating, postgresql
from tests.apiserver.plane import Plane
from workflows.model.base import ClusterRef
from workflows.model.children import Group
from workflows.model.observation import Observation
from workflows.model.orders import ObserveOrder

TAKEN = 30223
POD = "StatefulSet spec.template.spec"
BOTH = {"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def volume(**source: Any) -> dict[str, Any]:
    return {"name": "extra", "mountPath": "/extra", "volumeSource": source}


def paths(seen: Observation) -> list[str]:
    return list(dict.fromkeys(bad.path for bad in seen.invalid))


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (
            {"livenessProbe": {"tcpSocket": {"port": 1}, "periodSeconds": -1}},
            f"{POD}.containers[0].livenessProbe.periodSeconds",
        ),
        ({"livenessProbe": {"periodSeconds": 5}}, f"{POD}.containers[0].livenessProbe"),
        ({"env": [{"name": "A=B", "value": "x"}]}, None),
        ({"env": [BOTH]}, None),
        ({"tolerations": [{"operator": "Maybe"}]}, f"{POD}.tolerations[0].operator"),
        (
            {
                "topologySpreadConstraints": [
                    {"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
                ]
            },
            f"{POD}.topologySpreadConstraints[0].maxSkew",
        ),
        ({"additionalVolumes": [volume(emptyDirr={})]}, None),
        ({"additionalVolumes": [volume(emptyDir={}, hostPath={"path": "/x"})]}, None),
        ({"spiloRunAsUser": -1}, f"{POD}.securityContext.runAsUser"),
        ({"volume": {"size": "1Gi", "storageClass": "Not A Name"}}, None),
        ({"resources": {"requests": {"hugepages-2Mi": "3Mi"}}}, None),
        ({"initContainers": [{"name": "a", "image": "i", "ports": [{"containerPort": 0}]}]}, None),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_kubernetes_would_refuse_is_known_before_anything_is_made(
    operator: Operator, spec: dict[str, Any], path: str | None
) -> None:
    operator.create(**spec)
    seen = operator.observe()
    assert seen.invalid, seen.objects
    assert path is None or paths(seen) == [path]
    assert operator.admin.get("StatefulSet", operator.namespace, NAME) is None
    assert operator.admin.get("Service", operator.namespace, NAME) is None


def test_a_running_cluster_stays_as_it_is_until_a_good_edit(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    before = operator.child("StatefulSet")["spec"]
    operator.edit(numberOfInstances=3, tolerations=[{"operator": "Maybe"}])
    assert paths(operator.observe()) == [f"{POD}.tolerations[0].operator"]
    assert operator.child("StatefulSet")["spec"] == before
    operator.edit(tolerations=[{"operator": "Exists"}])
    seen = operator.observe()
    assert seen.invalid == []
    assert [obj.kind for obj in seen.objects] == ["StatefulSet"]
    operator.apply_all()
    assert operator.observe().objects == []


def test_going_back_to_what_there_was_leaves_nothing_to_do(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.edit(spiloRunAsUser=-1)
    assert operator.observe().invalid
    operator.edit(spiloRunAsUser=None)
    seen = operator.observe()
    assert (seen.invalid, seen.objects) == ([], [])


@pytest.mark.parametrize(("port", "why"), [(80, "30000-32767"), (TAKEN, "already allocated")])
def test_a_node_port_that_can_not_be_had_concerns_the_services_alone(
    operator: Operator, port: int, why: str
) -> None:
    taken = {"ports": [{"port": 1, "nodePort": TAKEN}], "type": "NodePort"}
    metadata = {"name": "taken", "namespace": operator.namespace}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": taken}
    if port == TAKEN:
        operator.admin.create(service)
    operator.create(enableMasterNodePort=True, masterNodePort=port)
    (problem,) = operator.apply(*Group).problems
    seen = operator.observe()
    (concern,) = seen.concerns
    for told in (problem, concern.message):
        assert f"Service spec.ports[0].nodePort: {port} is not accepted" in told
        assert why in told
    assert (concern.name, seen.invalid, seen.objects) == ("Services", [], [])
    operator.child("StatefulSet")
    operator.edit(masterNodePort=0)
    operator.apply_all()
    assert operator.observe().concerns == []


def test_a_cluster_whose_name_is_no_label_can_be_looked_at_and_leaves_nothing(
    operator: Operator, kube: Kube
) -> None:
    long = ClusterRef(namespace=operator.namespace, name="x" * 64)
    kube.create(postgresql(long.namespace, long.name))
    seen = operator.observer.observe(ObserveOrder(ref=long))
    assert paths(seen) == ["metadata.name"]
    kube.delete("postgresql", long.namespace, long.name)
    seen = operator.observer.observe(ObserveOrder(ref=long))
    assert (seen.found, seen.leftovers) == (False, [])


def test_an_equal_cluster_is_not_asked_for_again(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    asked = operator.requests_of_a_look()
    assert {verb for verb, _ in asked} <= {"get", "list"}
