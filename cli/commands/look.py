"""Commands that only look: list, status, plan, history."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from cli import watching
from cli.commands.options import ClusterName, Format, Output
from cli.desk import Desk, desk
from cli.facts import Cluster, Facts, Operation
from cli.screen import Part
from cli.views import clusters as cluster_views
from cli.views import operations as operation_views
from cli.watching import Seen

Everywhere = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Clusters of all namespaces")
]
Watch = Annotated[bool, typer.Option("--watch", "-w", help="Go on looking until Ctrl-C")]
Limit = Annotated[int, typer.Option(min=1, help="How many to show")]


def list_clusters(
    context: typer.Context, everywhere: Everywhere = False, output: Format = Output.TEXT
) -> None:
    """Clusters at one look: status, members, version, what is being done."""
    at = desk(context)
    found = at.clusters(everywhere=everywhere)
    if output is Output.JSON:
        _print_json(at, [_dump(one) for one in found])
    elif found:
        at.screen.show(cluster_views.overview(found, at=at.now, namespaces=everywhere))
    else:
        where = "in any namespace" if everywhere else f"in namespace {at.api.namespace}"
        at.screen.note(f"There are no clusters {where}.")


def status(
    context: typer.Context,
    cluster: ClusterName,
    watch: Watch = False,
    output: Format = Output.TEXT,
) -> None:
    """One cluster: members, what is wrong, what is being done. Exit code 1 unless all is fine."""
    at = desk(context)
    if watch:
        watching.watch(at, lambda: _look(at, cluster))
    one, operations = at.cluster(cluster), at.unfinished(cluster)
    if output is Output.JSON:
        _print_json(at, {**_dump(one), "operations": [_dump(each) for each in operations]})
    else:
        at.screen.show(cluster_views.detail(one, operations, at=at.now))
    raise typer.Exit(0 if one.fine else 1)


def _look(at: Desk, name: str) -> Seen:
    parts = cluster_views.detail(at.cluster(name), at.unfinished(name), at=at.now)
    return parts, "", False


def plan(context: typer.Context, cluster: ClusterName) -> None:
    """What the operations that run or wait will do: restarts, who leads, gap in writing."""
    at = desk(context)
    at.cluster(cluster)
    operations = at.unfinished(cluster)
    if not operations:
        at.screen.note(f"Nothing of {cluster} runs or waits.")
    parts: list[Part] = []
    for one in operations:
        parts += operation_views.waiting_plan(one)
    at.screen.show(parts)


def history(
    context: typer.Context,
    cluster: ClusterName,
    limit: Limit = 20,
    output: Format = Output.TEXT,
) -> None:
    """Operations that have ended, newest first: what came of them and how long they took."""
    at = desk(context)
    found = _ended(at.operations(cluster))[:limit]
    if output is Output.JSON:
        _print_json(at, [_dump(one) for one in found])
    elif found:
        at.screen.show(operation_views.history(found, at=at.now))
    else:
        at.cluster(cluster)  # it may not exist at all
        at.screen.note(f"No operation of {cluster} has ended yet.")


def _ended(found: Sequence[Operation]) -> list[Operation]:
    over = [one for one in found if one.finished]
    return sorted(over, key=lambda one: one.status.finished or one.created, reverse=True)


def _dump(one: Facts) -> dict[str, Any]:
    fine = {"fine": one.fine} if isinstance(one, Cluster) else {}
    return {**one.model_dump(mode="json", by_alias=True), **fine}


def _print_json(at: Desk, value: Mapping[str, Any] | Sequence[Any]) -> None:
    at.screen.line(json.dumps(value, indent=2))
