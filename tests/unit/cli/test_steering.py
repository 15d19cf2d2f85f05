"""Whom a word is for, whether it fits, and whether it was heard."""

import pytest

from cli import steering
from cli.errors import Complaint, Missing
from tests.unit.cli.given import operation
from workflows.model.postgresoperation import Verb

RUNNING = operation("runs", phase="Running")
WAITING = operation("waits", phase="Waiting", waitingFor="approval")
PAUSED = operation("paused", phase="Paused", said="pause")
ENDED = operation("ended", phase="Succeeded")


@pytest.mark.parametrize(
    ("verb", "name"),
    [(Verb.APPROVE, "waits"), (Verb.PAUSE, "runs")],
)
def test_of_a_cluster_it_goes_to_the_operation_that_it_fits(verb: Verb, name: str) -> None:
    assert steering.choose([ENDED, RUNNING, WAITING], "shop", verb).name == name


def test_an_operation_can_be_named() -> None:
    assert steering.choose([RUNNING, WAITING], "waits", Verb.ABORT).name == "waits"


def test_which_one_is_not_guessed() -> None:
    with pytest.raises(Complaint, match="name one of them: runs, waits"):
        steering.choose([RUNNING, WAITING], "shop", Verb.ABORT)


def test_other_clusters_are_left_alone() -> None:
    with pytest.raises(Missing, match="No operation called shop"):
        steering.choose([operation("other", cluster="books", phase="Running")], "shop", Verb.ABORT)


@pytest.mark.parametrize(
    ("verb", "target", "why"),
    [
        (Verb.APPROVE, "runs", "it has begun already"),
        (Verb.PAUSE, "waits", "it has not begun; abort calls it off"),
        (Verb.RESUME, "runs", "it is not paused"),
        (Verb.ABORT, "ended", "it has ended"),
    ],
)
def test_a_word_that_does_not_fit_is_refused_with_the_reason(
    verb: Verb, target: str, why: str
) -> None:
    with pytest.raises(Complaint, match=why):
        steering.choose([RUNNING, WAITING, PAUSED, ENDED], target, verb)


def test_one_that_holds_before_its_next_step_can_be_resumed_already() -> None:
    told = operation("told", phase="Running", said="pause")
    assert steering.choose([told], "shop", Verb.RESUME).name == "told"


def test_an_edit_that_waits_can_be_rolled_back_but_not_what_somebody_asked_for() -> None:
    assert not steering.objection(WAITING, Verb.ROLLBACK)
    asked = operation("asked", phase="Waiting", automatic=False)
    assert steering.objection(asked, Verb.ROLLBACK) == "it has not begun; abort calls it off"


def test_a_word_that_stands_there_already_is_taken_away_first() -> None:
    assert steering.changes(PAUSED, Verb.PAUSE) == [
        {"spec": {"steering": None}},
        {"spec": {"steering": "pause"}},
    ]
    assert steering.changes(PAUSED, Verb.RESUME) == [{"spec": {"steering": "resume"}}]


def test_written_is_not_heard() -> None:
    written = operation(phase="Running", said="pause")
    assert not steering.is_heard(written, Verb.PAUSE)
    assert steering.is_heard(operation(phase="Running", said="pause"), Verb.APPROVE)
    assert steering.is_heard(operation(phase="Running", steering="pause"), Verb.PAUSE)
    assert steering.is_heard(operation(phase="Paused"), Verb.PAUSE)


def test_abort_and_rollback_are_heard_when_it_says_so_or_has_ended() -> None:
    for verb in (Verb.ABORT, Verb.ROLLBACK):
        assert not steering.is_heard(RUNNING, verb)
        assert steering.is_heard(operation(phase="Aborted"), verb)


def test_silence_is_explained_by_the_step_that_runs() -> None:
    busy = operation("runs", phase="Running", step="renew shop-1")
    assert str(steering.unheard(busy, Verb.PAUSE, 60)) == (
        'runs was told to pause, and has not answered within 60 s: "renew shop-1" still runs, '
        "and it answers before its next step; kubectl pg status shows it."
    )


def test_an_approved_one_may_still_wait_for_its_window() -> None:
    waits = operation("waits", phase="Waiting", waitingFor="a maintenance window, opens at 3")
    said = str(steering.unheard(waits, Verb.APPROVE, 60))
    assert said.endswith("it still waits for a maintenance window, opens at 3.")
