from datetime import timedelta

from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.workflows.world import Play, eventually
from workflows.model.operations import Group


async def created(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")


async def test_a_lost_object_is_put_back_by_a_sync(play: Play) -> None:
    await created(play)
    play.world.objects.discard(Group.SERVICES)
    await play.knock("requested")
    await eventually(lambda: Group.SERVICES in play.world.objects)
    result = await play.operation("2-sync").result()
    assert "Service" in result["changed"]
    assert "apply secrets" not in play.world.calls[-8:]


async def test_an_entity_that_can_not_see_tries_again_and_says_so(play: Play) -> None:
    await created(play)
    play.world.faults["observe"] = [
        ApplicationError("no route to the API server", non_retryable=True)
    ]
    await play.knock("modified")

    said = ""
    while "can't see the cluster: no route" not in said:
        said = await play.entity_says()


async def test_two_hundred_knocks_end_in_one_consistent_look(play: Play) -> None:
    await created(play)
    for _ in range(200):
        play.world.generation += 1
        await play.knock("modified")
    wanted = play.world.generation
    await eventually(lambda: play.world.status.get("observedGeneration") == wanted)
    assert play.world.word == "Running"


async def test_an_operation_left_by_a_lost_entity_is_ended_before_another_begins(
    play: Play,
) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    await play.entity.terminate("lost")
    await play.knock("added")
    assert (await play.operation("1-create").result())["outcome"] == "superseded"
    play.world.release("until primary")
    await play.word("Running")


async def test_a_killed_operation_is_told_and_tried_again(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    await play.operation("1-create").terminate("by hand")
    await play.word("CreateFailed")
    play.world.release("until primary")
    await play.word("Running")


async def test_the_resync_looks_once_and_writes_nothing(play: Play) -> None:
    await created(play)
    before = len(play.world.calls)
    skipper = TimeSkipper(play.client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(play.entity, timedelta(minutes=31))
    await eventually(lambda: len(play.world.calls) > before)
    assert play.world.calls[before:] == ["observe"]
