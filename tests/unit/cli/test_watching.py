"""Looking on until an operation has ended."""

from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from cli import watching
from cli.api import Object, Resource, Scope
from cli.desk import Desk
from cli.errors import Complaint, Missing, Unreachable
from cli.screen import Screen

Answer = Object | Complaint


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY_SECONDS", 0.0)


class Script:
    """Answers about the operation one after the other, the last one for ever."""

    namespace = "prod"

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)

    def get(self, resource: Resource, name: str) -> Object:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Complaint):
            raise answer
        return answer


def told(**status: Any) -> Object:
    spec = {"cluster": "shop", "kind": "switchover"}
    return {"metadata": {"name": "op", "namespace": "prod"}, "spec": spec, "status": status}


def looking_on(*answers: Answer, terminal: bool = False, seconds: float = 60) -> tuple[int, str]:
    out = StringIO()
    console = Console(file=out, force_terminal=terminal, width=100, highlight=False)
    desk = Desk(Scope(), screen=Screen(out=console))
    vars(desk)["api"] = Script(*answers)
    return watching.follow(desk, "op", seconds=seconds), out.getvalue()


STEP = told(phase="Running", percent=50, step="lead")
GOOD, BAD = told(phase="Succeeded", message="ok"), told(phase="Failed", message="no candidate")


def test_each_change_is_one_line() -> None:
    code, out = looking_on(told(), told(), STEP, STEP, GOOD)
    assert (code, out.splitlines()) == (
        0,
        ["the operator has not answered yet", "Running · 50 % · lead", "Succeeded: ok"],
    )


@pytest.mark.parametrize(("last", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_the_exit_code_is_the_end_of_the_operation(last: Object, code: int) -> None:
    assert looking_on(last)[0] == code


def test_a_short_outage_is_sat_out() -> None:
    assert looking_on(STEP, STEP, Unreachable("gone"), Unreachable("gone"), GOOD)[0] == 0


def test_a_long_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "PATIENCE_SECONDS", 0.0)
    with pytest.raises(Unreachable):
        looking_on(STEP, STEP, Unreachable("gone"))


def test_one_that_was_deleted_does_not_come_back() -> None:
    with pytest.raises(Missing, match="op was deleted meanwhile"):
        looking_on(STEP, STEP, Missing("no"))


def test_to_stop_looking_on_does_not_stop_the_operation() -> None:
    with pytest.raises(Complaint, match=r"not ended within 0 s: Running .* It goes on"):
        looking_on(STEP, seconds=0)


def test_a_terminal_shows_the_whole_of_it() -> None:
    steps = [{"title": "lead", "state": "done", "seconds": 2.0}]
    ended = told(phase="Succeeded", message="shop-1 leads", steps=steps)
    _, out = looking_on(STEP, STEP, ended, terminal=True)
    assert "━" in out
    assert "✓" in out
    assert "shop-1 leads" in out


def test_what_its_step_waits_for_is_told() -> None:
    waits = {"waitingFor": "shop-1: ImagePullBackOff"}
    step = told(phase="Running", percent=50, step="renew", workflowId="w", **waits)
    _, out = looking_on(step, step, GOOD)
    assert "Running · 50 % · renew · waits for shop-1: ImagePullBackOff" in out
