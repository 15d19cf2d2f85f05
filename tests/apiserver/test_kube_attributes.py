"""VolumeAttributesClasses: claims get the one of the manifest, and what can't be had is told."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.installing import Install, for_one_namespace, for_the_whole_cluster, let_in
from tests.apiserver.kube import ApiError, Kube, Object
from tests.apiserver.operating import NAME, Operator, connected, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group
from workflows.model.errors import NotYet, Precondition
from workflows.model.orders import GrowthOrder

KIND = "PersistentVolumeClaim"
CLAIMS = [f"pgdata-{NAME}-{number}" for number in range(2)]
AT_ONCE = {"pod_management_policy": "parallel"}
"""No pod gets ready here, so the second claim would never be made after the first."""


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        operator.configure(**AT_ONCE)
        yield operator


@pytest.fixture
def fast(kube: Kube, namespace: str) -> str:
    return offer(kube, f"fast.{namespace}")


def offer(kube: Kube, name: str) -> str:
    """A class of this name."""
    kind = {"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttributesClass"}
    more = {"driverName": "csi.example.org", "parameters": {"iops": "4000"}}
    kube.create({**kind, "metadata": {"name": name}, **more})
    return name


def run(operator: Operator, **volume: object) -> None:
    """A cluster of two members with bound claims."""
    operator.create(volume={"size": "1Gi", **volume})
    operator.apply_all()
    until_claims(operator)
    for name in CLAIMS:
        volume = {"spec": {"volumeName": f"volume-of-{name}"}}
        operator.admin.merge(KIND, operator.namespace, name, volume)
        say(operator, name, phase="Bound", capacity={"storage": "1Gi"})


def until_claims(operator: Operator) -> None:
    """The controller of the StatefulSet makes them."""
    eventually(lambda: len(operator.admin.list(KIND, operator.namespace)) == len(CLAIMS))


def say(operator: Operator, name: str, **status: Any) -> None:
    """What Kubernetes and a storage driver write on a claim."""
    operator.admin.merge(KIND, operator.namespace, name, {"status": status}, "status")


def change(status: str, target: str) -> Object:
    return {"modifyVolumeStatus": {"status": status, "targetVolumeAttributesClassName": target}}


def classes(operator: Operator) -> list[str | None]:
    """What claims ask for, the template of new ones first."""
    (template,) = operator.child("StatefulSet")["spec"]["volumeClaimTemplates"]
    found = [operator.child(KIND, name) for name in CLAIMS]
    return [one["spec"].get("volumeAttributesClassName") for one in (template, *found)]


def drifting(operator: Operator) -> list[tuple[str, str]]:
    return [(one.kind, one.why) for one in operator.observe().objects]


def concern(operator: Operator) -> str:
    found = {one.name: one.message for one in operator.observe().concerns}
    return found.get("VolumeClaims", "")


def until_grown(operator: Operator) -> None:
    order = GrowthOrder(ref=operator.ref, uid=operator.uid, deadline_seconds=0.5)
    operator.steps.until_grown(order)


def test_new_claims_are_made_with_the_class(operator: Operator, fast: str) -> None:
    run(operator, attributesClass=fast)
    assert classes(operator) == [fast] * 3


def test_claims_that_exist_get_a_class_by_an_edit_and_are_seen_through(
    operator: Operator, fast: str
) -> None:
    run(operator)
    eventually(lambda: len(operator.admin.list("Pod", operator.namespace)) == 2)
    pods = {pod["metadata"]["uid"] for pod in operator.admin.list("Pod", operator.namespace)}
    operator.edit(volume={"attributesClass": fast})
    assert [kind for kind, _ in drifting(operator)] == ["StatefulSet", KIND, KIND]
    operator.apply_all()
    assert classes(operator) == [fast] * 3
    assert {p["metadata"]["uid"] for p in operator.admin.list("Pod", operator.namespace)} == pods
    with pytest.raises(NotYet, match=f"{CLAIMS[0]} has not got .*: no storage driver"):
        until_grown(operator)
    for name in CLAIMS:
        say(operator, name, **change("InProgress", fast))
    under_way = [f"{name} has not got attributes class {fast}: InProgress" for name in CLAIMS]
    assert [why for _, why in drifting(operator)] == under_way
    for name in CLAIMS:
        say(operator, name, modifyVolumeStatus=None, currentVolumeAttributesClassName=fast)
    until_grown(operator)
    assert (drifting(operator), concern(operator)) == ([], "")


def test_what_the_driver_refuses_is_a_concern_and_going_back_heals(
    operator: Operator, kube: Kube, fast: str
) -> None:
    run(operator, attributesClass=fast)
    for name in CLAIMS:
        say(operator, name, currentVolumeAttributesClassName=fast)
    faster = offer(kube, f"faster.{operator.namespace}")
    operator.edit(volume={"attributesClass": faster})
    operator.apply_all()
    said = [{"type": "ModifyVolumeError", "status": "True", "message": "too fast"}]
    for name in CLAIMS:
        say(operator, name, conditions=said, **change("Infeasible", faster))
    with pytest.raises(Precondition, match="too fast"):
        until_grown(operator)
    told = f"spec.volume.attributesClass {faster} can't be had: the storage driver refuses it"
    assert concern(operator).startswith(told)
    assert drifting(operator) == []
    operator.edit(volume={"attributesClass": fast})
    operator.apply_all()
    until_grown(operator)
    assert classes(operator) == [fast] * 3
    assert (drifting(operator), concern(operator)) == ([], "")


def test_a_class_that_is_not_there_is_told_stops_nothing_and_is_taken_once_it_is(
    operator: Operator, kube: Kube, fast: str
) -> None:
    run(operator, attributesClass=fast)
    later = f"later.{operator.namespace}"
    operator.edit(volume={"attributesClass": later}, env=[{"name": "NEW", "value": "1"}])
    problem = f'spec.volume.attributesClass: "{later}" is not accepted'
    assert problem in [why.partition(";")[0] for _, why in drifting(operator)]
    assert "StatefulSet" in {kind for kind, _ in drifting(operator)}
    [warned] = operator.apply(*Group).problems
    assert problem in warned
    assert classes(operator) == [fast] * 3
    assert (drifting(operator), problem in concern(operator)) == ([], True)
    offer(kube, later)
    operator.apply_all()
    assert classes(operator) == [later] * 3


def test_a_cluster_is_made_without_a_class_that_is_not_there(operator: Operator) -> None:
    run(operator, attributesClass="nowhere")
    assert classes(operator) == [None] * 3
    assert "a VolumeAttributesClass that exists" in concern(operator)


def test_without_the_field_claims_keep_the_class_and_new_ones_have_none(
    operator: Operator, fast: str
) -> None:
    run(operator, attributesClass=fast)
    operator.edit(volume={"attributesClass": None})
    operator.apply_all()
    assert classes(operator) == [None, fast, fast]
    assert (drifting(operator), concern(operator)) == ([], "")


def test_a_claim_without_a_volume_keeps_its_class_until_it_has_one(
    operator: Operator, fast: str
) -> None:
    operator.create()
    operator.apply_all()
    until_claims(operator)
    operator.edit(volume={"attributesClass": fast})
    assert operator.apply(*Group).problems == []
    assert classes(operator) == [fast, None, None]


def test_what_can_not_be_a_name_is_refused_by_the_definition(operator: Operator) -> None:
    with pytest.raises(ApiError, match="attributesClass"):
        operator.create(volume={"size": "1Gi", "attributesClass": "Very Fast"})


def test_a_class_beside_what_ec2_is_asked_for_is_an_error_at_the_field(operator: Operator) -> None:
    operator.configure(storage_resize_mode="mixed")
    operator.create(volume={"size": "1Gi", "attributesClass": "fast", "iops": 4000})
    (bad,) = operator.observe().invalid
    assert bad.path == "spec.volume.attributesClass"


Installed = Callable[[Install], Operator]


@pytest.fixture
def installed(apiserver: Plane, kube: Kube, namespace: str, tmp_path: Path) -> Iterator[Installed]:
    """An operator with no more rights than it is installed with."""
    started: list[Operator] = []

    def start(install: Install) -> Operator:
        found = install(kube, namespace)
        file = tmp_path / "kubeconfig"
        account = connected(let_in(apiserver, kube, namespace=found.namespace, file=file))
        started.append(Operator(account, kube, namespace, **{**found.data, **AT_ONCE}))
        return started[-1]

    yield start
    for operator in started:
        kube.delete("postgresql", namespace, NAME)
        operator.client.close()


def test_the_rights_for_the_whole_cluster_are_enough(installed: Installed, fast: str) -> None:
    operator = installed(for_the_whole_cluster)
    run(operator, attributesClass="nowhere")
    assert "a VolumeAttributesClass that exists" in concern(operator)
    operator.edit(volume={"attributesClass": fast})
    operator.apply_all()
    assert classes(operator) == [fast] * 3


def test_an_operator_of_one_namespace_takes_the_class_for_there(
    installed: Installed, fast: str
) -> None:
    operator = installed(for_one_namespace)
    run(operator, attributesClass=fast)
    assert classes(operator) == [fast] * 3
    assert "no storage driver has taken it up" in concern(operator)
