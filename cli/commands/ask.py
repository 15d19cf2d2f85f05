"""Commands that ask for an operation: switchover, restart, reinitialise, rolling-update.

First the operator is asked for a plan, which is shown, then the person, unless `--yes` is said.
"""

from typing import Annotated, Any

import typer

from cli import asking, moments, watching
from cli.api import OPERATIONS
from cli.commands.options import ClusterName, Timeout
from cli.desk import Desk, desk
from cli.errors import Complaint, Denied
from cli.facts import Operation
from cli.views import operations as views
from workflows.model.kinds import Kind
from workflows.model.postgresoperation import Phase

PLAN_SECONDS = 30.0
FOLLOW_SECONDS = 3600.0

Candidate = Annotated[str, typer.Option(help="Member that is to lead; the best one, if not said")]
At = Annotated[str, typer.Option("--at", help="Not before: 2026-01-31T02:00:00Z, or +30m")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the plan")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask whether to go ahead")]
Wait = Annotated[bool, typer.Option(help="Look on until it has ended")]
Member = Annotated[str, typer.Argument(metavar="MEMBER", help="Name of its pod")]
AnyMember = Annotated[str, typer.Argument(metavar="[MEMBER]", help="Name of its pod; else all")]


def switchover(
    context: typer.Context,
    cluster: ClusterName,
    candidate: Candidate = "",
    at: At = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
) -> None:
    """Let another member lead."""
    _ask(
        desk(context),
        asking.request(
            cluster,
            Kind.SWITCHOVER,
            candidate=candidate,
            at=_when(at),
        ),
        dry_run=dry_run,
        yes=yes,
        seconds=timeout if wait else 0,
    )


def restart(
    context: typer.Context,
    cluster: ClusterName,
    member: AnyMember = "",
    at: At = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
) -> None:
    """Restart Postgres in place, in one member or in all, the primary last."""
    _ask(
        desk(context),
        asking.request(
            cluster,
            Kind.RESTART,
            member=member,
            at=_when(at),
        ),
        dry_run=dry_run,
        yes=yes,
        seconds=timeout if wait else 0,
    )


def reinitialise(
    context: typer.Context,
    cluster: ClusterName,
    member: Member,
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
) -> None:
    """Let a replica throw its data away and copy them anew from the primary."""
    _ask(
        desk(context),
        asking.request(cluster, Kind.REINITIALISE, member=member),
        dry_run=dry_run,
        yes=yes,
        seconds=timeout if wait else 0,
    )


def rolling_update(
    context: typer.Context,
    cluster: ClusterName,
    at: At = "",
    dry_run: DryRun = False,
    yes: Yes = False,
    wait: Wait = True,
    timeout: Timeout = FOLLOW_SECONDS,
) -> None:
    """Make all pods anew, one at a time, the primary last after a switchover."""
    _ask(
        desk(context),
        asking.request(
            cluster,
            Kind.ROLLING_UPDATE,
            at=_when(at),
        ),
        dry_run=dry_run,
        yes=yes,
        seconds=timeout if wait else 0,
    )


def _when(said: str) -> str:
    return moments.at_time(said, moments.now()) if said else ""


def _ask(at: Desk, request: dict[str, Any], *, dry_run: bool, yes: bool, seconds: float) -> None:
    cluster = str(request["spec"]["cluster"])
    at.cluster(cluster)
    if dry_run:
        planned = _planned(at, request)
        if planned.phase is not Phase.PLANNED:
            raise _no_plan(at, planned)
        return
    if not yes:
        _confirm(at, request)
    made = at.api.create(OPERATIONS, request)["metadata"]["name"]
    at.screen.note(f"asked for as {made}")
    if not seconds:
        return
    if when := request["spec"].get("at"):
        at.screen.note(f"It begins at {when}; kubectl pg status {cluster} shows it.")
        return
    raise typer.Exit(watching.follow(at, made, seconds=seconds))


def _confirm(at: Desk, request: dict[str, Any]) -> None:
    """Nothing is asked for unless a person, having seen the plan, wants it."""
    if not (at.screen.live and at.interactive):
        raise Complaint("Nobody can be asked here whether to go ahead: say --yes.")
    planned = _planned(at, request)
    try:
        at.api.delete(OPERATIONS, planned.name)
    except Denied:
        at.screen.note(f"{planned.name} keeps the plan")
    question = "Go ahead?"
    if planned.phase is not Phase.PLANNED:
        at.screen.note(str(_no_plan(at, planned)))
        question = "Ask for it without having seen a plan?"
    typer.confirm(question, abort=True)


def _planned(at: Desk, request: dict[str, Any]) -> Operation:
    """The operator's plan, shown; refused, when it can't be done as it is asked for."""
    trial = {**request, "spec": {**request["spec"], "dryRun": True}}
    name = at.api.create(OPERATIONS, trial)["metadata"]["name"]
    planned = watching.until(at, name, lambda one: one.finished, seconds=PLAN_SECONDS)
    if planned.phase is Phase.PLANNED:
        at.screen.show([views.title(planned), *views.plan(planned.status.plan)])
    elif planned.finished:
        raise Complaint(f"{planned.phase}: {planned.status.message}")
    return planned


def _no_plan(at: Desk, planned: Operation) -> Complaint:
    """The operator did not answer in time, mostly because it is busy with this cluster."""
    busy = [one for one in at.unfinished(planned.cluster) if one.name != planned.name]
    running = [one for one in busy if one.phase in (Phase.RUNNING, Phase.PAUSED)]
    why = f"{views.line(running[0])} ({running[0].name})" if running else ""
    return Complaint(
        f"There is no plan within {PLAN_SECONDS:.0f} s: "
        + (f"what is asked for waits its turn behind {why}." if why else "does the operator run?")
    )
