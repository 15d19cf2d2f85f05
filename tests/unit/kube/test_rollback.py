"""Which template is put back, and how long it stays."""

import copy
from typing import Any

import pytest

from activities.kube import rollback
from activities.kube.staleness import REVISION
from workflows.model.errors import Precondition
from workflows.model.names import ROLLED_BACK

BY = "rolled back: by annotation"


def template(image: str) -> dict[str, Any]:
    return {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"image": image}]}}


def stateful_set(image: str, *, revision: str = "r3", generation: int = 3) -> dict[str, Any]:
    return {
        "metadata": {"name": "acid", "generation": generation},
        "spec": {"replicas": 2, "template": template(image)},
        "status": {"updateRevision": revision},
    }


def revision(number: int, image: str) -> dict[str, Any]:
    return {
        "metadata": {"name": f"r{number}"},
        "revision": number,
        "data": {"spec": {"template": {**template(image), "$patch": "replace"}}},
    }


def pod(number: int, *, ready: bool) -> dict[str, Any]:
    condition = {"type": "Ready", "status": "True" if ready else "False"}
    return {
        "metadata": {"labels": {REVISION: f"r{number}"}},
        "status": {"conditions": [condition]},
    }


REVISIONS = [revision(1, "good"), revision(2, "bad"), revision(3, "worse")]


def restored(image: str = "worse", *pods: dict[str, Any], written: bool = True) -> dict[str, Any]:
    wanted, live = stateful_set(image), stateful_set("worse")
    return rollback.restored(wanted, live, written=written, revisions=REVISIONS, pods=pods, by=BY)


def image_of(manifest: dict[str, Any]) -> str:
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    return str(container["image"])


def test_of_several_bad_edits_in_a_row_what_serves_counts() -> None:
    assert image_of(restored("worse", pod(1, ready=True), pod(2, ready=False))) == "good"


def test_where_every_pod_is_new_it_is_the_one_before() -> None:
    assert image_of(restored("worse", pod(3, ready=True), pod(3, ready=True))) == "bad"


@pytest.mark.parametrize(
    ("serving", "image"), [([3, 3], "worse"), ([2, 3], "worse"), ([1], "good"), ([], "worse")]
)
def test_before_the_newest_edit_is_written_the_present_one_is_a_former_one(
    serving: list[int], image: str
) -> None:
    pods = [pod(number, ready=True) for number in serving]
    found = restored("newest", *pods, written=False)
    assert image_of(found) == image
    assert image_of(rollback.kept(stateful_set("newest"), found)) == image


def test_nothing_of_the_way_in_which_it_is_stored_gets_into_the_template() -> None:
    assert "$patch" not in restored()["spec"]["template"]


def test_without_another_revision_there_is_nothing_to_go_back_to() -> None:
    wanted = stateful_set("worse")
    with pytest.raises(Precondition, match="no former pod template"):
        rollback.restored(
            wanted, wanted, written=True, revisions=[revision(3, "worse")], pods=[], by=BY
        )


def test_it_says_on_the_stateful_set_what_was_refused() -> None:
    assert rollback.told(restored()) == f"template 3 was {BY}"
    assert rollback.told(stateful_set("worse")) == ""
    assert rollback.told(None) == ""


def test_the_former_template_stays_while_the_same_one_is_asked_for() -> None:
    live = restored("worse", pod(1, ready=True))
    again = rollback.kept(stateful_set("worse"), live)
    assert image_of(again) == "good"
    assert again["metadata"]["annotations"] == live["metadata"]["annotations"]


def test_other_fields_than_the_template_follow_the_manifest_meanwhile() -> None:
    wanted = stateful_set("worse")
    wanted["spec"]["replicas"] = 5
    assert rollback.kept(wanted, restored())["spec"]["replicas"] == 5


def test_another_template_ends_it() -> None:
    better = stateful_set("better")
    assert rollback.kept(better, restored()) is better


def test_who_takes_the_annotation_off_gets_what_the_manifest_says() -> None:
    live = copy.deepcopy(restored())
    del live["metadata"]["annotations"][ROLLED_BACK]
    wanted = stateful_set("worse")
    assert rollback.kept(wanted, live) is wanted


def test_a_second_run_changes_nothing() -> None:
    first = restored("worse", pod(1, ready=True))
    second = rollback.restored(
        stateful_set("worse"),
        first,
        written=True,
        revisions=[revision(9, "other")],
        pods=[],
        by="another",
    )
    assert second["spec"] == first["spec"]
    assert second["metadata"]["annotations"] == first["metadata"]["annotations"]
