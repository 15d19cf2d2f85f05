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
from datetime import timedelta
from pathlib import Path

from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.temporal_server import temporal
from tests.workflows.asked import Asked
from tests.workflows.world import Play, Steps, World, eventually, workers
from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.observation import BadField, Deletion, PatroniSeen
from workflows.model.orders import Configured
from workflows.model.postgresoperation import Phase
from workflows.model.turns import FLEET, RolloutRule

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


async def rolled(play: Play) -> list[str]:
    """An edit renews both pods; a bad one is stopped by the next; then the primary's member goes.

    The members that are to go are removed after another one leads.
    """
    await play.knock("added")
    await play.word("Running")
    await _edit(play)
    play.world.edit(bad=True)
    await play.knock("modified")
    await eventually(lambda: play.world.crew.history.count("renew 0") == 2)
    await _edit(play)
    play.world.crew.lead(1)
    await _edit(play, instances=1)
    await play.entity.terminate("recorded")
    kinds = ["create", "update", "rolling-update", "update", "rolling-update"]
    kinds += ["update", "rolling-update", "update"]
    return ["", *(f"op/{number}-{kind}" for number, kind in enumerate(kinds, 1))]


async def asked(play: Play) -> list[str]:
    """One operation of each kind that people may ask for; a second switchover waits, then goes."""
    await play.knock("added")
    await play.word("Running")
    await _ask(play, "moved", Kind.SWITCHOVER)
    await _ask(play, "bounced", Kind.RESTART)
    await _ask(play, "copied", Kind.REINITIALISE, member=f"{play.world.ref.name}-0")
    await _ask(play, "rolled", Kind.ROLLING_UPDATE)
    play.world.to_approve = [Kind.SWITCHOVER]
    waiting = Asked.by_somebody("approved", Kind.SWITCHOVER)
    play.world.operations["approved"] = waiting
    await play.knock("operation asked for")
    await eventually(lambda: play.world.operations["approved"].told == ("approval",))
    await play.entity.signal("approve")
    await _ended(play, "approved")
    await play.entity.terminate("recorded")
    kinds = ["switchover", "restart", "reinitialise", "rolling-update", "switchover"]
    return ["", *(f"op/{number}-{kind}" for number, kind in enumerate(kinds, 2))]


async def rolled_back(play: Play) -> list[str]:
    """A bad template is paused, resumed and rolled back, and the next one is rolled out."""
    await play.knock("added")
    await play.word("Running")
    play.world.edit(bad=True)
    await play.knock("modified")
    await eventually(lambda: play.world.crew.history == ["renew 1"])
    await play.entity.signal("pause", "to think")
    await play.entity.signal("resume")
    await play.entity.signal("rollback")
    await play.word("UpdateFailed")
    await _edit(play)
    await play.entity.terminate("recorded")
    kinds = ["update", "rolling-update", "rolling-update", "update", "rolling-update"]
    return ["", *(f"op/{number}-{kind}" for number, kind in enumerate(kinds, 2))]


async def drained(play: Play) -> list[str]:
    """The nodes of both members are to be left."""
    await play.knock("added")
    await play.word("Running")
    play.world.crew.cordoned = {"node-0", "node-1"}
    await play.knock("a node is to be left")
    await eventually(lambda: play.world.crew.history == ["renew 1", "lead 1", "renew 0"])
    await play.word("Running")
    await eventually(play.at_rest)
    await play.entity.terminate("recorded")
    return ["", "op/2-drain"]


async def rolled_out(play: Play) -> list[str]:
    """A change of the configuration that the cluster takes over when it is its turn."""
    await play.knock("added")
    await play.word("Running")
    await eventually(lambda: bool(play.world.status.get("rolledGeneration")))
    play.world.rollout = RolloutRule(name="another image", parallel=1, most_failures=1)
    play.world.template += 1
    await play.knock("configuration changed", renewed=True)
    await eventually(lambda: play.world.crew.history == ["renew 1", "lead 1", "renew 0"])
    await eventually(play.at_rest)
    await play.client.get_workflow_handle(FLEET).result()
    await play.entity.terminate("recorded")
    return ["", "op/3-rolling-update", FLEET]


async def lost(play: Play) -> list[str]:
    """A member is lost and comes back, one is silent for long, an update that changed no template
    is rolled back, and the resource vanishes before anybody has told of it."""
    await play.knock("added")
    await play.word("Running")
    play.world.crew.down = {1}
    play.world.hold("until members")
    await play.knock("pods changed")
    await eventually(lambda: play.world.status["membersReady"] == "1/2")
    play.world.crew.down = set()
    play.world.release("until members")
    await eventually(lambda: play.world.status["membersReady"] == "2/2")
    play.world.silent = {f"{play.world.ref.name}-1": "running"}
    await play.knock("pods changed")
    skipper = TimeSkipper(play.client, config=TimeSkippingConfig(enabled=False))
    while play.world.status["membersReady"] == "2/2":
        await skipper.fast_forward(play.entity, timedelta(seconds=20))
        await asyncio.sleep(0.1)
    play.world.silent = {}
    play.world.hold("configure")
    play.world.patroni = PatroniSeen(changes=["max_connections is 100, not 50"])
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: play.world.calls.count("configure") == 2)
    await play.entity.signal("rollback")
    await play.word("UpdateFailed")
    await eventually(play.at_rest)
    play.world.exists = False
    play.world.unseen = "its annotations are unknown"
    await play.knock("pods changed")
    await play.entity.result()
    return ["", "op/2-sync", "op/3-update"]


