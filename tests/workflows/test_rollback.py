"""`rollback`: the former pod template is put back, and stays until something else is asked for."""

import pytest

from tests.workflows.asked import Asked
from tests.workflows.world import Play, eventually
from workflows.model.kinds import Kind
from workflows.model.observation import PatroniSeen
from workflows.model.operations import Knock
from workflows.model.postgresoperation import Phase, Verb
from workflows.model.record import ANNOTATION, RECORD, Steer

BROKEN = "renew 1"


async def stuck(play: Play) -> None:
    """A rolling update whose first new pod never serves."""
    await play.knock("added")
    await play.word("Running")
    play.world.edit(bad=True)
    await play.knock("modified")
    await eventually(lambda: BROKEN in play.world.crew.history)
    await eventually(lambda: [one for one in records(play) if one.status])


async def back(play: Play) -> None:
    """Every pod is of the former template, and no other was touched."""
    await eventually(lambda: play.world.crew.history == [BROKEN, BROKEN])
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    assert {pod.ready for pod in play.world.crew.pods()} == {True}


def records(play: Play) -> list[Asked]:
    return [one for one in play.world.operations.values() if one.seen.kind is Kind.ROLLING_UPDATE]


def synced(play: Play) -> dict[str, str]:
    (found,) = [one for one in play.world.status["conditions"] if one["type"] == "Synced"]
    return dict(found)


async def say(play: Play, by: str, operation: str = "") -> None:
    if by == "signal":
        await play.entity.signal("rollback")
        return
    steer = Steer(verb=Verb.ROLLBACK, by=by, operation=operation)
    if by == ANNOTATION:
        play.world.annotation = Verb.ROLLBACK
    await play.entity.signal(
        "knock", Knock(uid=play.world.uid, generation=0, reason="steered", steering=steer)
    )


@pytest.mark.parametrize("by", ["signal", ANNOTATION, RECORD])
async def test_a_stuck_rolling_update_is_undone(play: Play, by: str) -> None:
    await stuck(play)
    await say(play, by, records(play)[0].seen.name if by == RECORD else "")
    await back(play)
    assert synced(play)["reason"] == "RolledBack"
    assert "edit the manifest" in synced(play)["message"]
    assert play.world.annotation == ""
    assert [one.seen.phase for one in records(play)] == [Phase.ROLLED_BACK, Phase.SUCCEEDED]
    plan = records(play)[1].status
    assert plan is not None
    assert plan.plan is not None
    assert plan.plan.restarts == [f"{play.world.ref.name}-1"]
    assert any("Rollback started, rolled back: by" in event for event in play.world.events)


async def test_the_signal_may_go_to_the_operation_itself(play: Play) -> None:
    await stuck(play)
    status = records(play)[0].status
    assert status is not None
    await play.client.get_workflow_handle(status.workflow_id).signal("rollback", "it is bad")
    await back(play)


async def test_it_stays_undone_until_another_template_is_asked_for(play: Play) -> None:
    await stuck(play)
    await say(play, "signal")
    await back(play)
    await play.knock("requested")
    await eventually(play.at_rest)
    assert play.world.crew.newest == 1
    play.world.edit()
    await play.knock("modified")
    await play.word("Running")
    assert play.world.crew.newest == 3
    assert {pod.stale for pod in play.world.crew.pods()} == {""}


async def test_one_that_was_aborted_can_still_be_undone(play: Play) -> None:
    await stuck(play)
    await play.entity.signal("abort")
    await eventually(lambda: records(play)[0].seen.phase is Phase.ABORTED)
    await eventually(play.at_rest)
    await say(play, "signal")
    await back(play)


async def test_one_that_waits_for_approval_is_undone_before_it_began(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await play.knock("added")
    await play.word("Running")
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: [one for one in records(play) if one.seen.phase is Phase.WAITING])
    name = records(play)[0].seen.name
    play.world.operations[name] = play.world.operations[name].steered(Verb.ROLLBACK)
    await say(play, RECORD, name)
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    assert play.world.crew.history == []
    assert play.world.crew.newest == 1
    assert play.world.operations[name].finished


async def test_without_trouble_nothing_is_rolled_back(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    await say(play, ANNOTATION)
    await eventually(lambda: any("nothing to roll back" in event for event in play.world.events))
    await eventually(play.at_rest)
    assert play.world.annotation == ""
    assert "restore template" not in play.world.calls


async def test_an_edit_that_comes_first_wins(play: Play) -> None:
    await stuck(play)
    play.world.hold("restore template")
    await say(play, "signal")
    await eventually(lambda: "restore template" in play.world.calls)
    play.world.edit()
    await play.knock("modified")
    play.world.release("restore template")
    await play.word("Running")
    assert play.world.crew.newest == 3


async def test_a_create_is_only_ended_until_somebody_asks(play: Play) -> None:
    play.world.hold("roles")
    await play.knock("added")
    await eventually(lambda: "roles" in play.world.calls)
    await say(play, "signal")
    await play.word("CreateFailed")
    await eventually(play.at_rest)
    assert "restore template" not in play.world.calls
    assert "it had changed no pod template" in synced(play)["message"]
    play.world.release("roles")
    await play.knock("requested")
    await play.word("Running")


async def test_an_operation_that_changed_no_template_is_only_ended(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.hold("configure")
    play.world.patroni = PatroniSeen(changes=["max_connections is 100, not 50"])
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: play.world.calls.count("configure") == 2)
    await say(play, "signal")
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    assert "restore template" not in play.world.calls
    assert play.world.crew.history == []
    assert "it had changed no pod template" in synced(play)["message"]


async def test_an_edit_whose_template_was_not_written_yet_is_undone(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.hold("apply stateful set")
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: play.world.calls.count("apply stateful set") == 2)
    await say(play, "signal")
    await eventually(lambda: "restore template" in play.world.calls)
    play.world.release("apply stateful set")
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    assert play.world.crew.history == []


async def test_a_drain_has_no_template_to_go_back_to(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.hold("renew 1")
    play.world.crew.cordoned = {"node-1"}
    await play.knock("a node is to be left")
    await eventually(lambda: "renew 1" in play.world.calls)
    await say(play, "signal")
    await eventually(
        lambda: (
            [
                one.seen.phase
                for one in play.world.operations.values()
                if one.seen.kind is Kind.DRAIN
            ]
            == [Phase.ROLLED_BACK]
        )
    )
    await eventually(play.at_rest)
    assert "restore template" not in play.world.calls
    assert play.world.crew.history == []
