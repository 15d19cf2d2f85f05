from watcher.farewells import Farewells
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

A, B = (ClusterRef(namespace="ns", name=name) for name in "ab")
GONE = Knock(uid="1", reason="deleted", gone=True)


def test_a_farewell_is_kept_until_its_workflow_has_ended() -> None:
    farewells = Farewells()
    farewells.note(A, GONE)
    farewells.note(B, GONE)
    farewells.settle({A})
    assert farewells.all() == [(B, GONE)]


def test_what_is_no_farewell_is_not_kept() -> None:
    farewells = Farewells()
    farewells.note(A, Knock(uid="1", reason="modified"))
    assert farewells.all() == []


def test_news_that_say_nothing_of_the_resource_leave_it() -> None:
    farewells = Farewells()
    farewells.note(A, GONE)
    farewells.note(A, Knock(uid="", reason="an operation is asked for"))
    assert farewells.all() == [(A, GONE)]


def test_another_resource_of_the_same_name_makes_it_void() -> None:
    farewells = Farewells()
    farewells.note(A, GONE)
    farewells.note(A, Knock(uid="2", reason="added"))
    assert farewells.all() == []
