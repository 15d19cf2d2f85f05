from typing import Any

import pytest

from activities.cluster import pods
from workflows.model.members import PodSeen

Object = dict[str, Any]
READY = {"type": "Ready", "status": "True"}


def pod(*, labels: Object | None = None, deleting: bool = False, **status: Any) -> Object:
    meta: Object = {"name": "c-0", "uid": "1", "labels": labels or {}}
    if deleting:
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    return {"metadata": meta, "spec": {"nodeName": "n1"}, "status": status}


def seen(found: Object) -> PodSeen:
    return pods.seen(found, role_label="spilo-role")


def waiting(reason: str, message: str = "") -> Object:
    return {"name": "postgres", "state": {"waiting": {"reason": reason, "message": message}}}


def test_a_serving_pod_needs_no_reason() -> None:
    found = seen(pod(labels={"spilo-role": "master"}, phase="Running", conditions=[READY]))
    assert (found.role, found.ready, found.reason, found.node) == ("master", True, "", "n1")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ({}, "being started"),
        (
            {
                "phase": "Pending",
                "conditions": [
                    {"type": "PodScheduled", "status": "False", "message": "0/3 nodes fit"}
                ],
            },
            "not scheduled: 0/3 nodes fit",
        ),
        (
            {"containerStatuses": [waiting("ContainerCreating")]},
            "container postgres is being created",
        ),
        (
            {"containerStatuses": [waiting("ImagePullBackOff", "no such image")]},
            "container postgres: ImagePullBackOff: no such image",
        ),
        (
            {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "name": "postgres",
                        "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                    }
                ],
            },
            "container postgres ended with code 137: OOMKilled",
        ),
        (
            {"phase": "Failed", "reason": "Evicted", "message": "the node was low on memory"},
            "Evicted: the node was low on memory",
        ),
        (
            {
                "phase": "Running",
                "conditions": [{"type": "Ready", "status": "False", "message": "probe failed"}],
            },
            "not ready: probe failed",
        ),
    ],
)
def test_why_a_pod_does_not_run_is_said_in_words(status: Object, reason: str) -> None:
    found = seen(pod(**status))
    assert (found.ready, found.reason) == (False, reason)


def test_a_pod_that_is_being_deleted_says_so() -> None:
    found = seen(pod(deleting=True, phase="Running", conditions=[READY]))
    assert (found.deleting, found.reason) == (True, "being deleted")


def test_without_a_template_to_compare_with_no_pod_is_stale() -> None:
    found = seen(pod(labels={"controller-revision-hash": "c-old"}))
    assert (found.current, found.stale) == (True, "")
