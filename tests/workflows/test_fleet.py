"""A change of the configuration reaches clusters by turns."""

import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import pytest
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from tests.workflows.world import Play, Steps, World, eventually
from workflows.fleet import Fleet
from workflows.model.turns import FLEET, RolloutRule
from workflows.rollout import Rollout

RULE = RolloutRule(name="new image", parallel=1, most_failures=1)


@pytest.fixture
async def plays(client: Client, steps: Steps) -> AsyncIterator[Sequence[Play]]:
    """Three clusters that run, and no fleet yet."""
    worlds = [World(name=f"acid-{uuid.uuid4().hex[:8]}") for _ in range(3)]
    steps.worlds.update({world.ref: world for world in worlds})
    plays = [Play(client, world) for world in worlds]
    for play in plays:
        await play.knock("added")
    for play in plays:
        await play.word("Running")
        await eventually(partial(rolled_once, play.world))
    yield plays
    for handle in (*(play.entity for play in plays), client.get_workflow_handle(FLEET)):
        try:
            await handle.terminate("end of the test")
        except RPCError as error:
            assert "already completed" in str(error) or "not found" in str(error), error


async def rolled_out(plays: Sequence[Play], rule: RolloutRule = RULE, *, bad: int = 0) -> None:
    """Another image in the configuration; its pods never serve in the first `bad` clusters."""
    for number, play in enumerate(plays):
        world = play.world
        world.rollout = rule
        world.template += 1
        if number < bad:
            world.faults["healthy 1"] = [ApplicationError("bad image", type="NotYet")]
        await play.knock("configuration changed", renewed=True)
        await eventually(partial(has_asked, play))


def rolled_once(world: World) -> bool:
    return bool(world.status.get("rolledGeneration") == 1)


async def has_asked(play: Play) -> bool:
    """Whether the fleet knows that it wants its turn."""
    try:
        seen = await state(play.client)
    except RPCError:  # nobody has asked yet, so there is no fleet
        return False
    return play.world.ref in [*seen.rolling, *seen.waiting, *seen.failed]


async def until_renewed(play: Play) -> None:
    """Wait until all of its pods are made from the newest template."""
    world = play.world
    await eventually(lambda: set(world.crew.made_from.values()) == {world.template})


def waits(play: Play, why: str) -> Callable[[], bool]:
    return lambda: any(why in told for told in reasons(play))


def reasons(play: Play) -> list[str]:
    return [told for one in play.world.operations.values() for told in one.told]


async def state(client: Client) -> Rollout:
    return await client.get_workflow_handle_for(Fleet.run, FLEET).query(Fleet.rollout)


async def test_one_after_the_other_takes_over_the_change(
    plays: Sequence[Play], client: Client
) -> None:
    first, second, third = plays
    first.world.hold("renew 1")
    await rolled_out(plays)
    await eventually(lambda: "renew 1" in first.world.calls)
    await eventually(waits(second, "its turn in the roll-out (1 of"))
    await eventually(waits(third, "its turn in the roll-out (2 of 2)"))
    assert not any("renew" in one for play in plays for one in play.world.crew.history)
    assert (await state(client)).rolling == [first.world.ref]
    assert (second.world.crew.newest, third.world.crew.newest) == (1, 1)  # to fall back on
    first.world.release("renew 1")
    for play in plays:
        await until_renewed(play)
        await play.word("Running")
    fleet = client.get_workflow_handle(FLEET)
    await fleet.result()  # it ends when nobody needs it


async def test_after_a_failure_no_other_begins_until_a_change_is_made(
    plays: Sequence[Play], client: Client
) -> None:
    await rolled_out(plays, bad=1)
    await plays[0].word("UpdateFailed")
    await eventually(waits(plays[1], "the roll-out has stopped, as it failed in"))
    assert [(one.world.crew.history, one.world.crew.newest) for one in plays[1:]] == [([], 1)] * 2
    await rolled_out(plays, RULE.model_copy(update={"name": "corrected"}))
    for play in plays:
        await until_renewed(play)


async def test_after_a_failure_an_approval_lets_it_go_on(
    plays: Sequence[Play], client: Client
) -> None:
    await rolled_out(plays, bad=1)
    await eventually(waits(plays[1], "the roll-out has stopped, as it failed in"))
    await client.get_workflow_handle(FLEET).signal("approve", "we know")
    for play in plays[1:]:
        await until_renewed(play)


async def test_who_is_gone_holds_nobody_up(plays: Sequence[Play], client: Client) -> None:
    first, second, _ = plays
    first.world.hold("renew 1")
    await rolled_out(plays)
    await eventually(lambda: "renew 1" in first.world.calls)
    await first.entity.terminate("an accident")
    assert (await state(client)).rolling == [first.world.ref]
    await client.get_workflow_handle(FLEET).signal("approve", "go on")
    await until_renewed(second)
    first.world.release("renew 1")


async def test_a_fleet_that_forgot_its_turns_is_asked_anew(
    plays: Sequence[Play], client: Client
) -> None:
    first, second, _ = plays
    first.world.hold("renew 1")
    await rolled_out(plays)
    await eventually(waits(second, "its turn in the roll-out"))
    await client.get_workflow_handle(FLEET).terminate("an accident")
    await second.entity.terminate("an accident")
    await second.knock("anew")
    await until_renewed(second)
    first.world.release("renew 1")
    await until_renewed(first)


async def test_an_edit_of_the_manifest_needs_no_turn(plays: Sequence[Play]) -> None:
    first, second, _ = plays
    first.world.hold("renew 1")
    await rolled_out([first])
    await eventually(lambda: "renew 1" in first.world.calls)
    second.world.rollout = RULE
    second.world.edit()
    await second.knock("modified")
    await until_renewed(second)
    first.world.release("renew 1")
