"""Larger or faster volumes are seen through, and hold nothing else up."""

from temporalio.exceptions import ApplicationError

from tests.workflows.world import Play, eventually
from workflows.model.children import Group


async def asked_for_more(play: Play) -> None:
    """A running cluster whose claims are to ask for more."""
    await play.knock("added")
    await play.word("Running")
    play.world.wanted.add(Group.VOLUME_CLAIMS)
    play.world.generation += 1


async def test_running_is_said_once_the_room_is_there(play: Play) -> None:
    play.world.hold("until grown")
    await asked_for_more(play)
    await play.knock("modified")
    await eventually(lambda: "until grown" in play.world.calls)
    await play.word("Updating")
    play.world.release("until grown")
    await play.word("Running")


async def test_meanwhile_roles_and_members_are_looked_after(play: Play) -> None:
    play.world.hold("until grown")
    await asked_for_more(play)
    play.world.roles_synced = False
    await play.knock("modified")
    await eventually(lambda: "until grown" in play.world.calls)
    await eventually(lambda: play.world.roles_synced)
    play.world.release("until grown")
    await play.word("Running")


async def test_one_that_stays_behind_is_told_and_fails_nothing(play: Play) -> None:
    why = "pgdata-acid-0 has 1Gi of 2Gi; FileSystemResizePending"
    play.world.faults["until grown"] = [ApplicationError(why, type="NotYet")]
    await asked_for_more(play)
    await play.knock("modified")
    await eventually(lambda: any(why in event for event in play.world.events))
    await play.word("Running")


async def test_what_the_storage_driver_refuses_is_told_after_one_try(play: Play) -> None:
    why = "spec.volume.attributesClass fast can't be had"
    refusal = ApplicationError(why, type="Precondition", non_retryable=True)
    play.world.faults["until grown"] = [refusal]
    await asked_for_more(play)
    await play.knock("modified")
    await eventually(lambda: any(why in event for event in play.world.events))
    await play.word("Running")
    assert play.world.calls.count("until grown") == 1
