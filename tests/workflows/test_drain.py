import pytest
from temporalio.exceptions import ApplicationError

from tests.workflows.world import Play, eventually

STEPS = ("members", "renew 1", "healthy 1", "switch over to 1", "renew 0", "healthy 0")


async def cordoned(play: Play, *nodes: str) -> None:
    """A running cluster whose nodes are then to be left."""
    await play.knock("added")
    await play.word("Running")
    play.world.crew.cordoned = set(nodes)
    await play.knock("a node is to be left")


async def emptied(play: Play) -> None:
    """Wait until no member is on such a node, and the status says that all is well."""
    crew = play.world.crew
    await eventually(lambda: not any(pod.leaving for pod in crew.pods()))
    await play.word("Running")


async def test_replicas_move_first_and_the_primary_after_a_switchover(play: Play) -> None:
    await cordoned(play, "node-0", "node-1")
    await emptied(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]
    record = next(one for one in play.world.operations.values() if one.seen.kind == "drain")
    assert record.phases[-1] == "Succeeded"


async def test_a_primary_alone_on_its_node_hands_over_and_follows(play: Play) -> None:
    await cordoned(play, "node-0")
    await emptied(play)
    assert play.world.crew.history == ["lead 1", "renew 0"]


async def test_a_primary_that_fits_nowhere_else_hands_over_and_stays(play: Play) -> None:
    play.world.crew.bound = {0}
    await cordoned(play, "node-0")
    await eventually(lambda: play.world.crew.history == ["lead 1"])
    await play.word("Running")
    await eventually(play.at_rest)
    assert play.world.crew.history == ["lead 1"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_passing_fault_at_any_step_does_not_change_what_happens(
    play: Play, step: str
) -> None:
    play.world.faults[step] = [ApplicationError("connection reset", type="Unavailable")]
    await cordoned(play, "node-0", "node-1")
    await emptied(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


@pytest.mark.parametrize("step", STEPS)
async def test_after_a_lasting_fault_at_any_step_a_new_run_does_what_is_left(
    play: Play, step: str
) -> None:
    play.world.faults[step] = [ApplicationError("it is broken", type="Precondition")]
    await cordoned(play, "node-0", "node-1")
    await play.word("SyncFailed")
    await play.knock("requested")
    await emptied(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_outside_of_windows_the_primary_waits_for_the_next_one(play: Play) -> None:
    play.world.window_opens = "2099-01-01T00:00:00Z"
    await cordoned(play, "node-0", "node-1")
    told = "drain waits for a maintenance window, opens at 2099-01-01T00:00:00Z"
    await play.until_entity_says(told)
    assert play.world.crew.history == ["renew 1"]
    play.world.window_opens = ""
    await play.knock("the window is open")
    await emptied(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_a_window_that_closes_during_a_drain_leaves_the_primary_for_the_next_one(
    play: Play,
) -> None:
    play.world.hold("healthy 1")
    await cordoned(play, "node-0", "node-1")
    await eventually(lambda: "healthy 1" in play.world.calls)
    play.world.window_opens = "2099-01-01T00:00:00Z"
    play.world.release("healthy 1")
    told = "drain waits for a maintenance window, opens at 2099-01-01T00:00:00Z"
    await play.until_entity_says(told)
    assert play.world.crew.history == ["renew 1"]
    await play.word("Running")
    play.world.window_opens = ""
    await play.knock("the window is open")
    await emptied(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_a_drain_that_is_aborted_leaves_who_has_not_moved(play: Play) -> None:
    play.world.hold("renew 1")
    await cordoned(play, "node-0", "node-1")
    await eventually(lambda: "renew 1" in play.world.calls)
    await play.operation("2-drain").signal("abort", "enough")
    await play.word("SyncFailed")
    assert play.world.crew.history == []
