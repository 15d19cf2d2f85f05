"""Commands that steer what runs or waits: approve, pause, resume, abort, rollback."""

import time
from typing import Annotated

import typer

from cli import steering, watching
from cli.api import CLUSTERS, OPERATIONS
from cli.commands.options import Timeout
from cli.desk import Desk, desk
from cli.errors import Complaint
from workflows.model.names import STEERING
from workflows.model.postgresoperation import Verb

HEARD_SECONDS = 60.0

Target = Annotated[
    str, typer.Argument(metavar="CLUSTER|OPERATION", help="A cluster, or one of its operations")
]


def approve(context: typer.Context, target: Target, timeout: Timeout = HEARD_SECONDS) -> None:
    """Let what waits for approval begin, on the plan that was shown (kubectl pg plan)."""
    _say(desk(context), target, Verb.APPROVE, seconds=timeout)


def pause(context: typer.Context, target: Target, timeout: Timeout = HEARD_SECONDS) -> None:
    """Hold before the next step."""
    _say(desk(context), target, Verb.PAUSE, seconds=timeout)


def resume(context: typer.Context, target: Target, timeout: Timeout = HEARD_SECONDS) -> None:
    """Go on after a pause."""
    _say(desk(context), target, Verb.RESUME, seconds=timeout)


def abort(context: typer.Context, target: Target, timeout: Timeout = HEARD_SECONDS) -> None:
    """End it now, or call it off if it only waits; what was begun is left as it is."""
    _say(desk(context), target, Verb.ABORT, seconds=timeout)


def rollback(context: typer.Context, target: Target, timeout: Timeout = HEARD_SECONDS) -> None:
    """End it now, and put the former pod template back, also after one that failed."""
    at = desk(context)
    if _rests(at, target):
        _say_to_cluster(at, target, Verb.ROLLBACK, seconds=timeout)
    else:
        _say(at, target, Verb.ROLLBACK, seconds=timeout)


def _rests(at: Desk, target: str) -> bool:
    """Whether a cluster is meant of which nothing runs or waits."""
    found = at.operations()
    if any(target == one.name or (target == one.cluster and not one.finished) for one in found):
        return False
    return at.cluster(target).name == target


def _say_to_cluster(at: Desk, cluster: str, verb: Verb, *, seconds: float) -> None:
    """By annotation, which the operator takes off once it has heard it."""
    at.api.patch(CLUSTERS, cluster, {"metadata": {"annotations": {STEERING: verb}}})
    deadline = time.monotonic() + seconds
    while at.annotation(cluster, STEERING):
        if time.monotonic() > deadline:
            raise Complaint(
                f"{cluster} was told to {verb}, and has not answered within {seconds:.0f} s: "
                "check that the operator runs."
            )
        time.sleep(watching.EVERY_SECONDS / 2)
    at.screen.line(f"{cluster} has heard it; kubectl pg status {cluster} shows what comes of it")


def _say(at: Desk, target: str, verb: Verb, *, seconds: float) -> None:
    """Once it is written the operator has to say that it heard: a write alone proves nothing."""
    chosen = steering.choose(at.operations(), target, verb)
    for change in steering.changes(chosen, verb):
        at.api.patch(OPERATIONS, chosen.name, change)
    after = watching.until(
        at, chosen.name, lambda one: steering.is_heard(one, verb), seconds=seconds
    )
    if not steering.is_heard(after, verb):
        raise steering.unheard(after, verb, seconds)
    at.screen.line(steering.answer(after, verb))
