"""Operations that somebody asks for by a `PostgresOperation`."""

import pytest
from temporalio.exceptions import ApplicationError

from tests.workflows.asked import Asked
from tests.workflows.world import Play, eventually
from workflows.model.kinds import Kind
from workflows.model.postgresoperation import Phase


async def ask(play: Play, kind: Kind, **more: str | bool) -> None:
    """Of a cluster that runs."""
    await play.knock("added")
    await play.word("Running")
    play.world.operations["mine"] = Asked.by_somebody("mine", kind, **more)
    await play.knock("operation asked for")


async def ended(play: Play, phase: Phase = Phase.SUCCEEDED) -> str:
    """Wait for the end; returns the message."""
    await eventually(lambda: play.world.operations["mine"].seen.phase is phase)
    status = play.world.operations["mine"].status
    assert status is not None
    return status.message


async def test_a_switchover_moves_the_lead_once(play: Play) -> None:
    await ask(play, Kind.SWITCHOVER)
    told = await ended(play)
    name = play.world.ref.name
    assert told == f"{name}-1 leads, {name}-0 follows"
    assert play.world.crew.history == ["lead 1"]
    await play.word("Running")


async def test_a_switchover_to_a_member_that_leads_already_does_nothing(play: Play) -> None:
    await ask(play, Kind.SWITCHOVER, candidate=f"{play.world.ref.name}-0")
    assert await ended(play) == f"{play.world.ref.name}-0 leads already"
    assert play.world.crew.history == []


async def test_a_switchover_that_was_done_when_everything_was_lost_is_not_done_again(
    play: Play,
) -> None:
    await ask(play, Kind.SWITCHOVER, leader=f"{play.world.ref.name}-1")
    assert await ended(play) == f"{play.world.ref.name}-0 leads, {play.world.ref.name}-1 follows"
    assert play.world.crew.history == []


async def test_in_synchronous_mode_any_member_may_be_asked_to_lead(play: Play) -> None:
    play.world.edit(instances=3)
    await play.knock("modified")
    await eventually(lambda: len(play.world.crew.pods()) == 3 and play.at_rest())
    play.world.crew.standby = 1
    await ask(play, Kind.SWITCHOVER, candidate=f"{play.world.ref.name}-2")
    assert await ended(play) == f"{play.world.ref.name}-2 leads, {play.world.ref.name}-0 follows"
    assert play.world.crew.history[-3:] == ["synchronous 2", "lead 2", "reset synchronous"]


async def test_a_synchronous_standby_takes_over_as_it_is(play: Play) -> None:
    play.world.crew.standby = 1
    await ask(play, Kind.SWITCHOVER)
    await ended(play)
    assert play.world.crew.history == ["lead 1"]


async def test_a_restart_takes_replicas_first(play: Play) -> None:
    await ask(play, Kind.RESTART)
    await ended(play)
    assert play.world.crew.history == ["restart 1", "restart 0"]
    done = [call for call in play.world.calls if call.startswith(("restart", "healthy"))]
    assert done == ["restart 1", "healthy 1", "restart 0", "healthy 0"]


async def test_a_restart_of_one_member_leaves_the_others_alone(play: Play) -> None:
    await ask(play, Kind.RESTART, member=f"{play.world.ref.name}-0")
    await ended(play)
    assert play.world.crew.history == ["restart 0"]


async def test_a_replica_copies_its_data_anew(play: Play) -> None:
    await ask(play, Kind.REINITIALISE, member=f"{play.world.ref.name}-1")
    await ended(play)
    assert play.world.crew.history == ["reinitialise 1"]


async def test_the_data_of_the_leader_are_never_thrown_away(play: Play) -> None:
    await ask(play, Kind.REINITIALISE, member=f"{play.world.ref.name}-0")
    told = await ended(play, Phase.FAILED)
    assert told == f"{play.world.ref.name}-0 leads; ask for a switchover first"
    assert play.world.crew.history == []


