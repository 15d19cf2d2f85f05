from tests.workflows.world import Play, eventually
from workflows.model.children import Stage
from workflows.model.observation import Deletion


async def created(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")


async def test_deletion_with_a_finalizer_removes_stage_by_stage_and_the_finalizer_last(
    play: Play,
) -> None:
    play.world.finalizer = True
    await created(play)
    play.world.deletion = Deletion(requested=True)
    play.world.generation += 1
    await play.knock("modified")
    await play.entity.result()
    removed = [call for call in play.world.calls if call.startswith("remove")]
    assert removed[:3] == [
        "remove event streams",
        "remove logical backup",
        "remove stateful set",
    ]
    assert removed[-1] == "remove finalizer"


async def test_children_of_a_resource_that_vanished_are_removed(play: Play) -> None:
    await created(play)
    play.world.exists = False
    await play.knock("deleted", gone=True)
    await play.entity.result()
    assert play.world.objects == set()


async def test_protection_keeps_the_children_of_a_resource_that_vanished(play: Play) -> None:
    await created(play)
    play.world.exists = False
    play.world.deletion = Deletion(requested=True, refused="delete-date is not today")
    await play.knock("deleted", gone=True)
    await play.entity.result()
    assert not [call for call in play.world.calls if call.startswith("remove")]


async def test_protection_also_holds_for_a_resource_that_vanished_unseen(play: Play) -> None:
    await created(play)
    play.world.exists = False
    play.world.uid = ""
    play.world.deletion = Deletion(requested=True, refused="nobody saw its annotations")
    await play.knock("vanished unseen", gone=True)
    await play.entity.result()
    assert not [call for call in play.world.calls if call.startswith("remove")]


async def test_protection_also_holds_before_anybody_has_told_of_the_deletion(play: Play) -> None:
    await created(play)
    play.world.exists = False
    play.world.unseen = "its annotations are unknown"
    await play.knock("pods changed")
    await play.entity.result()
    assert not [call for call in play.world.calls if call.startswith("remove")]
    assert play.world.events[-1] == "Delete: gone, children stay: its annotations are unknown"
    play.world.deletion = Deletion(requested=True)
    await play.knock("deleted", gone=True)
    await play.entity.result()
    assert play.world.objects == set()


async def test_protection_refuses_a_deletion_with_finalizer_until_the_annotation_is_right(
    play: Play,
) -> None:
    play.world.finalizer = True
    await created(play)
    play.world.deletion = Deletion(requested=True, refused="delete-date is not today")
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: "Delete: delete-date is not today" in play.world.events)
    play.world.deletion = Deletion(requested=True)
    await play.knock("modified")
    await play.entity.result()
    assert not play.world.exists


async def test_deletion_during_create_ends_the_create(play: Play) -> None:
    play.world.finalizer = True
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    play.world.deletion = Deletion(requested=True)
    play.world.generation += 1
    await play.knock("modified")
    await play.entity.result()
    assert (await play.operation("1-create").result())["outcome"] == "superseded"
    assert not play.world.exists


async def test_a_resource_created_again_is_another_cluster(play: Play) -> None:
    await created(play)
    play.world.uid = "uid-2"
    play.world.status = {}
    play.world.objects.clear()
    await play.knock("added")
    await play.word("Running")
    assert "apply access" in play.world.calls
    assert (await play.operation("2-create").result())["outcome"] == "succeeded"


async def test_one_made_anew_at_the_end_of_a_deletion_can_be_deleted_too(play: Play) -> None:
    await created(play)
    last = f"remove {Stage.FINALIZER}"
    play.world.exists = False
    play.world.hold(last)
    await play.knock("deleted", gone=True)
    await eventually(lambda: last in play.world.calls)
    play.world.hold("report")
    reports = play.world.calls.count("report")
    play.world.release(last)
    await eventually(lambda: play.world.calls.count("report") > reports)
    play.world.exists, play.world.uid, play.world.status = True, "uid-2", {}
    await play.knock("added")
    play.world.release("report")
    await play.word("Running")
    play.world.exists = False
    await play.knock("deleted", gone=True)
    await play.entity.result()
    assert play.world.objects == set()
