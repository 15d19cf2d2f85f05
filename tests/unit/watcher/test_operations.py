from typing import Any

from watcher.feed import Changed, Listed
from watcher.operations import Operations
from workflows.model.base import ClusterRef
from workflows.model.postgresoperation import Verb

ORDERS = ClusterRef(namespace="shop", name="orders")


def operation(name: str = "mine", *, generation: int = 1, **facts: Any) -> dict[str, Any]:
    annotations = {"matriarch.dev/automatic": "true"} if facts.get("automatic") else {}
    whole = {
        "metadata": {
            "namespace": "shop",
            "name": name,
            "generation": generation,
            "annotations": annotations,
        },
        "spec": {"cluster": "orders", "steering": facts.get("steering")},
        "status": {"phase": facts.get("phase", ""), "steering": facts.get("heard")},
    }
    return Operations.shape(whole)


def known(*present: dict[str, Any]) -> Operations:
    operations = Operations()
    operations.take(Listed(list(present)))
    return operations


def test_one_that_is_asked_for_is_news_once() -> None:
    operations = known()
    ((ref, knock),) = operations.take(Changed("ADDED", operation()))
    assert (ref, knock.steering) == (ORDERS, None)
    assert operations.take(Changed("MODIFIED", operation(phase="Running"))) == []


def test_what_the_operator_makes_itself_is_no_news() -> None:
    assert known().take(Changed("ADDED", operation(automatic=True))) == []


def test_whoever_steers_is_heard_also_about_automatic_ones() -> None:
    operations = known(operation(automatic=True, phase="Running"))
    steered = operation(automatic=True, phase="Running", steering="pause", generation=2)
    ((ref, knock),) = operations.take(Changed("MODIFIED", steered))
    assert ref == ORDERS
    assert knock.steering is not None
    assert (knock.steering.verb, knock.steering.operation) == (Verb.PAUSE, "mine")


def test_what_stands_there_from_the_beginning_steers_nothing() -> None:
    ((_, knock),) = known().take(Changed("ADDED", operation(steering="approve")))
    assert knock.steering is None


def test_a_word_that_was_heard_is_not_passed_on_again_by_the_next_process() -> None:
    heard = operation(automatic=True, phase="Paused", steering="pause", heard="pause")
    assert Operations().take(Listed([heard])) == []


def test_what_waits_is_told_at_the_start_of_each_term_and_what_is_over_is_not() -> None:
    waiting, over = operation("one", phase="Waiting"), operation("two", phase="Succeeded")
    letters = Operations().take(Listed([waiting, over]))
    assert [ref for ref, _ in letters] == [ORDERS]


def test_one_that_was_deleted_and_made_again_is_news_again() -> None:
    operations = known(operation())
    assert operations.take(Changed("DELETED", operation())) == []
    assert len(operations.take(Changed("ADDED", operation()))) == 1
