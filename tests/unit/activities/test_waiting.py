import pytest

from activities import waiting
from workflows.model.errors import NotYet


def test_ends_when_nothing_is_awaited_and_tells_each_round() -> None:
    rounds = iter(["two pods", "one pod", ""])
    told: list[str] = []
    waiting.until(lambda: next(rounds), seconds=60, tell=told.append, pause=0)
    assert told == ["two pods", "one pod"]


def test_gives_up_with_what_is_still_awaited() -> None:
    with pytest.raises(NotYet, match="one pod"):
        waiting.until(lambda: "one pod", seconds=0, tell=lambda text: None, pause=0)
