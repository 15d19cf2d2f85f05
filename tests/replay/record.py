"""Records the histories that later releases must still be able to replay.

    python -m tests.replay.record RELEASE

plays the cases below on the dev server with fake steps and writes
`histories/<workflow>/<release>-<case>.json.gz`. Existing files are never overwritten: a release
adds histories and leaves old ones alone.
"""

import asyncio
import gzip
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from tests.temporal_server import temporal
from tests.workflows.world import Play, Steps, World, eventually, workers
from workflows.model.observation import BadField, Deletion
from workflows.model.operations import Group

HISTORIES = Path(__file__).parent / "histories"
Case = Callable[[Play], Awaitable[list[str]]]


async def lifetime(play: Play) -> list[str]:
    """Created, repaired, edited while nothing is to do, deleted with a finalizer."""
    play.world.finalizer = True
    await play.knock("added")
    await play.word("Running")
    play.world.objects.discard(Group.SERVICES)
    await play.knock("requested")
    await eventually(lambda: Group.SERVICES in play.world.objects)
    await play.operation("2-sync").result()
    play.world.deletion = Deletion(requested=True)
    play.world.generation += 1
    await play.knock("modified")
    await play.entity.result()
    return ["", "op/1-create", "op/2-sync", "op/3-delete"]


async def faults(play: Play) -> list[str]:
    """A step fails five times, a second one for good; then it is asked for again."""
    forbidden = [ApplicationError("forbidden", type="Forbidden") for _ in range(5)]
    play.world.faults["apply services"] = list(forbidden)
    play.world.faults["roles"] = [ApplicationError("no such role", type="Precondition")]
    await play.knock("added")
    await play.word("CreateFailed")
    await play.knock("requested")
    await play.word("Running")
    return ["", "op/1-create", "op/2-create"]


async def steered(play: Play) -> list[str]:
    """Paused and resumed, superseded by an edit, then aborted."""
    play.world.hold("apply services")
    await play.knock("added")
    await eventually(lambda: "apply services" in play.world.calls)
    await play.operation("1-create").signal("pause", "lunch")
    play.world.release("apply services")
    await eventually(lambda: bool(play.world.status["operation"].get("waitingFor")))
    play.world.hold("until primary")
    await play.operation("1-create").signal("resume")
    await eventually(lambda: "until primary" in play.world.calls)
    play.world.generation += 1
    await play.knock("modified")
    await play.operation("1-create").result()
    await eventually(lambda: play.world.calls.count("until primary") == 2)
    await play.operation("2-create").signal("abort", "enough")
    await play.word("CreateFailed")
    await play.entity.terminate("recorded")
    return ["", "op/1-create", "op/2-create"]


async def invalid(play: Play) -> list[str]:
    """A manifest that is refused, and healed by an edit."""
    play.world.invalid = [BadField(path="spec.clone", value="{}", accepted="a cluster name")]
    await play.knock("added")
    await play.word("CreateFailed")
    play.world.invalid = []
    play.world.generation += 1
    await play.knock("modified")
    await play.word("Running")
    await play.entity.terminate("recorded")
    return [""]


CASES: tuple[Case, ...] = (lifetime, faults, steered, invalid)


async def record(release: str) -> None:
    steps = Steps()
    async with temporal() as environment, workers(environment.client, steps):
        for case in CASES:
            await _play(environment.client, steps, case, release)


async def _play(client: Client, steps: Steps, case: Case, release: str) -> None:
    world = World(name=f"acid-{case.__name__}")
    steps.worlds[world.ref] = world
    for part in await case(Play(client, world)):
        workflow = world.ref.workflow_id + (f"/{part}" if part else "")
        history = await client.get_workflow_handle(workflow).fetch_history()
        kind = history.events[0].workflow_execution_started_event_attributes.workflow_type.name
        number = part.partition("/")[2].partition("-")[0]
        name = f"{release}-{case.__name__}" + (f"-{number}" if number else "")
        target = HISTORIES / kind / f"{name}.json.gz"
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress(history.to_json().encode(), mtime=0))
            print(target.relative_to(HISTORIES))


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1]))
