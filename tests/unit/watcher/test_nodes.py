from typing import Any

from tests.unit.watcher.test_pods import ORDERS, pod
from watcher.feed import Changed, Listed
from watcher.nodes import Nodes
from watcher.pods import Pods
from workflows.model.nodes import NodeRule


def node(name: str = "n1", *, cordoned: bool = False, kernel: str = "6") -> dict[str, Any]:
    return Nodes(NodeRule()).shape(
        {
            "metadata": {"name": name, "resourceVersion": "1"},
            "spec": {"unschedulable": cordoned},
            "status": {"nodeInfo": {"kernelVersion": kernel}},
        }
    )


def nodes() -> Nodes:
    known = Nodes(NodeRule())
    assert known.take(Listed([node(), node("n2", cordoned=True)])) == {"n2"}
    return known


def test_a_node_is_news_when_it_is_cordoned_and_when_it_is_not_any_more() -> None:
    known = nodes()
    assert known.take(Changed("MODIFIED", node(cordoned=True))) == {"n1"}
    assert known.take(Changed("MODIFIED", node(cordoned=True))) == set()
    assert known.take(Changed("MODIFIED", node())) == {"n1"}


def test_what_else_changes_on_a_node_is_no_news() -> None:
    assert nodes().take(Changed("MODIFIED", node(kernel="7"))) == set()


def test_a_new_node_that_takes_pods_and_one_that_went_are_no_news() -> None:
    known = nodes()
    assert known.take(Changed("ADDED", node("n3"))) == set()
    assert known.take(Changed("DELETED", node("n2", cordoned=True))) == set()


def test_what_went_unseen_is_news_with_the_next_list() -> None:
    known = nodes()
    assert known.take(Listed([node(cordoned=True), node("n2")])) == {"n1", "n2"}


def test_the_clusters_with_pods_on_a_node_are_known() -> None:
    known = Pods(name_label="cluster-name", role_label="spilo-role")
    there = Pods.shape({**pod(), "spec": {"nodeName": "n1"}})
    known.take(Listed([there]))
    assert known.on({"n1", "n2"}) == {ORDERS}
    assert known.on({"n2"}) == set()
    known.take(Changed("DELETED", there))
    assert known.on({"n1"}) == set()
