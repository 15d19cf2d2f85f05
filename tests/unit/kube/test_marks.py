from typing import Any

from activities.kube import marks

OURS = {"manager": "postgres-operator", "operation": "Update"}


def live(*, ours: tuple[str, ...] = (), owners: tuple[str, ...] = (), **metadata: Any) -> Any:
    """An object with these fields; of its annotations and owners some were written by us."""
    fields: dict[str, Any] = {
        "f:annotations": {f"f:{key}": {} for key in ours},
        "f:ownerReferences": {f'k:{{"uid":"{uid}"}}': {} for uid in owners},
    }
    managed = [{**OURS, "fieldsV1": {"f:metadata": fields}}]
    base = {"name": "c", "uid": "1", "resourceVersion": "5", "managedFields": managed}
    return {"kind": "ConfigMap", "metadata": {**base, **metadata}}


def wanted(**metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": "c", **metadata}}


def test_nothing_is_needed_when_all_is_there_beside_what_others_set() -> None:
    found = live(annotations={"a": "1", "theirs": "x"})
    assert marks.needed(wanted(annotations={"a": "1"}), found) == {}


def test_only_what_differs_is_sent_and_only_to_this_very_object() -> None:
    found = live(annotations={"a": "0", "b": "1"})
    patch = marks.needed(wanted(annotations={"a": "1", "b": "1"}), found)
    assert patch == {"uid": "1", "annotations": {"a": "1"}}
    assert marks.paths(patch) == ["metadata.annotations.a"]


def test_what_we_set_and_do_not_want_goes_what_others_set_stays() -> None:
    found = live(ours=("a",), annotations={"a": "1", "theirs": "x"})
    assert marks.needed(wanted(), found) == {"uid": "1", "annotations": {"a": None}}


def test_what_was_dropped_goes_whoever_wrote_it_unless_it_is_spared() -> None:
    found = live(annotations={"a": "1", "b": "1"})
    patch = marks.needed(wanted(), found, dropped={"a", "b", "c"}, spared={"b"})
    assert patch["annotations"] == {"a": None}


def test_an_owner_is_added_and_others_stay() -> None:
    theirs, ours = {"uid": "9", "name": "x"}, {"uid": "7", "name": "c"}
    found = live(ownerReferences=[theirs])
    patch = marks.needed(wanted(ownerReferences=[ours]), found)
    assert patch["ownerReferences"] == [theirs, ours]
    assert patch["resourceVersion"] == "5"


def test_an_owner_of_ours_goes_and_others_stay() -> None:
    theirs, ours = {"uid": "9", "name": "x"}, {"uid": "7", "name": "c"}
    found = live(owners=("7",), ownerReferences=[theirs, ours])
    assert marks.needed(wanted(), found)["ownerReferences"] == [theirs]
    assert marks.needed(wanted(), live(ownerReferences=[theirs])) == {}
