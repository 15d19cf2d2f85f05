"""What people say to operations: by signal, by annotation, by the record's `spec.steering`."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.workflows.asked import Asked
from tests.workflows.world import Play, eventually
from workflows.model.kinds import Kind
from workflows.model.observation import PatroniSeen
from workflows.model.operations import Knock
from workflows.model.orders import Configured
from workflows.model.postgresoperation import Phase, Verb
from workflows.model.record import ANNOTATION, RECORD, Steer

HOLDING = "renew 1"


async def edited(play: Play) -> None:
    """A cluster whose template was edited while it ran."""
    await play.knock("added")
    await play.word("Running")
    play.world.edit()
    await play.knock("modified")


def waiting(play: Play) -> list[Asked]:
    return [one for one in play.world.operations.values() if one.seen.phase is Phase.WAITING]


async def waits(play: Play) -> Asked:
    return (await eventually(lambda: waiting(play)))[0]


async def rolled(play: Play) -> None:
    await eventually(lambda: play.world.crew.history == ["renew 1", "lead 1", "renew 0"])
    await play.word("Running")


async def say(play: Play, verb: Verb, by: str, operation: str = "") -> None:
    """As the watcher passes it on."""
    steer = Steer(verb=verb, by=by, operation=operation)
    message = Knock(uid=play.world.uid, generation=0, reason="steered", steering=steer)
    await play.entity.signal("knock", message)


async def test_what_needs_approval_waits_and_shows_its_plan(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    asked = await waits(play)
    assert asked.told == ("approval",)
    assert asked.status is not None
    assert asked.status.plan is not None
    name = play.world.ref.name
    assert asked.status.plan.restarts == [f"{name}-1", f"{name}-0"]
    assert asked.status.plan.write_gap_seconds is not None
    assert play.world.crew.history == []


async def test_meanwhile_everything_else_is_looked_after(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    await waits(play)
    play.world.roles_synced = False
    await play.knock("modified")
    await eventually(lambda: play.world.roles_synced)
    assert play.world.crew.history == []
    assert len(waiting(play)) == 1


async def test_an_annotation_does_not_approve_and_says_so(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    await waits(play)
    play.world.annotation = "approve"
    await say(play, Verb.APPROVE, ANNOTATION)
    await eventually(lambda: any("can't approve" in event for event in play.world.events))
    assert play.world.annotation == ""
    assert play.world.crew.history == []


async def test_a_word_that_nobody_knows_is_told(play: Play) -> None:
    await edited(play)
    await rolled(play)
    play.world.annotation = "rolback"
    await play.knock("modified")
    await eventually(lambda: play.world.annotation == "")
    await eventually(lambda: any("nobody knows rolback" in one for one in play.world.events))


@pytest.mark.parametrize("how", ["signal", "record"])
async def test_it_begins_once_it_is_approved(play: Play, how: str) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    asked = await waits(play)
    if how == "signal":
        await play.entity.signal("approve")
    else:
        play.world.operations[asked.seen.name] = asked.steered(Verb.APPROVE)
        await say(play, Verb.APPROVE, RECORD, asked.seen.name)
    await rolled(play)
    assert play.world.annotation == ""
    assert play.world.operations[asked.seen.name].seen.phase is Phase.SUCCEEDED


async def test_an_approval_counts_for_the_plan_that_was_shown(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    first = (await waits(play)).seen.name
    await play.entity.signal("abort")
    await eventually(lambda: play.world.operations[first].seen.phase is Phase.ABORTED)
    play.world.edit()
    await play.knock("modified")
    second = (await waits(play)).seen.name
    assert second != first
    assert play.world.crew.history == []


async def test_what_was_called_off_waits_for_an_edit(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    name = (await waits(play)).seen.name
    await play.entity.signal("abort")
    await eventually(lambda: play.world.operations[name].seen.phase is Phase.ABORTED)
    await play.word("UpdateFailed")
    await play.knock("modified")
    await eventually(play.at_rest)
    assert waiting(play) == []


async def test_automatic_work_waits_for_a_window_and_tells_when_it_opens(play: Play) -> None:
    play.world.in_windows = [Kind.ROLLING_UPDATE]
    play.world.window_opens = "2999-01-01T01:00:00Z"
    await edited(play)
    assert (await waits(play)).told == ("a maintenance window, opens at 2999-01-01T01:00:00Z",)
    play.world.window_opens = ""
    await play.knock("requested")
    await rolled(play)


async def test_the_window_wakes_the_cluster_by_itself(play: Play) -> None:
    play.world.in_windows = [Kind.ROLLING_UPDATE]
    opens = datetime.now(UTC) + timedelta(seconds=3)
    play.world.window_opens = opens.isoformat()
    await edited(play)
    await waits(play)
    play.world.window_opens = ""
    await rolled(play)


async def test_a_restart_that_parameters_ask_for_waits_until_it_is_approved(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.to_approve = play.world.apart = [Kind.RESTART]
    play.world.patroni = PatroniSeen(changes=["max_connections is 100, not 50"])
    play.world.configured, play.world.generation = Configured(changed=["x"], restart=True), 2
    await play.knock("modified")
    asked = await waits(play)
    assert (asked.seen.kind, asked.told) == (Kind.RESTART, ("approval",))
    assert "configure" in play.world.calls
    assert "restart" not in play.world.calls
    play.world.configured = Configured(restart=True)
    await play.entity.signal("approve")
    await eventually(lambda: play.world.operations[asked.seen.name].seen.phase is Phase.SUCCEEDED)
    assert play.world.calls.count("restart") == 1
    await play.word("Running")


async def test_the_primary_of_a_scale_down_moves_when_that_is_approved(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.lead(1)
    play.world.to_approve = play.world.apart = [Kind.SWITCHOVER]
    play.world.edit()
    play.world.instances = 1
    await play.knock("modified")
    asked = await waits(play)
    assert (asked.seen.kind, asked.told) == (Kind.SWITCHOVER, ("approval",))
    assert len(play.world.crew.pods()) == 2
    await play.entity.signal("approve")
    await eventually(lambda: len(play.world.crew.pods()) == 1)
    assert play.world.operations[asked.seen.name].seen.phase is Phase.SUCCEEDED
    await play.word("Running")


async def test_who_asks_does_not_wait_for_a_window(play: Play) -> None:
    play.world.in_windows = [Kind.SWITCHOVER]
    play.world.window_opens = "2999-01-01T01:00:00Z"
    await play.knock("added")
    await play.word("Running")
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.SWITCHOVER)
    await play.knock("operation asked for")
    await eventually(lambda: play.world.operations["mine"].seen.phase is Phase.SUCCEEDED)


async def test_a_dry_run_of_an_edit_shows_what_would_change(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.dry_run = True
    play.world.edit()
    await play.knock("modified")
    planned = await eventually(
        lambda: [one for one in play.world.operations.values() if one.seen.phase is Phase.PLANNED]
    )
    assert planned[0].status is not None
    assert planned[0].status.plan is not None
    assert planned[0].status.plan.changes == [f"StatefulSet {play.world.ref.name} is changed: spec"]
    await eventually(play.at_rest)
    assert play.world.crew.newest == 1


@pytest.mark.parametrize("by", [ANNOTATION, RECORD, "signal"])
async def test_a_running_operation_is_paused_and_resumed(play: Play, by: str) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    await told(play, Verb.PAUSE, by)
    await play.until_operation_hears(Verb.PAUSE)
    play.world.release(HOLDING)
    await eventually(lambda: "resume, before" in running(play).told[-1:].__repr__())
    assert running(play).seen.phase is Phase.PAUSED
    assert "lead 1" not in play.world.crew.history
    await told(play, Verb.RESUME, by)
    await rolled(play)
    assert play.world.annotation == ""


async def test_a_running_operation_is_aborted(play: Play) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    await told(play, Verb.ABORT, ANNOTATION)
    await eventually(lambda: running(play).seen.phase is Phase.ABORTED)
    status = running(play).status
    assert status is not None
    assert status.steering == Verb.ABORT


async def test_words_for_another_operation_do_not_reach_the_one_that_runs(play: Play) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    await say(play, Verb.ABORT, RECORD, "another")
    play.world.release(HOLDING)
    await rolled(play)


async def told(play: Play, verb: Verb, by: str) -> None:
    if by == "signal":
        await play.entity.signal(verb)
        return
    if by == ANNOTATION:
        play.world.annotation = verb
    found = await eventually(lambda: rolling(play))
    await say(play, verb, by, found[0].seen.name if by == RECORD else "")


def running(play: Play) -> Asked:
    """The record of the rolling update."""
    (found,) = rolling(play)
    return found


def rolling(play: Play) -> list[Asked]:
    every = play.world.operations.values()
    return [one for one in every if one.seen.kind is Kind.ROLLING_UPDATE]
