"""`docs/reliability.md`: what a run of the matrix has seen, written by the run itself."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

from tests.devcluster.layout import KUBERNETES
from tests.field.faults import FAULTS
from tests.field.platform import ROOT
from tests.scenarios.matrix import verdict
from tests.scenarios.matrix.cases import CASES
from tests.scenarios.matrix.cells import Result

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# What was seen to survive

Written by a run of the crash matrix (`tests/scenarios/test_matrix.py`) on the local platform, on
{day} ({versions}).
{hit} cells were hit, {green} green, {red} red; {missed} cells were not hit, as the step did not
come in that run or nobody was there to be struck. {rows} acknowledged rows were looked for.

Steps are no hand-picked moments: a run without a fault tells which steps an operation has, and a
fault strikes when Temporal shows that the step has begun. A field shows how many steps of the
operation were hit by the fault and came out green; `-` means that this run did not try it.
"""
CHECKED = """
## What was looked at after each cell

W-nn are the weak points of Zalando's operator that would show there.

- W-02, W-03, W-04, W-17, W-18, W-19, W-26, W-28, W-57: what was asked for is true in the end,
  within five minutes, without a human: the pods, parameters, logins or volumes are as the edit
  says; after a deletion no child is left.
- W-24, W-28: each row that a continuous writer was told is safe is there.

"""


def write(results: Sequence[Result]) -> None:
    PAGE.write_text(render(results, day=datetime.now(UTC).date().isoformat(), versions=_versions()))


def _versions() -> str:
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.check_output(words, cwd=ROOT, text=True).strip()
    return f"commit {commit}, Kubernetes {KUBERNETES}, Postgres 17"


def render(results: Sequence[Result], *, day: str, versions: str) -> str:
    hit = [one for one in results if one.hit]
    red = [one for one in hit if one.troubles]
    head = HEAD.format(
        day=day,
        versions=versions,
        hit=len(hit),
        green=len(hit) - len(red),
        red=len(red),
        missed=len(results) - len(hit),
        rows=sum(one.written for one in hit),
    )
    checks = [
        f"- {(check.__doc__ or '').strip()}" for check in (*verdict.CHECKS, verdict.left_over)
    ]
    return "\n".join([head, *_table(hit), CHECKED + "\n".join(checks), *_reds(red)]) + "\n"


def _table(hit: Sequence[Result]) -> list[str]:
    rows = [f"| operation | {' | '.join(FAULTS)} |", "|---" * (len(FAULTS) + 1) + "|"]
    for case in CASES:
        fields = [
            _field([one for one in hit if one.cell.case is case and one.cell.fault == fault])
            for fault in FAULTS
        ]
        rows.append(f"| {case.name} | {' | '.join(fields)} |")
    return rows


def _field(results: Sequence[Result]) -> str:
    green = sum(not one.troubles for one in results)
    if not results:
        return "-"
    return str(green) if green == len(results) else f"**{green} of {len(results)}**"


def _reds(red: Sequence[Result]) -> list[str]:
    if not red:
        return []
    lines = [f"- {one.cell}: {' '.join(one.troubles)[:400]}" for one in red]
    return ["", "## Red", "", *lines]
