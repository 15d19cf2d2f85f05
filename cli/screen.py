"""Where things are shown: with colours and bars on a terminal, else as plain aligned text."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

BAR_WIDTH = 32


@dataclass(frozen=True)
class Grid:
    """Rows under headings."""

    headings: Sequence[str]
    rows: Sequence[Sequence[Text]]


@dataclass(frozen=True)
class Bar:
    """How far something is, and what there is to say about that."""

    percent: int
    beside: Text = field(default_factory=Text)


Part = Text | Grid | Bar


def plain(part: Part) -> str:
    if isinstance(part, Grid):
        return _aligned(part)
    if isinstance(part, Bar):
        return f"{part.percent} %  {part.beside.plain}".rstrip()
    return part.plain


def pretty(part: Part) -> RenderableType:
    if isinstance(part, Grid):
        return _table(part)
    if isinstance(part, Bar):
        row = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=100, completed=part.percent, width=BAR_WIDTH, complete_style="cyan")
        row.add_row(bar, f"{part.percent:3d} %", part.beside)
        return row
    return part


def _aligned(grid: Grid) -> str:
    rows = [list(grid.headings), *([cell.plain for cell in row] for row in grid.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        "   ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    return "\n".join(lines)


def _table(grid: Grid) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    last = len(grid.headings) - 1
    for place, heading in enumerate(grid.headings):
        table.add_column(heading, no_wrap=place != last, overflow="fold")
    for row in grid.rows:
        table.add_row(*row)
    return table


class Screen:
    """Standard output for what was asked for, standard error for everything else."""

    def __init__(self, out: Console | None = None, err: Console | None = None) -> None:
        self.out = out or Console(highlight=False)
        self.err = err or Console(stderr=True, highlight=False)

    @property
    def live(self) -> bool:
        return self.out.is_terminal

    def show(self, parts: Sequence[Part]) -> None:
        if self.live:
            self.out.print(self.group(parts))
            return
        for part in parts:
            self.line(plain(part))

    def group(self, parts: Sequence[Part]) -> Group:
        return Group(*map(pretty, parts))

    def line(self, text: str) -> None:
        """As it is: neither wrapped nor coloured."""
        self.out.print(text, markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Beside what was asked for."""
        self.err.print(text, markup=False, highlight=False, soft_wrap=True)
