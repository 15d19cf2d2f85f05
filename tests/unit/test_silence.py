"""Members that receive nothing: what is a moment, what lasts, and what is told of it."""

from datetime import datetime, timedelta

from tests.unit.test_plan import NOW, running
from workflows import silence
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.report import EventNote
from workflows.plan import decide

REPLICA = "acid-orders-1"
SENTENCE = f"{REPLICA} receives nothing from the primary: start failed"
SOON, LATER = NOW + timedelta(seconds=20), NOW + timedelta(seconds=50)


def mute(**more: object) -> Observation:
    return running(silent={REPLICA: "start failed"}, **more)


def after(*looks: tuple[Observation, datetime]) -> tuple[Memory, list[EventNote]]:
    memory, notes = Memory(uid="u"), []
    for seen, now in looks:
        memory, new = silence.heard(memory, seen, now)
        notes += new
    return memory, notes


def test_a_moment_is_no_news_and_is_looked_at_again_soon() -> None:
    memory, notes = after((mute(), NOW), (mute(), SOON))
    plan = decide(mute(), memory, SOON)
    assert notes == []
    assert plan.report == decide(running(), memory, SOON).report
    assert plan.look_again_seconds == silence.LOOK_SECONDS
    assert plan.why == "everything is as it should be"


def test_what_lasts_is_told_by_one_event_and_a_condition_and_the_member_does_not_count() -> None:
    memory, notes = after((mute(), NOW), (mute(), LATER), (mute(), LATER + timedelta(minutes=5)))
    assert [(note.message, note.warning) for note in notes] == [(SENTENCE, True)]
    plan = decide(mute(), memory, LATER)
    assert plan.why == f"nothing can be done about Replication: {SENTENCE}"
    assert plan.report is not None
    assert plan.report.members_ready == "1/2"
    conditions = {one.type: one for one in plan.report.conditions or []}
    assert (conditions["Replication"].status, conditions["Replication"].message) == (
        "False",
        SENTENCE,
    )
    assert (conditions["Ready"].status, conditions["Ready"].message) == (
        "False",
        "1 of 2 members serve",
    )
    assert plan.look_again_seconds == 300


def test_one_that_received_meanwhile_begins_anew() -> None:
    memory, notes = after((mute(), NOW), (running(), SOON), (mute(), LATER))
    assert notes == []
    assert silence.lasting(mute(), memory, LATER).silent == {}


def test_what_is_to_be_done_is_done_all_the_same() -> None:
    memory, _ = after((mute(), NOW), (mute(), LATER))
    plan = decide(mute(sql_pending=["role shop is to be made"]), memory, LATER)
    assert plan.order is not None
