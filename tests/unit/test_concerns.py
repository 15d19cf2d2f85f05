"""Which concerns become warning events."""

from tests.unit.test_plan import NOW, running
from workflows import concerns
from workflows.model.memory import Achieved, Memory
from workflows.model.observation import Concern, Observation

BAD = "database foo could not be created: role nobody does not exist"


def seen(**messages: str) -> Observation:
    return running(concerns=[Concern(name=name, message=told) for name, told in messages.items()])


def told(*looks: Observation, memory: Memory | None = None) -> list[str]:
    memory, notes = memory or Memory(uid="u"), []
    for look in looks:
        memory, new = concerns.heard(memory, look)
        notes += [note.message for note in new]
    return notes


def test_a_concern_is_told_once_and_again_when_it_comes_back() -> None:
    bad = seen(Databases=BAD)
    assert told(bad, bad) == [f"Databases: {BAD}"]
    assert told(bad, running(), bad) == [f"Databases: {BAD}"] * 2


def test_the_same_with_another_number_is_no_news_and_another_reason_is() -> None:
    full = [seen(Databases=f"try {number} failed") for number in (1, 2)]
    assert told(*full, seen(Databases="it went away")) == [
        "Databases: try 1 failed",
        "Databases: it went away",
    ]


def test_what_an_operation_has_told_is_not_told_again() -> None:
    achieved = Achieved(generation=3, why="", at=NOW, problems=[BAD])
    assert told(seen(Databases=BAD), memory=Memory(uid="u", achieved=achieved)) == []
    more = seen(Databases=f"{BAD}; another one")
    assert told(more, memory=Memory(uid="u", achieved=achieved)) == [
        f"Databases: {BAD}; another one"
    ]


def test_what_is_over_with_the_next_look_has_its_condition_only() -> None:
    assert told(seen(Patroni="no member tells the state of the cluster")) == []
