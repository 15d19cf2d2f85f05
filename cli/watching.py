"""Looks on until something is over: live on a terminal, else a line whenever something is new."""

import time
from collections.abc import Callable, Sequence

from rich.live import Live

from cli.desk import Desk
from cli.errors import Complaint, Missing, Unreachable
from cli.facts import Operation
from cli.screen import Part, plain
from cli.views import operations as views
from workflows.model.postgresoperation import Phase

EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 60.0
"""How long Kubernetes may be unreachable while somebody looks on."""
Seen = tuple[Sequence[Part], str, bool]
"""What to show, the same as one line, and whether that is all."""
Look = Callable[[], Seen]
GOOD_ENDS = (Phase.SUCCEEDED, Phase.PLANNED)


def follow(desk: Desk, name: str, *, seconds: float) -> int:
    """Until the operation has ended; the exit code says how."""
    deadline = time.monotonic() + seconds
    last = desk.operation(name)

    def look() -> Seen:
        nonlocal last
        last = _still_there(desk, name)
        over = last.finished or time.monotonic() > deadline
        return views.following(last, at=desk.now), views.line(last), over

    watch(desk, look)
    if not last.finished:
        raise Complaint(
            f"{name} has not ended within {seconds:.0f} s: {views.line(last)}. It goes on; "
            f"kubectl pg status {last.cluster} shows it."
        )
    return 0 if last.phase in GOOD_ENDS else 1


def watch(desk: Desk, look: Look) -> None:
    """Until `look` says that it is over."""
    seen = _patient(look)
    if not desk.screen.live:
        _print_news(desk, seen)
        return
    with Live(console=desk.screen.out, auto_refresh=False) as live:
        while True:
            parts, _, over = seen()
            live.update(desk.screen.group(parts), refresh=True)
            if over:
                return
            time.sleep(EVERY_SECONDS)


def until(
    desk: Desk, name: str, check: Callable[[Operation], bool], *, seconds: float
) -> Operation:
    """The operation once it is so, or as it is when the time has passed."""
    deadline = time.monotonic() + seconds
    while True:
        one = _still_there(desk, name)
        if check(one) or time.monotonic() > deadline:
            return one
        time.sleep(EVERY_SECONDS / 2)


def _print_news(desk: Desk, look: Look) -> None:
    last = ""
    while True:
        parts, line, over = look()
        text = line or "\n".join(map(plain, parts))
        if text != last:
            desk.screen.line(text)
            last = text
        if over:
            return
        time.sleep(EVERY_SECONDS)


def _patient(look: Look) -> Look:
    """Operations go on while Kubernetes can't be asked for a moment; so do we."""
    answered = time.monotonic()
    last: Seen | None = None

    def seen() -> Seen:
        nonlocal answered, last
        try:
            last = look()
            answered = time.monotonic()
        except Unreachable:
            if last is None or time.monotonic() - answered > PATIENCE_SECONDS:
                raise
        assert last is not None
        return last

    return seen


def _still_there(desk: Desk, name: str) -> Operation:
    try:
        return desk.operation(name)
    except Missing:
        raise Missing(
            f"{name} was deleted meanwhile: kubectl pg status shows what its cluster does."
        ) from None
