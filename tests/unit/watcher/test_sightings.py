from collections.abc import Collection
from datetime import date
from typing import Any, Literal

import pytest

from tests.unit.watcher.stub import Object, resource
from watcher.feed import Changed, Listed
from watcher.sightings import Letter, Sightings, shape
from watcher.traces import Touched
from workflows.model.base import ClusterRef
from workflows.model.names import CONTROLLER
from workflows.model.operations import Knock
from workflows.model.protection import Protection

TODAY = date(2026, 3, 9)
PROTECTED = Protection(date_key="delete-date")


def ref(name: str) -> ClusterRef:
    return ClusterRef(namespace="default", name=name)


def sightings(
    *,
    opened: Collection[ClusterRef] = (),
    protection: Protection | None = None,
    controller_id: str = "",
) -> Sightings:
    return Sightings(
        protection=protection or Protection(),
        controller_id=controller_id,
        opened=opened,
        today=lambda: TODAY,
    )


def listed(*items: Object) -> Listed:
    return Listed(items)


def changed(kind: Literal["ADDED", "MODIFIED", "DELETED"], item: Object) -> Changed:
    return Changed(kind, item)


def said(letters: list[Letter]) -> list[str]:
    return [f"{ref.name} {knock.reason} {knock.uid}" for ref, knock in letters]


def only(letters: list[Letter]) -> Knock:
    [(_, knock)] = letters
    return knock


def test_the_first_list_knocks_at_every_cluster() -> None:
    letters = sightings().take(listed(resource("a"), resource("b")))
    assert said(letters) == ["a listed uid-a", "b listed uid-b"]


def test_the_same_list_again_knocks_at_none() -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    assert memory.take(listed(resource("a"))) == []


def test_a_new_resource_is_told_with_uid_and_generation() -> None:
    letters = sightings().take(changed("ADDED", resource("a", generation=3)))
    assert letters == [(ref("a"), Knock(uid="uid-a", generation=3, reason="added"))]


