"""The list of clusters, and one of them."""

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from cli import moments
from cli.facts import Cluster, Operation
from cli.screen import Bar, Grid, Part
from cli.views import colours
from cli.views.operations import progress, title
from workflows.model.status import Member, OperationStatus


def overview(clusters: Sequence[Cluster], *, at: datetime, namespaces: bool) -> list[Part]:
    """One line for each cluster."""
    headings = ["NAME", "STATUS", "READY", "VERSION", "OPERATION", "AGE"]
    rows = [_row(one, at) for one in clusters]
    if namespaces:
        headings = ["NAMESPACE", *headings]
        rows = [[Text(one.namespace), *row] for one, row in zip(clusters, rows, strict=True)]
    return [Grid(headings, rows)]


def _row(one: Cluster, at: datetime) -> list[Text]:
    return [
        Text(one.name, "bold"),
        colours.word(one.word),
        Text(one.ready or "-"),
        Text(one.version or "-"),
        Text(_doing(one.doing)),
        Text(moments.age(one.created, at)),
    ]


def _doing(operation: OperationStatus | None) -> str:
    return f"{operation.kind} {operation.percent} %" if operation else "-"


def detail(one: Cluster, operations: Sequence[Operation], *, at: datetime) -> list[Part]:
    """Everything that one wants to know at 3 a.m.; `operations` are not finished."""
    parts: list[Part] = [_heading(one)]
    if one.wrong:
        parts += [
            Text(),
            *(_complaint(each.type, each.message or each.reason) for each in one.wrong),
        ]
    if one.members:
        parts += [Text(), Grid(["MEMBER", "ROLE", "STATE", "LAG", "TIMELINE"], _members(one))]
    for each in operations:
        parts += [Text(), title(each), *progress(each, at=at)]
    if one.doing and not operations:
        parts += [Text(), *_progress_told_by_cluster(one.doing, at)]
    if one.next_window:
        parts += [Text(), Text(f"next maintenance window: {one.next_window}")]
    return parts


def _heading(one: Cluster) -> Text:
    ready = one.ready.replace("/", " of ")
    facts = [f"Postgres {one.version}"] if one.version else []
    facts += [f"{ready} members ready"] if ready else []
    facts += [] if one.current else ["the newest edit is not taken up yet"]
    heading = Text.assemble((one.name, "bold"), f" in {one.namespace}: ", colours.word(one.word))
    return heading.append("".join(f", {fact}" for fact in facts))


def _complaint(about: str, message: str) -> Text:
    return Text.assemble((f"{about}: ", "bold red"), message)


def _members(one: Cluster) -> list[list[Text]]:
    return [_member(member) for member in one.members]


def _member(one: Member) -> list[Text]:
    good = one.state in ("running", "streaming")
    return [
        Text(one.name),
        Text(one.role or "-", "bold" if one.role in ("master", "primary") else ""),
        Text(one.state or "-", "green" if good else "yellow"),
        Text(moments.size(one.lag)),
        Text("-" if one.timeline is None else str(one.timeline)),
    ]


def _progress_told_by_cluster(operation: OperationStatus, at: datetime) -> list[Part]:
    """Where there is no record of it, as of a deletion."""
    beside = " ".join(filter(None, [operation.step, moments.left(operation.eta, at)]))
    parts: list[Part] = [Text(operation.kind, "bold"), Bar(operation.percent, Text(beside))]
    if operation.waiting_for:
        parts.append(Text(f"waits for {operation.waiting_for}", "yellow"))
    return parts
