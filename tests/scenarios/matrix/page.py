"""`docs/reliability.md`: what runs of the matrix have seen, written by each of them.

Several checkouts may run different operations at a time, each on a platform of its own;
`python -m tests.scenarios.matrix.page CHECKOUT ...` then adds what they have seen to this one.
"""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.devcluster.layout import KUBERNETES
from tests.field.faults import FAULTS
from tests.field.platform import ROOT
from tests.scenarios.matrix import record, verdict
from tests.scenarios.matrix.cases import CASES
from tests.scenarios.matrix.cells import Result
from tests.scenarios.matrix.record import Seen

PAGE = ROOT / "docs" / "reliability.md"
HEAD = """# What was seen to survive

Written by runs of the crash matrix (`tests/scenarios/test_matrix.py`) on the local platform, the
last one on {day} ({versions}). `reliability.json` names each cell with the commit of its last run.
{hit} cells were hit, {green} green, {red} red. {rows} acknowledged rows were looked for.

Steps are no hand-picked moments: a run without a fault tells which steps an operation has, and a
fault strikes when Temporal shows that the step has begun. A field shows how many steps of the
operation were hit by the fault and came out green; `-` means that no run has tried it. In {nobody}
more cells nobody was there to be struck, as when pods are killed after all of them are gone.

The cluster is in Patroni's synchronous mode, as no other promises to lose no row in a failover;
cells last run before 2026-11-27 were struck without it.
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
    """Add what was seen by this checkout."""
    _write(record.merged(record.load(), results, commit=_commit(), day=_today()))


def gather(checkouts: Sequence[Path]) -> None:
    """Add what was seen by others."""
    others = [(_began(checkout), record.load(checkout / record.PLACE)) for checkout in checkouts]
    _write(record.gathered(record.load(), others))


def _began(checkout: Path) -> list[Seen]:
    """What it knew before it has run anything."""
    words = ["git", "show", f"HEAD:{record.PLACE}"]
    return record.parsed(subprocess.check_output(words, cwd=checkout, text=True))


def _write(seen: Sequence[Seen]) -> None:
    record.save(seen)
    versions = f"commit {_commit()}, Kubernetes {KUBERNETES}, Postgres 17"
    PAGE.write_text(render(seen, day=_today(), versions=versions))


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _commit() -> str:
    words = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.check_output(words, cwd=ROOT, text=True).strip()


def render(every: Sequence[Seen], *, day: str, versions: str) -> str:
    seen = [one for one in every if one.struck]
    red = [one for one in seen if one.trouble]
    head = HEAD.format(
        day=day,
        versions=versions,
        hit=len(seen),
        nobody=len(every) - len(seen),
        green=len(seen) - len(red),
        red=len(red),
        rows=sum(one.rows for one in seen),
    )
    checks = [
        f"- {(check.__doc__ or '').strip()}" for check in (*verdict.CHECKS, verdict.left_over)
    ]
    return "\n".join([head, *_table(seen), CHECKED + "\n".join(checks), *_reds(red)]) + "\n"


def _table(seen: Sequence[Seen]) -> list[str]:
    rows = [f"| operation | {' | '.join(FAULTS)} |", "|---" * (len(FAULTS) + 1) + "|"]
    for case in CASES:
        fields = [
            _field([one for one in seen if (one.case, one.fault) == (case.name, fault)])
            for fault in FAULTS
        ]
        rows.append(f"| {case.name} | {' | '.join(fields)} |")
    return rows


def _field(found: Sequence[Seen]) -> str:
    green = sum(not one.trouble for one in found)
    if not found:
        return "-"
    return str(green) if green == len(found) else f"**{green} of {len(found)}**"


def _reds(red: Sequence[Seen]) -> list[str]:
    if not red:
        return []
    lines = [f"- {' | '.join(one.cell)}: {one.trouble}" for one in red]
    return ["", "## Red", "", *lines]


if __name__ == "__main__":
    gather([Path(checkout) for checkout in sys.argv[1:]])
