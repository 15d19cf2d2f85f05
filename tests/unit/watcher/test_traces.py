from typing import Any

import pytest

from watcher.feed import Changed, Listed
from watcher.traces import Touched, Traces

OURS = "postgres-operator"
SHOP = Touched("shop", "orders")


def written(manager: str, time: str, *fields: str, **more: Any) -> dict[str, Any]:
    """An entry of `managedFields`."""
    owned: dict[str, Any] = {f"f:{field}": {} for field in fields or ("spec",)}
    return {"manager": manager, "operation": "Update", "time": time, "fieldsV1": owned, **more}


def service(*owners: dict[str, Any], version: str = "1", uid: str = "u") -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": "orders", "uid": uid, "resourceVersion": version}
    labels = {"cluster-name": "orders"}
    return {"metadata": metadata | {"labels": labels, "managedFields": list(owners)}}


MADE = written(OURS, "10:00")


@pytest.fixture
def traces() -> Traces:
    known = Traces("cluster-name")
    assert known.take(Listed([known.shape(service(MADE))])) == []
    return known


def modified(traces: Traces, *owners: dict[str, Any], **more: str) -> list[Touched]:
    return traces.take(Changed("MODIFIED", traces.shape(service(*owners, **more))))


def test_what_somebody_else_writes_is_news_once(traces: Traces) -> None:
    edited = written("kubectl-edit", "10:05")
    assert modified(traces, MADE, edited) == [SHOP]
    assert modified(traces, MADE, edited, version="2") == []


def test_the_same_person_again_is_news_again(traces: Traces) -> None:
    modified(traces, MADE, written("kubectl-edit", "10:05"))
    assert modified(traces, MADE, written("kubectl-edit", "10:06")) == [SHOP]


def test_a_field_of_ours_that_somebody_removed_is_news(traces: Traces) -> None:
    """Whoever only removes owns nothing afterwards: we own less, and have not written."""
    assert modified(traces, written(OURS, "10:00", "metadata")) == [SHOP]


def test_what_we_write_ourselves_is_no_news(traces: Traces) -> None:
    assert modified(traces, written(OURS, "10:05")) == []


def test_what_we_create_is_no_news_and_what_others_create_is(traces: Traces) -> None:
    again = service(MADE, uid="v")
    again["metadata"]["name"] = "orders-repl"
    assert traces.take(Changed("ADDED", traces.shape(again))) == []
    theirs = service(written("kubectl-create", "10:05"), uid="w")
    theirs["metadata"]["name"] = "theirs"
    assert traces.take(Changed("ADDED", traces.shape(theirs))) == [SHOP]


def test_what_controllers_write_into_the_status_is_no_news(traces: Traces) -> None:
    status = written("kube-controller-manager", "10:05", "status", subresource="status")
    assert modified(traces, MADE, status, version="2") == []


def test_a_scaling_from_outside_is_news(traces: Traces) -> None:
    scaled = written("kubectl", "10:05", subresource="scale")
    assert modified(traces, MADE, scaled) == [SHOP]


def test_a_deletion_is_news(traces: Traces) -> None:
    assert traces.take(Changed("DELETED", traces.shape(service(MADE)))) == [SHOP]
    assert len(traces) == 0


def test_what_happened_unseen_is_news_with_the_next_list(traces: Traces) -> None:
    assert traces.take(Listed([traces.shape(service(written(OURS, "10:05")))])) == [SHOP]
    assert traces.take(Listed([])) == [SHOP]
    assert traces.take(Listed([])) == []


def test_who_hides_the_owners_is_told_of_every_change(traces: Traces) -> None:
    assert modified(traces, version="2") == [SHOP]
    assert modified(traces, version="3") == [SHOP]


def test_the_content_of_a_secret_is_not_kept(traces: Traces) -> None:
    secret = service(MADE) | {"data": {"password": "c2VjcmV0"}}
    assert "c2VjcmV0" not in repr(traces.shape(secret))
