"""`docs/reliability.json`: what runs of the matrix have seen, cell by cell, each with its commit.

A run adds its cells and replaces what was known of them; so the matrix fills up over many runs, and
a red cell stays until it is run again.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.field.platform import ROOT
from tests.scenarios.matrix.cells import Cell, Result

PLACE = Path("docs", "reliability.json")
FILE = ROOT / PLACE


@dataclass(frozen=True, order=True)
class Seen:
    """A cell that was run, and what came of it."""

    case: str
    step: str
    fault: str
    commit: str
    day: str
    rows: int = 0
    """Acknowledged rows that were looked for."""
    trouble: str = ""
    """Empty = green."""
    struck: bool = True
    """False: in this step there is nobody whom this fault could strike."""

    @property
    def cell(self) -> tuple[str, str, str]:
        return self.case, self.step, self.fault


def key(cell: Cell) -> tuple[str, str, str]:
    return cell.case.name, str(cell.step), cell.fault


def load(file: Path = FILE) -> list[Seen]:
    return parsed(file.read_text()) if file.exists() else []


def parsed(text: str) -> list[Seen]:
    return [Seen(**one) for one in json.loads(text)]


def save(seen: Iterable[Seen]) -> None:
    FILE.write_text(json.dumps([asdict(one) for one in sorted(seen)], indent=1) + "\n")


def merged(
    known: Iterable[Seen], results: Sequence[Result], *, commit: str, day: str
) -> list[Seen]:
    """What is known after a run; cells whose step did not come are as they were."""
    found = {one.cell: one for one in known}
    for result in results:
        if result.hit or result.nobody:
            place = key(result.cell)
            trouble = " ".join(result.troubles)[:400]
            found[place] = Seen(*place, commit, day, result.written, trouble, result.hit)
    return sorted(found.values())


def gathered(
    known: Iterable[Seen], others: Iterable[tuple[Iterable[Seen], Iterable[Seen]]]
) -> list[Seen]:
    """What is known when other checkouts have run cells: what each began with, and what it has."""
    found = {one.cell: one for one in known}
    for began, has in others:
        before = {*began}
        found |= {one.cell: one for one in has if one not in before}
    return sorted(found.values())


def green(seen: Iterable[Seen]) -> set[tuple[str, str, str]]:
    return {one.cell for one in seen if not one.trouble}
