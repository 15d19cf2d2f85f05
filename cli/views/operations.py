"""Operations: what they would do, how far they are, and what became of them."""

from collections.abc import Sequence
from datetime import datetime

from rich.text import Text

from cli import moments
from cli.facts import Operation
from cli.screen import Bar, Grid, Part
from cli.views import colours
from workflows.model.postgresoperation import OperationPlan, Phase, StepRecord

_SIGNS = {"done": ("✓", "green"), "running": ("…", "cyan"), "failed": ("✗", "red")}


def title(one: Operation) -> Text:
    return Text.assemble((one.kind, "bold"), f" {one.name} ", colours.phase(one.phase))


def progress(one: Operation, *, at: datetime) -> list[Part]:
    """How far it is, and what it waits for."""
    status = one.status
    if not one.answered:
        return [Text("the operator has not answered yet", "yellow")]
    parts: list[Part] = []
    if one.phase in (Phase.RUNNING, Phase.PAUSED):
        parts.append(Bar(status.percent, Text(_beside(one))))
    if eta := moments.left(status.eta, at):
        parts.append(Text(f"{eta} ({status.eta_from})" if status.eta_from else eta, "dim"))
    if status.waiting_for:
        parts.append(Text(f"waits for {status.waiting_for}", "yellow"))
    return parts


def _beside(one: Operation) -> str:
    status = one.status
    steps = f"{status.done} of {status.total} steps done" if status.total else ""
    return ", ".join(filter(None, [steps, status.step]))


def plan(what: OperationPlan | None) -> list[Part]:
    """What it will do, before it does it."""
    if what is None:
        return [Text("it has no plan to show")]
    parts = [Text(what.why)] if what.why else []
    parts += [Text(f"changes   {change}") for change in what.changes]
    if what.restarts:
        parts.append(Text(f"restarts  {', then '.join(what.restarts)}"))
    parts.append(Text(f"primary   {_primary(what)}"))
    parts.append(Text(f"writes    {_writes(what.write_gap_seconds)}"))
    parts += [Text(f"in the way now: {each}", "bold red") for each in what.preflight]
    return [*parts]


def _primary(what: OperationPlan) -> str:
    leads = what.leader or "nobody leads"
    return f"moves away from {leads}" if what.primary_moves else f"stays with {leads}"


def _writes(gap: float | None) -> str:
    if gap is None:
        return "not interrupted"
    return f"interrupted for about {moments.span(gap)}"


def waiting_plan(one: Operation) -> list[Part]:
    """The plan of an operation that runs or waits, with a heading."""
    parts: list[Part] = [title(one), *plan(one.status.plan)]
    if one.status.waiting_for:
        parts.append(Text(f"waits for {one.status.waiting_for}", "yellow"))
    return parts


def following(one: Operation, *, at: datetime) -> list[Part]:
    """The whole of an operation, as one looks on."""
    steps = [_step(step, at) for step in one.status.steps]
    parts: list[Part] = [title(one), *steps, *progress(one, at=at)]
    if one.finished:
        parts.append(ending(one))
    return parts


def _step(step: StepRecord, at: datetime) -> Text:
    sign, style = _SIGNS[step.state]
    seconds = step.seconds
    if seconds is None and (since := moments.parse(step.since)):
        seconds = max(0.0, float(round((at - since).total_seconds())))
    line = Text.assemble(
        "  ", (sign, style), f" {step.title}", (f"  {moments.span(seconds)}", "dim")
    )
    return line.append(f"  {step.remark}", "yellow") if step.remark else line


def ending(one: Operation) -> Text:
    """The last word, with what it took."""
    seconds = moments.took(one.status.started, one.status.finished)
    after = f" after {moments.span(seconds)}" if seconds is not None else ""
    said = f": {one.status.message}" if one.status.message else ""
    return Text.assemble(colours.phase(one.phase), f"{after}{said}")


def line(one: Operation) -> str:
    """Where it stands in one line, for those who have no terminal."""
    if one.finished:
        return ending(one).plain
    if not one.answered:
        return "the operator has not answered yet"
    waits = f"waits for {one.status.waiting_for}" if one.status.waiting_for else ""
    done = f"{one.status.percent} %" if one.phase is not Phase.WAITING else ""
    return " · ".join(filter(None, [str(one.phase), done, one.status.step, waits]))


def history(found: Sequence[Operation], *, at: datetime) -> list[Part]:
    """Finished ones, newest first."""
    headings = ["NAME", "KIND", "RESULT", "ENDED", "TOOK", "MESSAGE"]
    return [Grid(headings, [_past(one, at) for one in found])]


def _past(one: Operation, at: datetime) -> list[Text]:
    seconds = moments.took(one.status.started, one.status.finished)
    ended = moments.age(one.status.finished or one.created, at)
    return [
        Text(one.name),
        Text(one.kind),
        colours.phase(one.phase),
        Text(f"{ended} ago"),
        Text(moments.span(seconds) or "-"),
        Text(one.status.message),
    ]
