from activities.patroni.sight import Pace
from workflows.model.members import PodSeen

PENDING = PodSeen(name="acid-0", uid="1", phase="Pending")
RUNNING = PENDING.model_copy(update={"phase": "Running"})


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def pause(pace: Pace, clock: Clock) -> float:
    """Seconds until the next list, in steps of half a second."""
    began = clock.now
    while not pace.is_due():
        clock.now += 0.5
    return clock.now - began


def test_pods_are_listed_at_once_and_then_every_other_second() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.is_due()
    pace.listed([PENDING])
    assert pause(pace, clock) == 2


def test_pods_that_do_not_change_are_listed_less_and_less_often() -> None:
    clock = Clock()
    pace = Pace(clock)
    pauses = []
    for clock.now in (0.0, 10.0, 50.0, 300.0):
        pace.listed([PENDING])
        pauses.append(pause(pace, clock))
    assert pauses == [2, 2, 5, 10]


def test_a_change_makes_them_interesting_again() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.listed([PENDING])
    clock.now = 300.0
    pace.listed([RUNNING])
    assert pause(pace, clock) == 2
