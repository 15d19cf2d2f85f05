import pytest

from activities import waiting
from workflows.model.errors import NotYet


def test_ends_when_nothing_is_awaited_and_tells_each_round() -> None:
    rounds = iter(["two pods", "one pod", ""])
    told: list[str] = []
    waiting.until(lambda: next(rounds), seconds=60, tell=told.append, least_pause=0)
    assert told == ["two pods", "one pod"]


def test_gives_up_with_what_is_still_awaited() -> None:
    with pytest.raises(NotYet, match="one pod"):
        waiting.until(lambda: "one pod", seconds=0, tell=lambda text: None, least_pause=0)


@pytest.mark.parametrize(
    ("waited", "pause"), [(0.0, 0.4), (8.0, 0.4), (20.0, 1.0), (80.0, 4.0), (3600.0, 4.0)]
)
def test_who_has_waited_for_long_looks_less_often(waited: float, pause: float) -> None:
    assert waiting.pause_after(waited, least=0.4) == pytest.approx(pause)
