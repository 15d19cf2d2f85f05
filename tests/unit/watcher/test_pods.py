from typing import Any

from watcher.feed import Changed, Listed
from watcher.pods import Pods
from workflows.model.base import ClusterRef

ORDERS = ClusterRef(namespace="shop", name="orders")


def pod(name: str = "orders-0", **more: Any) -> dict[str, Any]:
    """As the feed hands it over."""
    facts: dict[str, Any] = {"uid": "1", "role": "master", "ready": True, "status": "", **more}
    metadata: dict[str, Any] = {
        "name": name,
        "namespace": "shop",
        "uid": facts["uid"],
        "labels": {"cluster-name": "orders", "spilo-role": facts["role"]},
        "annotations": {"status": facts["status"], **facts.get("annotations", {})},
    }
    if "deleted" in facts:
        metadata["deletionTimestamp"] = facts["deleted"]
    ready = {"type": "Ready", "status": "True" if facts["ready"] else "False"}
    return Pods.shape({"metadata": metadata, "status": {"phase": "Running", "conditions": [ready]}})


def pods() -> Pods:
    known = Pods(name_label="cluster-name", role_label="spilo-role")
    assert known.take(Listed([pod()])) == set()
    return known


def test_what_patroni_writes_every_few_seconds_is_no_news() -> None:
    known = pods()
    for status in ("no JSON", "[]", '{"xlog_location": 1}', '{"xlog_location": 2}'):
        assert known.take(Changed("MODIFIED", pod(status=status))) == set()


def test_a_replica_that_receives_no_more_is_news_once_and_so_is_that_it_does_again() -> None:
    known = pods()
    well, silent = '{"replication_state": "streaming"}', '{"state": "running"}'
    known.take(Changed("ADDED", pod("orders-1", status=well)))
    assert known.take(Changed("MODIFIED", pod("orders-1", status=silent))) == {ORDERS}
    assert known.take(Changed("MODIFIED", pod("orders-1", status=silent))) == set()
    assert known.take(Changed("MODIFIED", pod("orders-1", status=well))) == {ORDERS}


def test_a_member_that_stops_serving_is_news_once() -> None:
    known = pods()
    assert known.take(Changed("MODIFIED", pod(ready=False))) == {ORDERS}
    assert known.take(Changed("MODIFIED", pod(ready=False))) == set()


def test_a_new_role_and_a_pod_about_to_leave_are_news() -> None:
    known = pods()
    assert known.take(Changed("MODIFIED", pod(role="replica"))) == {ORDERS}
    assert known.take(Changed("MODIFIED", pod(role="replica", deleted="now"))) == {ORDERS}


def test_a_pod_flagged_to_be_made_anew_is_news() -> None:
    flag = {"zalando-postgres-operator-rolling-update-required": "true"}
    assert pods().take(Changed("MODIFIED", pod(annotations=flag))) == {ORDERS}


def test_a_pod_that_came_or_went_is_news() -> None:
    known = pods()
    assert known.take(Changed("ADDED", pod("orders-1"))) == {ORDERS}
    assert known.take(Changed("DELETED", pod("orders-1"))) == {ORDERS}
    assert known.take(Changed("DELETED", pod("orders-1"))) == set()


def test_what_went_unseen_is_news_with_the_next_list() -> None:
    known = pods()
    assert known.take(Listed([])) == {ORDERS}
    assert known.take(Listed([])) == set()


def test_pods_of_nobody_are_ignored() -> None:
    stranger = pod()
    del stranger["metadata"]["labels"]["cluster-name"]
    assert pods().take(Changed("ADDED", stranger)) == set()
