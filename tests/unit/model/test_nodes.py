from typing import Any

import pytest

from workflows.model.nodes import NodeRule

READY = {"lifecycle": "ready"}


def node(*, labels: dict[str, str] | None = None, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "n", "labels": labels or {}}, "spec": spec}


@pytest.mark.parametrize("readiness", [{}, READY])
@pytest.mark.parametrize("labels", [{}, READY, {"master": "true"}])
def test_a_node_that_takes_pods_is_left_by_nobody(
    readiness: dict[str, str], labels: dict[str, str]
) -> None:
    assert NodeRule(readiness).why_leave(node(labels=labels)) == ""


@pytest.mark.parametrize(
    ("readiness", "labels", "leave"),
    [
        ({}, {}, True),
        ({}, READY, True),
        (READY, READY, False),
        (READY, {}, True),
        ({**READY, "more": "1"}, READY, True),
        ({}, {"master": "true"}, False),
        (READY, {"master": "true"}, False),
    ],
)
def test_a_cordoned_node_is_left_unless_its_labels_say_otherwise(
    readiness: dict[str, str], labels: dict[str, str], leave: bool
) -> None:
    found = NodeRule(readiness).why_leave(node(labels=labels, unschedulable=True))
    assert found == ("is cordoned" if leave else "")


@pytest.mark.parametrize(("effect", "leave"), [("NoSchedule", True), ("PreferNoSchedule", False)])
def test_a_node_that_an_autoscaler_removes_is_left_whatever_its_labels(
    effect: str, leave: bool
) -> None:
    taint = {"key": "ToBeDeletedByClusterAutoscaler", "effect": effect}
    found = NodeRule(READY).why_leave(node(labels=READY, taints=[taint]))
    assert ("ToBeDeleted" in found) is leave


def test_a_taint_of_another_meaning_is_no_reason_to_leave() -> None:
    taint = {"key": "dedicated", "value": "gpu", "effect": "NoSchedule"}
    assert NodeRule().why_leave(node(taints=[taint])) == ""
