"""What people are told of the past comes from Temporal, not from a process's memory."""

from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from matriarch.census import Census
from matriarch.measuring import Measurements
from matriarch.metrics import Labels
from matriarch.rest.past import Past
from tests.workflows.world import Play, Steps, eventually
from workflows.model.children import Group


async def lines(play: Play, *, most: int = 100) -> list[str]:
    found = await Past(lambda: play.client).lines(play.world.ref, most=most)
    return [f"{line['Level']} {line['Message']}" for line in found]


async def ended(play: Play) -> list[str]:
    """The lines, once they are complete: the status word is told a moment before the end."""
    told = await lines(play)
    return told if told and told[-1].endswith(": ended") else []


async def test_the_log_of_a_cluster_tells_its_steps_in_order(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    told = await eventually(lambda: ended(play))
    steps = [line for line in told if ": status" not in line and "report" not in line]
    assert steps[:2] == ["info 1-create: begun", "info 1-create: apply all objects: done"]
    assert told[-1] == "info 1-create: ended"


async def test_the_log_tells_why_a_step_failed(play: Play) -> None:
    play.world.faults["apply services"] = [ApplicationError("quota", type="Precondition")]
    await play.knock("added")
    await play.word("CreateFailed")
    assert "error 1-create: apply all objects: quota" in await eventually(lambda: ended(play))


async def test_only_as_many_lines_are_told_as_asked_for(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    await eventually(lambda: ended(play))
    assert await lines(play, most=1) == ["info 1-create: ended"]


async def test_the_history_of_a_cluster_holds_what_succeeded(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.objects.discard(Group.SERVICES)
    await play.knock("requested")
    await eventually(lambda: Group.SERVICES in play.world.objects)

    async def changes() -> list[list[str]]:
        found = await Past(lambda: play.client).changes(play.world.ref, most=10)
        return [change["Diff"] for change in found]

    async def both() -> bool:
        return len(await changes()) == 2

    await eventually(both)
    first, second = await changes()
    assert first[0].startswith("create: ")
    assert second[0].startswith("sync: ")
    assert "Service" in second


async def test_clusters_are_counted_by_their_word(play: Play, client: Client) -> None:
    await play.knock("added")
    await play.word("Running")
    census = Census(lambda: client, wanted=lambda: True)

    async def counted() -> bool:
        return (await census.count())["Running"] > 0

    await eventually(counted)


def count(measured: Measurements, **labels: str) -> float:
    wanted: Labels = tuple(labels.items())
    samples = [each for family in measured.families() for each in family.samples]
    return sum(each.value for each in samples if each.labels == wanted)


async def test_operations_and_steps_are_counted_where_they_run(play: Play, steps: Steps) -> None:
    created = count(steps.measured, kind="create", outcome="succeeded")
    looked = count(steps.measured, step="cluster.observe", outcome="succeeded")
    await play.knock("added")
    await play.word("Running")
    assert count(steps.measured, kind="create", outcome="succeeded") == created + 1
    assert count(steps.measured, step="cluster.observe", outcome="succeeded") > looked
