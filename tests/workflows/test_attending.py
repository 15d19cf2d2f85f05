"""What ends, holds and reaches an operation while it runs, seen from the entity."""

from tests.workflows.asked import Asked
from tests.workflows.test_steering import HOLDING, edited, rolled, waits
from tests.workflows.world import Play, eventually
from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.observation import Deletion
from workflows.model.postgresoperation import Phase, Verb
from workflows.search import STATUS
from workflows.steering import BY_PAUSING

RUNNING_PHASES = (Phase.RUNNING, Phase.PAUSED)


def of_kind(play: Play, kind: Kind, *phases: Phase) -> list[Asked]:
    return [
        one
        for one in play.world.operations.values()
        if one.seen.kind is kind and one.seen.phase in phases
    ]


async def at_rest(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    await eventually(play.at_rest)


async def stuck(play: Play) -> None:
    """A sync waits for a member that does not come."""
    await at_rest(play)
    play.world.patience_seconds = 10.0
    play.world.hold("until members")
    known = play.world.calls.count("until members")
    play.world.objects.discard(Group.DISRUPTION_BUDGETS)
    await play.knock("touched", touched=True)
    await eventually(lambda: play.world.calls.count("until members") > known)


async def test_a_deleted_object_comes_back_although_a_member_is_waited_for(play: Play) -> None:
    await stuck(play)
    play.world.objects.discard(Group.SERVICES)
    await play.knock("services changed", touched=True)
    await eventually(lambda: Group.SERVICES in play.world.objects)
    play.world.release("until members")
    await eventually(play.at_rest)


async def test_news_that_turn_out_to_be_nothing_end_no_operation(play: Play) -> None:
    await stuck(play)
    looks = len(play.world.fresh_looks)
    await play.knock("services changed", touched=True)
    await eventually(lambda: len(play.world.fresh_looks) > looks)
    play.world.release("until members")
    await eventually(play.at_rest)
    assert not of_kind(play, Kind.SYNC, Phase.SUPERSEDED)
    assert play.world.calls.count("until members") == 2


async def test_a_request_is_answered_although_a_member_is_waited_for(play: Play) -> None:
    await stuck(play)
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.SWITCHOVER)
    await play.knock("asked for", urgent=True)
    await eventually(lambda: play.world.operations["mine"].seen.phase is Phase.SUCCEEDED)
    play.world.release("until members")
    await eventually(play.at_rest)


async def test_a_pause_outlives_a_change_of_the_configuration(play: Play) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    await play.entity.signal("pause", "by Ada")
    await play.until_operation_hears(Verb.PAUSE)
    play.world.release(HOLDING)
    await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.PAUSED))
    await play.knock("configuration changed", renewed=True)
    await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.SUPERSEDED))
    (held,) = await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.PAUSED))
    assert held.status is not None
    assert "renew 0" not in play.world.crew.history
    await play.entity.signal("resume")
    await eventually(lambda: play.world.crew.history[-2:] == ["lead 1", "renew 0"])


async def test_the_annotation_that_pauses_a_cluster_holds_what_runs(play: Play) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    play.world.paused = True
    await play.knock("modified", paused=True)
    await play.until_operation_hears(Verb.PAUSE)
    play.world.release(HOLDING)
    await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.PAUSED))
    assert "lead 1" not in play.world.crew.history
    play.world.paused = False
    await play.knock("modified", paused=False)
    await rolled(play)


async def test_a_persons_pause_outlives_that_of_the_cluster(play: Play) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    operation = play.operation("3-rolling-update")
    await operation.signal("pause", "by Ada")
    await operation.signal("pause", BY_PAUSING)
    await operation.signal("resume", BY_PAUSING)
    play.world.release(HOLDING)
    await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.PAUSED))
    assert "lead 1" not in play.world.crew.history
    await operation.signal("resume", "by Ada")
    await rolled(play)


async def test_an_aborted_update_does_not_come_back_as_a_sync(play: Play) -> None:
    await at_rest(play)
    apply = f"apply {Group.STATEFUL_SET}"
    known = play.world.calls.count(apply)
    play.world.hold(apply)
    play.world.edit(instances=3)
    await play.knock("modified")
    await eventually(lambda: play.world.calls.count(apply) > known)
    await play.entity.signal("abort")
    await eventually(lambda: play.world.word == "UpdateFailed")
    await eventually(play.at_rest)
    play.world.release(apply)
    looks = len(play.world.fresh_looks)
    await play.knock("pods changed")
    await eventually(lambda: len(play.world.fresh_looks) > looks)
    await eventually(play.at_rest)
    assert len(play.world.crew.made_from) == 2
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: len(play.world.crew.made_from) == 3)


async def test_an_approval_by_signal_is_heard_while_something_else_runs(play: Play) -> None:
    play.world.to_approve = [Kind.ROLLING_UPDATE]
    await edited(play)
    await waits(play)
    apply = f"apply {Group.SERVICES}"
    known = play.world.calls.count(apply)
    play.world.hold(apply)
    play.world.objects.discard(Group.SERVICES)
    await play.knock("services changed", touched=True)
    await eventually(lambda: play.world.calls.count(apply) > known)
    await play.entity.signal("approve")
    play.world.release(apply)
    await rolled(play)


async def test_a_rolling_update_that_was_asked_for_makes_room_for_the_edit_that_mends_it(
    play: Play,
) -> None:
    await at_rest(play)
    play.world.hold(HOLDING)
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.ROLLING_UPDATE)
    await play.knock("asked for")
    await eventually(lambda: HOLDING in play.world.calls)
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: play.world.crew.newest == play.world.template)
    play.world.release(HOLDING)
    await eventually(lambda: play.world.operations["mine"].seen.phase is Phase.SUCCEEDED)


async def test_a_paused_request_does_not_keep_a_cluster_from_being_deleted(play: Play) -> None:
    await at_rest(play)
    play.world.hold("restart 1")
    play.world.operations["mine"] = Asked.by_somebody("mine", Kind.RESTART)
    await play.knock("asked for")
    await eventually(lambda: "restart 1" in play.world.calls)
    await play.entity.signal("pause")
    await play.until_operation_hears(Verb.PAUSE)
    play.world.release("restart 1")
    await eventually(lambda: play.world.operations["mine"].seen.phase is Phase.PAUSED)
    play.world.finalizer = True
    play.world.deletion = Deletion(requested=True)
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: not play.world.exists)


async def test_an_operation_of_an_entity_that_is_gone_ends_before_another_begins(
    play: Play,
) -> None:
    play.world.hold(HOLDING)
    await edited(play)
    await eventually(lambda: HOLDING in play.world.calls)
    await play.entity.terminate("by hand")
    await play.knock("unknown")
    await eventually(lambda: of_kind(play, Kind.ROLLING_UPDATE, Phase.SUPERSEDED))
    assert len(of_kind(play, Kind.ROLLING_UPDATE, *RUNNING_PHASES)) <= 1
    play.world.release(HOLDING)
    await rolled(play)


async def test_the_list_of_clusters_says_what_is_done_with_them(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await indexed(play, "Creating")
    play.world.release("until primary")
    await indexed(play, "Running")
    play.world.hold(HOLDING)
    play.world.edit()
    await play.knock("modified")
    await indexed(play, "Updating")
    play.world.release(HOLDING)
    await indexed(play, "Running")


async def indexed(play: Play, word: str) -> None:
    async def found() -> bool:
        described = await play.entity.describe()
        return described.typed_search_attributes.get(STATUS) == word

    await eventually(found)
