"""Volumes that the cloud's own API modifies, as a part of operations."""

from temporalio.exceptions import ApplicationError

from tests.workflows.world import Play, eventually
from workflows.model.children import Group


async def slow_volumes(play: Play) -> list[str]:
    """A running cluster whose volumes are to be faster; what was done for it."""
    await play.knock("added")
    await play.word("Running")
    before = len(play.world.calls)
    play.world.slow_volumes = True
    await play.knock("requested")
    await eventually(lambda: "modify volumes" in play.world.calls)
    await play.operation("2-sync").result()
    return [call for call in play.world.calls[before:] if call not in ("observe", "report")]


async def test_the_cloud_is_asked_before_claims_are_resized(play: Play) -> None:
    calls = await slow_volumes(play)
    assert calls[:2] == ["modify volumes", f"apply {Group.VOLUME_CLAIMS}"]


async def test_what_the_cloud_can_not_do_is_told_at_the_end(play: Play) -> None:
    await slow_volumes(play)
    result = await play.operation("2-sync").result()
    assert "vol-1 is to have 4000 IOPS" in result["changed"]
    assert result["problems"] == ["no EBS volume"]
    await eventually(lambda: "Sync: no EBS volume" in play.world.events)


async def test_trouble_in_the_cloud_keeps_nothing_else_from_being_done(play: Play) -> None:
    play.world.faults["modify volumes"] = [ApplicationError("it is gone", type="Precondition")]
    calls = await slow_volumes(play)
    assert f"apply {Group.VOLUME_CLAIMS}" in calls
    result = await play.operation("2-sync").result()
    assert result["outcome"] == "succeeded"
    assert result["problems"] == ["modify volumes: it is gone"]


async def test_a_cluster_without_such_volumes_never_asks_the_cloud(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.objects.discard(Group.SERVICES)
    await play.knock("requested")
    await eventually(lambda: Group.SERVICES in play.world.objects)
    await play.operation("2-sync").result()
    assert "modify volumes" not in play.world.calls
