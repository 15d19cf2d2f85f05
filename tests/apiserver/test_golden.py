"""This operator, run against a real API server, makes what Zalando's was captured making."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.apiserver.golden.accepted import ACCEPTED
from tests.apiserver.golden.case import Case, cases, load
from tests.apiserver.golden.compare import compare, unaccepted

REPOSITORY = Path(__file__).parents[2]
CASES = cases()


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with our capture of every case, all taken in one run of the harness."""
    out = tmp_path_factory.mktemp("captures")
    words = [sys.executable, "-m", "tests.apiserver.golden", "--out", str(out)]
    run = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=900)
    (out / "said.txt").write_text(run.stdout + run.stderr)
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_objects_are_equal(case: Case, captures: Path) -> None:
    ours = captures / f"{case.name}.yaml"
    assert ours.exists(), (captures / "said.txt").read_text()
    differences = compare(case.golden(), load(ours))
    assert unaccepted(case.name, differences, ACCEPTED) == []