async def test_a_rolling_update_renews_pods_whose_template_is_the_newest(play: Play) -> None:
    await ask(play, Kind.ROLLING_UPDATE)
    await ended(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_what_fails_is_told_once_and_leaves_the_cluster_as_it_was(play: Play) -> None:
    play.world.faults["restart 1"] = [ApplicationError("refused", type="Precondition")]
    await ask(play, Kind.RESTART)
    name = play.world.ref.name
    assert await ended(play, Phase.FAILED) == f"restart Postgres in {name}-1: refused"
    await play.word("Running")
    assert play.world.calls.count("restart 1") == 1


async def test_the_record_shows_the_plan_and_each_step_with_its_time(play: Play) -> None:
    await ask(play, Kind.SWITCHOVER)
    await ended(play)
    status = play.world.operations["mine"].status
    assert status is not None
    assert status.plan is not None
    assert status.plan.primary_moves
    assert status.plan.leader == f"{play.world.ref.name}-0"
    titles = [step.title for step in status.steps if step.state == "done"]
    assert f"switch over to {play.world.ref.name}-1" in titles
    assert all(step.seconds is not None for step in status.steps)
    assert status.workflow_id.startswith(f"{play.world.ref}/op/")


async def test_a_request_does_not_tell_again_what_failed_before_it(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.faults["renew 1"] = [ApplicationError("no room", type="Precondition")]
    play.world.longest_retry_seconds = 600.0
    play.world.edit()
    await play.knock("modified")
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    told = len(play.world.events)
    play.world.faults["renew 1"] = [ApplicationError("still none", type="Precondition")]
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.ROLLING_UPDATE)
    await play.knock("operation asked for")
    assert "still none" in await ended(play, Phase.FAILED)
    await eventually(play.at_rest)
    assert not any("no room" in event for event in play.world.events[told:])


async def test_automatic_operations_have_records_too(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    (record,) = play.world.operations.values()
    assert record.seen.kind is Kind.CREATE
    assert record.seen.phase is Phase.SUCCEEDED
    assert record.seen.name.startswith(f"{play.world.ref.name}-create-")


async def test_what_is_written_wrongly_is_refused_with_the_reason(play: Play) -> None:
    await ask(play, Kind.SWITCHOVER, invalid="spec.candidate: nobody is not accepted")
    assert await ended(play, Phase.REFUSED) == "spec.candidate: nobody is not accepted"
    assert play.world.crew.history == []


async def test_one_for_a_cluster_that_is_not_there_is_refused(play: Play) -> None:
    play.world.exists = False
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.SWITCHOVER)
    await play.knock("operation asked for")
    assert await ended(play, Phase.REFUSED) == f"there is no cluster {play.world.ref.name}"
    await play.entity.result()


async def test_a_dry_run_shows_the_plan_and_does_nothing(play: Play) -> None:
    await ask(play, Kind.ROLLING_UPDATE, dry_run=True)
    await ended(play, Phase.PLANNED)
    status = play.world.operations["mine"].status
    assert status is not None
    assert status.plan is not None
    name = play.world.ref.name
    assert status.plan.restarts == [f"{name}-1", f"{name}-0"]
    assert play.world.crew.history == []


async def test_one_for_later_waits_and_other_work_goes_on(play: Play) -> None:
    await ask(play, Kind.SWITCHOVER, at="2999-01-01T02:00:00Z")
    await eventually(lambda: bool(play.world.operations["mine"].told))
    assert play.world.operations["mine"].told == ("its time, 2999-01-01T02:00:00Z",)
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: play.world.crew.history == ["renew 1", "lead 1", "renew 0"])
    assert play.world.operations["mine"].seen.phase is Phase.WAITING


async def test_two_are_carried_out_one_after_the_other(play: Play) -> None:
    play.world.hold("switch over to 1")
    await ask(play, Kind.SWITCHOVER)
    await eventually(lambda: "switch over to 1" in play.world.calls)
    play.world.operations["other"] = Asked.by_somebody("other", Kind.RESTART)
    await play.knock("operation asked for")
    play.world.release("switch over to 1")
    await eventually(lambda: play.world.operations["other"].seen.phase is Phase.SUCCEEDED)
    assert play.world.crew.history == ["lead 1", "restart 0", "restart 1"]


@pytest.mark.parametrize("kind", [Kind.SWITCHOVER, Kind.RESTART])
async def test_an_edit_does_not_end_what_somebody_asked_for(play: Play, kind: Kind) -> None:
    first = "switch over to 1" if kind is Kind.SWITCHOVER else "restart 1"
    play.world.hold(first)
    await ask(play, kind)
    await eventually(lambda: first in play.world.calls)
    play.world.edit()
    await play.knock("modified")
    play.world.release(first)
    await ended(play)
    await eventually(lambda: len(play.world.crew.history) > 3)
    assert Phase.SUPERSEDED not in play.world.operations["mine"].phases
