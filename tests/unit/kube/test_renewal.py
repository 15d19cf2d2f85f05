"""One pod is exchanged for a new one of its name, whatever happens around it."""

from collections.abc import Generator, Sequence
from typing import Any, cast

import pytest

from activities.kube.client import Kube
from activities.kube.renewal import Renewal
from workflows.model.base import ClusterRef
from workflows.model.errors import NotYet
from workflows.model.orders import RenewalOrder, Renewed

Object = dict[str, Any]
POD = "acid-c-1"


def pod(uid: str, *, phase: str = "Running", **status: Any) -> Object:
    return {
        "metadata": {"name": POD, "namespace": "ns", "uid": uid, "labels": {}},
        "status": {"phase": phase, "podIP": "10.0.0.7", **status},
    }


class Pods:
    """The API server with one pod; a deletion is followed by what the test says."""

    def __init__(self, now: Object | None, *then: Object | None) -> None:
        self.now = now
        self.then = list(then)
        self.deleted: list[str] = []

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        assert (kind, namespace, name) == ("Pod", "ns", POD)
        return self.now

    def delete(self, kind: str, namespace: str, name: str, *, uid: str) -> bool:
        self.deleted.append(uid)
        return True

    def follow(
        self, kind: str, namespace: str, name: str, *, seconds: float
    ) -> Generator[Object | None, None, None]:
        """Tells nothing of a pod that is not there, as the real one."""
        if self.now is not None:
            yield self.now
        while self.then:
            self.now = self.then.pop(0)
            yield self.now

    def list(self, *_: object, **__: object) -> list[Object]:
        return []


OTHER = {
    "metadata": {"name": "acid-c-0", "namespace": "ns", "uid": "x", "labels": {}},
    "status": {"phase": "Running", "podIP": "10.0.0.8"},
}


def renew(
    pods: Pods,
    *,
    leads: bool = False,
    leader: str = "acid-c-0",
    others_say: str = "",
    seconds: float = 60.0,
    others: Sequence[Object] = (OTHER,),
) -> tuple[Renewed, list[str]]:
    """`leader`: what the pod itself says; nothing when it does not answer."""
    told: list[str] = []
    order = RenewalOrder(
        ref=ClusterRef(namespace="ns", name="acid-c"),
        uid="u",
        pod=POD,
        pod_uid="old",
        leads=leads,
        deadline_seconds=seconds,
    )
    renewal = Renewal(
        cast(Kube, pods),
        order,
        leader={"10.0.0.7": leader, "10.0.0.8": others_say}.__getitem__,
        members=lambda: [*others, *filter(None, [pods.now])],
        role_label="spilo-role",
        tell=told.append,
        pause=0.0,
    )
    return renewal.run(), [one for one in told if "who leads" not in one]


def labelled(role: str, **status: Any) -> Object:
    found = pod("old", **status)
    found["metadata"]["labels"] = {"spilo-role": role}
    return found


def test_the_old_pod_goes_and_the_new_one_is_awaited_with_its_reason() -> None:
    pulling = pod(
        "new",
        phase="Pending",
        containerStatuses=[
            {"name": "postgres", "state": {"waiting": {"reason": "ErrImagePull", "message": "404"}}}
        ],
    )
    pods = Pods(pod("old"), None, pulling, pod("new"))
    result, told = renew(pods)
    assert (result.spared, pods.deleted) == ("", ["old"])
    assert told == [
        f"{POD}: the old pod is stopping",
        f"{POD}: its new pod does not exist yet",
        f"{POD}: container postgres: ErrImagePull: 404",
    ]


def test_a_pod_that_was_renewed_already_is_not_deleted_again() -> None:
    pods = Pods(pod("new"))
    assert renew(pods) == (Renewed(), [])
    assert pods.deleted == []


def test_a_pod_that_is_stopping_already_is_only_awaited() -> None:
    stopping = pod("old")
    stopping["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    pods = Pods(stopping, pod("new"))
    renew(pods)
    assert pods.deleted == []


def test_a_replica_that_has_become_the_primary_is_spared() -> None:
    pods = Pods(pod("old"))
    result, _ = renew(pods, leader=POD)
    assert (result.spared, pods.deleted) == (f"{POD} has become the primary", [])


@pytest.mark.parametrize(
    ("role", "others_say", "why"),
    [
        ("master", "", "is labelled as the primary, and nobody is seen to lead"),
        ("master", POD, "leads, as other members see it, and does not say so itself"),
        ("replica", POD, "leads, as other members see it, and does not say so itself"),
    ],
)
def test_silence_is_not_taken_for_the_answer_of_a_replica(
    role: str, others_say: str, why: str
) -> None:
    pods = Pods(labelled(role))
    result, _ = renew(pods, leader="", others_say=others_say)
    assert (result.spared, pods.deleted) == (f"{POD} {why}", [])


@pytest.mark.parametrize(
    ("role", "others_say"), [("master", "acid-c-0"), ("replica", "acid-c-0"), ("replica", "")]
)
def test_a_silent_pod_goes_when_another_one_leads_or_it_never_did(
    role: str, others_say: str
) -> None:
    pods = Pods(labelled(role), pod("new"))
    renew(pods, leader="", others_say=others_say)
    assert pods.deleted == ["old"]


def test_a_silent_pod_goes_when_it_is_the_only_one() -> None:
    pods = Pods(labelled("master"), pod("new"))
    renew(pods, leader="", others=())
    assert pods.deleted == ["old"]


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Pending"},
        {"phase": "Failed"},
        {"containerStatuses": [{"name": "postgres", "state": {"waiting": {"reason": "Err"}}}]},
    ],
)
def test_a_pod_in_which_nothing_runs_goes_whatever_its_label_says(status: Object) -> None:
    pods = Pods(labelled("master", **status), pod("new"))
    renew(pods, leader="", others_say=POD)
    assert pods.deleted == ["old"]


def test_the_primary_goes_when_it_is_said_so() -> None:
    pods = Pods(pod("old"), pod("new"))
    renew(pods, leads=True, leader=POD)
    assert pods.deleted == ["old"]


def test_a_pod_that_does_not_come_up_ends_the_wait_with_its_reason() -> None:
    unscheduled = pod(
        "new",
        phase="Pending",
        conditions=[{"type": "PodScheduled", "status": "False", "message": "0/3 nodes"}],
    )
    with pytest.raises(NotYet, match=f"{POD}: not scheduled: 0/3 nodes"):
        renew(Pods(unscheduled), seconds=0.0)


def test_a_pod_that_is_never_made_is_told_of_again_and_again() -> None:
    pods = Pods(None)
    with pytest.raises(NotYet, match=f"{POD}: its new pod does not exist yet"):
        renew(pods, seconds=0.0)