async def _ask(play: Play, name: str, kind: Kind, **chosen: str) -> None:
    play.world.operations[name] = Asked.by_somebody(name, kind, **chosen)
    await play.knock("operation asked for")
    await _ended(play, name)


async def _ended(play: Play, name: str) -> None:
    await eventually(lambda: play.world.operations[name].seen.phase is Phase.SUCCEEDED)


async def _edit(play: Play, *, instances: int | None = None) -> None:
    play.world.edit(instances=instances)
    await play.knock("modified")
    await _settled(play)


async def _settled(play: Play) -> None:
    wanted = play.world.generation
    await eventually(lambda: play.world.status.get("observedGeneration") == wanted)
    await play.word("Running")


async def volumes(play: Play) -> list[str]:
    """Volumes are modified by the cloud's own API: refused for good at first, then done."""
    play.world.faults["modify volumes"] = [ApplicationError("it is gone", type="Precondition")]
    await play.knock("added")
    await play.word("Running")
    play.world.slow_volumes = True
    await play.knock("requested")
    await eventually(lambda: "modify volumes" in play.world.calls)
    await play.operation("2-sync").result()
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: not play.world.slow_volumes)
    await play.operation("3-update").result()
    await eventually(play.at_rest)
    await play.entity.terminate("recorded")
    return ["", "op/2-sync", "op/3-update"]


async def pressed(play: Play) -> list[str]:
    """A sync that waits for a member makes room for a request, and is begun anew after it."""
    await play.knock("added")
    await play.word("Running")
    await eventually(play.at_rest)
    play.world.patience_seconds = 10.0
    play.world.hold("until members")
    play.world.objects.discard(Group.SERVICES)
    await play.knock("services changed", touched=True)
    await eventually(lambda: play.world.calls.count("until members") == 2)
    play.world.operations["moved"] = Asked.by_somebody("moved", Kind.SWITCHOVER)
    await play.knock("operation asked for", urgent=True)
    await _ended(play, "moved")
    play.world.release("until members")
    await eventually(play.at_rest)
    await play.entity.terminate("recorded")
    return ["", "op/2-sync", "op/3-switchover"]


async def interrupted(play: Play) -> list[str]:
    """A rolling update is paused, renewed and held again, for a moment also by the annotation."""
    await play.knock("added")
    await play.word("Running")
    play.world.hold("renew 1")
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: "renew 1" in play.world.calls)
    await play.entity.signal("pause", "by Ada")
    play.world.release("renew 1")
    await eventually(lambda: "Paused" in _phases(play))
    await play.knock("configuration changed", renewed=True)
    await eventually(lambda: {"Paused", "Superseded"} <= _phases(play))
    play.world.paused = True
    await play.knock("modified", paused=True)
    play.world.paused = False
    await play.knock("modified", paused=False)
    await play.entity.signal("resume", "by Ada")
    await eventually(lambda: play.world.crew.history[-2:] == ["lead 1", "renew 0"])
    await play.word("Running")
    await play.entity.terminate("recorded")
    return ["", "op/3-rolling-update", "op/4-rolling-update"]


async def apart(play: Play) -> list[str]:
    """A restart that parameters ask for is approved; then the primary moves for a scale-down."""
    await play.knock("added")
    await play.word("Running")
    play.world.to_approve = play.world.apart = [Kind.SWITCHOVER, Kind.RESTART]
    play.world.patroni = PatroniSeen(changes=["max_connections is 100, not 50"])
    play.world.configured = Configured(changed=["max_connections is 50"], restart=True)
    play.world.generation += 1
    await play.knock("modified")
    await eventually(lambda: "Waiting" in _phases(play))
    play.world.configured = Configured(restart=True)
    await play.entity.signal("approve")
    await eventually(lambda: "restart" in play.world.calls)
    await eventually(play.at_rest)
    play.world.crew.lead(1)
    play.world.edit(instances=1)
    await play.knock("modified")
    await eventually(lambda: "Waiting" in _phases(play))
    await play.entity.signal("approve")
    await eventually(lambda: len(play.world.crew.pods()) == 1)
    await eventually(play.at_rest)
    await play.entity.terminate("recorded")
    return ["", "op/2-update", "op/3-restart", "op/4-switchover"]


async def synchronous(play: Play) -> list[str]:
    """Whoever is to lead is made a synchronous standby before: asked for, then for a scale-down."""
    play.world.instances = 3
    await play.knock("added")
    await play.word("Running")
    play.world.crew.standby = 1
    await _ask(play, "moved", Kind.SWITCHOVER, candidate=f"{play.world.ref.name}-2")
    play.world.edit(instances=1)
    await play.knock("modified")
    await eventually(lambda: len(play.world.crew.pods()) == 1)
    await eventually(play.at_rest)
    await play.entity.terminate("recorded")
    return ["", "op/2-switchover", "op/3-update"]


def _phases(play: Play) -> set[str]:
    return {str(one.seen.phase) for one in play.world.operations.values()}


CASES: tuple[Case, ...] = (
    lifetime,
    faults,
    steered,
    invalid,
    rolled,
    asked,
    rolled_back,
    drained,
    rolled_out,
    volumes,
    pressed,
    interrupted,
    apart,
    synchronous,
    lost,
)


async def record(release: str) -> None:
    steps = Steps()
    async with temporal() as environment, workers(environment.client, steps):
        for case in CASES:
            await _play(environment.client, steps, case, release)


async def _play(client: Client, steps: Steps, case: Case, release: str) -> None:
    world = World(name=f"acid-{case.__name__}")
    steps.worlds[world.ref] = world
    for part in await case(Play(client, world)):
        workflow = FLEET if part == FLEET else "/".join(filter(None, (world.ref.workflow_id, part)))
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
