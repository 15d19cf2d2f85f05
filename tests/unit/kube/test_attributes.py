"""Whether an attributes class can be had, by what the API server says of it."""

from typing import Any, cast

import pytest

from activities.kube.client import Kube
from activities.kube.existing import Existing
from activities.kube.judge import Judge
from activities.kube.parts import Sight, attributes
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.base import ClusterRef
from workflows.model.errors import Forbidden


class Classes:
    """A Kubernetes with these classes, or one that does not know the kind."""

    def __init__(self, *names: str, known: bool = True, readable: bool = True) -> None:
        self.names, self.known, self.readable = names, known, readable
        self.template = ""

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        if kind == "StatefulSet":
            claim = {"spec": {"volumeAttributesClassName": self.template}}
            return {"spec": {"volumeClaimTemplates": [claim]}} if self.template else None
        assert (kind, namespace) == ("VolumeAttributesClass", "")
        if not self.readable:
            raise Forbidden(f"get {kind} {name}")
        return {"metadata": {"name": name}} if name in self.names else None

    def serves(self, kind: str) -> bool:
        return self.known


def sight(classes: Classes, wanted: str | None = "fast") -> Sight:
    under, ref = configuration(), ClusterRef(namespace="ns", name="acid-c")
    volume = {"size": "1Gi"} | ({"attributesClass": wanted} if wanted else {})
    return Sight(
        cluster=cluster(volume=volume),
        configuration=under,
        roles=[],
        existing=Existing(cast(Kube, classes), ref, under),
        judge=Judge(),
        note=lambda text: None,
    )


def test_a_class_that_is_there_can_be_had() -> None:
    assert attributes.problem(sight(Classes("fast"))) == ""


def test_one_that_is_not_is_told_at_the_field() -> None:
    assert attributes.problem(sight(Classes("slow"))) == (
        'spec.volume.attributesClass: "fast" is not accepted; '
        "expected a VolumeAttributesClass that exists"
    )


@pytest.mark.parametrize("readable", [True, False])
def test_an_older_kubernetes_has_none_at_all(readable: bool) -> None:
    told = attributes.problem(sight(Classes(known=False, readable=readable)))
    assert "this Kubernetes has no VolumeAttributesClass" in told


def test_who_may_not_look_takes_it_for_there() -> None:
    assert attributes.problem(sight(Classes(readable=False))) == ""


def test_without_a_class_nobody_is_asked() -> None:
    assert attributes.problem(sight(cast(Classes, None), wanted=None)) == ""


@pytest.mark.parametrize("before", ["slow", ""])
def test_new_claims_keep_the_class_of_before_while_the_new_one_can_not_be_had(before: str) -> None:
    classes = Classes()
    classes.template = before
    made = attributes.within_reach(sight(classes)).spec.volume
    assert (made.attributes_class or "", made.size) == (before, "1Gi")
    there = attributes.within_reach(sight(Classes("fast"))).spec.volume
    assert there.attributes_class == "fast"