@pytest.mark.parametrize(
    "change",
    [
        {"generation": 2},
        {"labels": {"team": "acid"}},
        {"annotations": {"acid.zalan.do/operation": "restart"}},
        {"deletionTimestamp": "2026-03-09T10:00:00Z"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_that_matters_is_told(change: dict[str, Any]) -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    letters = memory.take(changed("MODIFIED", resource("a", version=2, **change)))
    assert said(letters) == ["a modified uid-a"]


@pytest.mark.parametrize(
    "change",
    [
        {"managedFields": [{"manager": "postgres-operator"}]},
        {"finalizers": ["postgres-operator.acid.zalan.do"]},
        {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}},
    ],
    ids=["status", "finalizer", "last applied"],
)
def test_a_change_that_does_not_matter_is_not_told(change: dict[str, Any]) -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    assert memory.take(changed("MODIFIED", resource("a", version=2, **change))) == []


def test_a_deletion_is_told_with_the_last_state() -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    knock = only(memory.take(changed("DELETED", resource("a", version=2, generation=4))))
    assert (knock.gone, knock.uid, knock.generation) == (True, "uid-a", 4)
    assert knock.deletion.requested
    assert knock.deletion.refused == ""


def test_a_deletion_without_the_annotation_is_refused() -> None:
    memory = sightings(protection=PROTECTED)
    memory.take(listed(resource("a")))
    knock = only(memory.take(changed("DELETED", resource("a", version=2))))
    assert "delete-date" in knock.deletion.refused


def test_the_annotation_counts_that_the_last_state_carries() -> None:
    memory = sightings(protection=PROTECTED)
    memory.take(listed(resource("a")))
    last = resource("a", version=2, annotations={"delete-date": "2026-03-09"})
    assert only(memory.take(changed("DELETED", last))).deletion.refused == ""


def test_the_wish_to_be_deleted_is_judged_before_the_resource_is_gone() -> None:
    item = resource("a", deletionTimestamp="2026-03-09T10:00:00Z")
    knock = only(sightings(protection=PROTECTED).take(listed(item)))
    assert (knock.gone, knock.deletion.requested) == (False, True)
    assert knock.deletion.refused != ""


def test_a_living_resource_carries_no_verdict() -> None:
    knock = only(sightings(protection=PROTECTED).take(listed(resource("a"))))
    assert (knock.deletion.requested, knock.deletion.refused) == (False, "")


def test_what_a_new_list_lacks_has_vanished() -> None:
    memory = sightings(protection=PROTECTED)
    memory.take(listed(resource("a", annotations={"delete-date": "2026-03-09"}), resource("b")))
    knock = only(memory.take(listed(resource("b"))))
    assert (knock.reason, knock.gone, knock.uid) == ("vanished", True, "uid-a")
    assert knock.deletion.refused == ""


def test_a_resource_that_was_replaced_unseen_is_told_gone_first() -> None:
    memory = sightings()
    memory.take(listed(resource("a", uid="old")))
    letters = memory.take(listed(resource("a", uid="new")))
    assert said(letters) == ["a replaced old", "a listed new"]
    assert [knock.gone for _, knock in letters] == [True, False]


def test_a_workflow_without_resource_is_told_after_the_first_list() -> None:
    memory = sightings(opened=[ref("a"), ref("b")])
    letters = memory.take(listed(resource("b")))
    assert said(letters) == ["a vanished unseen ", "b listed uid-b"]
    assert letters[0][1].gone


def test_a_workflow_without_resource_is_told_only_once() -> None:
    memory = sightings(opened=[ref("a")])
    memory.take(listed())
    assert memory.take(listed()) == []


def test_a_deletion_that_nobody_saw_is_refused_when_annotations_protect() -> None:
    knock = only(sightings(opened=[ref("a")], protection=PROTECTED).take(listed()))
    assert "unseen" in knock.deletion.refused


def test_a_resource_of_another_operator_is_left_alone() -> None:
    theirs = resource("a", annotations={CONTROLLER: "other"})
    memory = sightings(controller_id="ours")
    assert memory.take(listed(theirs, resource("b"))) == []
    assert memory.take(changed("DELETED", theirs)) == []


def test_a_resource_of_ours_is_told() -> None:
    ours = resource("a", annotations={CONTROLLER: "ours"})
    assert said(sightings(controller_id="ours").take(listed(ours))) == ["a listed uid-a"]


def test_a_resource_handed_to_another_operator_is_told_once() -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    theirs = {CONTROLLER: "other"}
    handed = memory.take(changed("MODIFIED", resource("a", annotations=theirs)))
    edited = memory.take(changed("MODIFIED", resource("a", annotations=theirs, generation=2)))
    assert (said(handed), edited) == (["a released uid-a"], [])


def test_a_resource_handed_over_while_nobody_watched_is_told() -> None:
    theirs = resource("a", annotations={CONTROLLER: "other"})
    assert said(sightings(opened=[ref("a")]).take(listed(theirs))) == ["a released uid-a"]


def test_a_resource_taken_over_is_told() -> None:
    memory = sightings()
    memory.take(listed(resource("a", annotations={CONTROLLER: "other"})))
    assert said(memory.take(changed("MODIFIED", resource("a")))) == ["a modified uid-a"]


def test_a_resource_whose_workflow_is_not_there_is_told_again() -> None:
    memory = sightings()
    theirs = resource("c", annotations={CONTROLLER: "other"})
    memory.take(listed(resource("a"), resource("b"), theirs))
    assert said(memory.unknown_to([ref("b")])) == ["a unknown uid-a"]


def test_memory_does_not_grow_with_what_is_gone() -> None:
    memory = sightings()
    memory.take(listed(resource("a"), resource("b")))
    memory.take(changed("DELETED", resource("a")))
    memory.take(listed())
    assert len(memory) == 0


def test_who_shares_what_was_renewed_is_told_so() -> None:
    memory = sightings()
    memory.take(listed(resource("a"), resource("b", namespace="other")))
    [(_, knock)] = memory.about_all("other", reason="secrets changed")
    assert (knock.renewed, knock.touched) == (True, False)
    assert len(memory.about_all(reason="configmaps changed")) == 2


def test_whose_object_was_touched_is_told_so() -> None:
    memory = sightings()
    memory.take(listed(resource("a"), resource("b")))
    touched = [Touched("default", "a"), Touched("default", "a"), Touched("default", "unknown")]
    [(told, knock)] = memory.about_children(touched, reason="services changed")
    assert (told, knock.touched, knock.renewed) == (ref("a"), True, False)


def test_an_object_abroad_belongs_to_the_cluster_of_its_label() -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    abroad = [Touched("elsewhere", "a")]
    assert memory.about_children(abroad, reason="services changed") == []
    assert len(memory.about_children(abroad, reason="secrets changed", abroad=True)) == 1


def test_a_resource_is_heard_of_as_it_is_now() -> None:
    memory = sightings()
    memory.take(listed(resource("a")))
    assert memory.heard(resource("a", version=7)["metadata"])
    assert not memory.heard(resource("a", generation=2)["metadata"])
    assert not memory.heard(resource("b")["metadata"])


def test_what_is_not_looked_at_is_not_kept() -> None:
    noise = {"kubectl.kubernetes.io/last-applied-configuration": "x" * 1000, "a": "b"}
    kept = shape(resource("a", annotations=noise, managedFields=[{"manager": "kubectl"}]))
    assert kept["metadata"]["annotations"] == {"a": "b"}
    assert "managedFields" not in kept["metadata"]
