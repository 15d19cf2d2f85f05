from datetime import timedelta

from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.workflows.world import Play, eventually
from workflows.model.children import Group


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


async def test_an_entity_rests_only_when_nothing_is_left_to_do(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    assert not await play.at_rest()
    await eventually(lambda: "until primary" in play.world.calls)
    assert not await play.at_rest()
    play.world.release("until primary")
    await eventually(play.at_rest)
    assert play.world.word == "Running"


async def test_an_entity_that_can_not_see_does_not_rest(play: Play) -> None:
    await created(play)
    play.world.faults["observe"] = [ApplicationError("no route", non_retryable=True)]
    await play.knock("modified")
    await eventually(lambda: not play.world.faults["observe"])
    assert not await play.at_rest()


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


async def test_a_look_after_a_knock_is_fresh_and_the_resync_is_not(play: Play) -> None:
    await created(play)
    skipper = TimeSkipper(play.client, config=TimeSkippingConfig(enabled=False))
    before = len(play.world.fresh_looks)
    await skipper.fast_forward(play.entity, timedelta(minutes=31))
    await eventually(lambda: len(play.world.fresh_looks) > before)
    await play.knock("modified")
    await eventually(lambda: len(play.world.fresh_looks) > before + 1)
    assert play.world.fresh_looks[before:] == [False, True]


async def test_a_member_that_receives_nothing_for_long_is_told_until_it_receives(
    play: Play,
) -> None:
    await created(play)
    skipper = TimeSkipper(play.client, config=TimeSkippingConfig(enabled=False))
    (name, *_) = (pod.name for pod in play.world.crew.pods() if pod.role == "replica")
    play.world.silent = {name: "start failed"}
    await play.knock("modified")
    for _ in range(3):
        await looked_again(play, skipper)
    sentence = f"{name} receives nothing from the primary: start failed"
    await eventually(lambda: told(play) == {"Replication": sentence})
    assert play.world.status["membersReady"] == "1/2"
    assert play.world.events.count(f"Sync: {sentence}") == 1
    play.world.silent = {}
    await play.knock("modified")
    await eventually(lambda: told(play) == {})
    assert play.world.status["membersReady"] == "2/2"


async def test_a_member_that_was_lost_counts_no_more_while_it_is_waited_for(play: Play) -> None:
    await created(play)
    play.world.crew.down = {1}
    play.world.hold("until members")
    await play.knock("modified")
    await eventually(lambda: play.world.status["membersReady"] == "1/2")
    await play.word("Updating")
    ready = {one["type"]: one["status"] for one in play.world.status["conditions"]}["Ready"]
    assert ready == "False"
    play.world.crew.down = set()
    play.world.release("until members")
    await eventually(lambda: play.world.status["membersReady"] == "2/2")


async def looked_again(play: Play, skipper: TimeSkipper) -> None:
    looks = len(play.world.fresh_looks)
    await skipper.fast_forward(play.entity, timedelta(seconds=20))
    await eventually(lambda: len(play.world.fresh_looks) > looks)


def told(play: Play) -> dict[str, str]:
    conditions = play.world.status.get("conditions") or []
    return {one["type"]: one["message"] for one in conditions if one["type"] == "Replication"}


async def failed_once(play: Play) -> None:
    """A create that ended badly; nothing stands in the way of the next try."""
    play.world.faults["apply services"] = [ApplicationError("quota", type="Precondition")]
    await play.knock("added")
    await play.word("CreateFailed")


async def test_a_request_by_annotation_does_not_wait_for_the_next_try(play: Play) -> None:
    await failed_once(play)
    play.world.sync_requested = "now"
    await play.knock("modified")
    await play.word("Running")


async def test_the_same_request_counts_once(play: Play) -> None:
    play.world.sync_requested = "now"
    await failed_once(play)
    await play.knock("modified")
    await eventually(lambda: play.world.calls[-1] == "observe")
    assert play.world.word == "CreateFailed"


async def test_the_repair_period_limits_the_pause_before_the_next_try(play: Play) -> None:
    play.world.longest_retry_seconds = 0.0
    await failed_once(play)
    await play.word("Running")


async def test_a_renewed_configuration_replaces_what_was_planned_on_the_old_one(
    play: Play,
) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    await play.knock("configmaps changed", renewed=True)
    assert (await play.operation("1-create").result())["outcome"] == "superseded"
    play.world.release("until primary")
    await play.word("Running")


async def test_a_database_that_can_not_be_made_has_its_own_condition_and_is_tried_again(
    play: Play,
) -> None:
    play.world.impossible_database = "database foo could not be created for x: no such role"
    await play.knock("added")
    await eventually(lambda: "Databases" in conditions(play))
    assert conditions(play)["Databases"] == play.world.impossible_database
    assert conditions(play)["Ready"] == "2 of 2 members serve"
    play.world.impossible_database = ""
    await play.knock("requested")
    await play.word("Running")
    await eventually(lambda: "Databases" not in conditions(play))


def conditions(play: Play) -> dict[str, str]:
    return {found["type"]: found["message"] for found in play.world.status.get("conditions", [])}


async def test_what_somebody_undoes_again_is_put_back_at_once_again(play: Play) -> None:
    await created(play)
    for _ in range(3):
        play.world.objects.discard(Group.SERVICES)
        await play.knock("services changed", touched=True)
        await eventually(lambda: Group.SERVICES in play.world.objects)
        await eventually(play.at_rest)


async def test_a_fight_over_an_object_slows_down(play: Play) -> None:
    await created(play)

    async def undone() -> str:
        play.world.objects.discard(Group.SERVICES)
        await play.knock("services changed", touched=True)
        await eventually(play.at_rest)
        return play.world.word

    words = [await undone() for _ in range(8)]
    assert words[:5] == ["Running"] * 5
    assert words[-1] == "SyncFailed"


async def test_a_renewed_configuration_ends_the_rest_after_a_failure(play: Play) -> None:
    await failed_once(play)
    await play.knock("configmaps changed", renewed=True)
    await play.word("Running")
