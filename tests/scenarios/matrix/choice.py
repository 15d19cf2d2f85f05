"""Which cells are run: dealt out by a number of the code, so that in time all come up."""

import hashlib
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence

from tests.field.faults import FAULTS
from tests.field.following import Step
from tests.field.platform import ROOT
from tests.scenarios.matrix import record
from tests.scenarios.matrix.cases import CASES, Case
from tests.scenarios.matrix.cells import Cell

SLOW = ("Temporal's store lost", "API away for 30 s", "node off and on")
"""Faults that take a minute or two to get over: not in the sample, which has to be short."""
CODE = ("activities", "deploy", "matriarch", "watcher", "workflows")


def seed() -> int:
    """A number of the code: the same for everybody who runs it, another one after a change."""
    words = ["git", "rev-parse", *(f"HEAD:{folder}" for folder in CODE)]
    trees = subprocess.check_output(words, cwd=ROOT)
    return int(hashlib.sha256(trees).hexdigest()[:8], 16)


def every(case: Case, steps: Sequence[Step], *, number: int = 0) -> list[Cell]:
    """All faults at all steps, whatever the number."""
    return [Cell(case, step, fault) for step in steps for fault in FAULTS]


def dealt(case: Case, steps: Sequence[Step], *, number: int) -> list[Cell]:
    """Each step once, each time with the next fault."""
    names = list(FAULTS)
    first = number + CASES.index(case)
    return [
        Cell(case, step, names[(first + place) % len(names)]) for place, step in enumerate(steps)
    ]


def few(case: Case, steps: Sequence[Step], *, number: int) -> list[Cell]:
    """Two of the dealt ones, other ones with each change."""
    cells = dealt(case, steps, number=number)
    return random.Random(number).sample(cells, min(2, len(cells)))


def some(case: Case, steps: Sequence[Step], *, number: int, count: int) -> list[Cell]:
    """A sample of those that do not take long."""
    quick = [cell for cell in every(case, steps) if cell.fault not in SLOW]
    return random.Random(number).sample(quick, min(count, len(quick)))


def still_open(case: Case, steps: Sequence[Step], *, number: int = 0) -> list[Cell]:
    """What no run has seen green yet, by `docs/reliability.json`."""
    green = record.green(record.load())
    return [cell for cell in every(case, steps) if record.key(cell) not in green]


CHOICES: Mapping[str, Callable[..., list[Cell]]] = {
    "some": few,
    "dealt": dealt,
    "open": still_open,
    "all": every,
}
