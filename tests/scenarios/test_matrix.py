"""The crash matrix: each operation is struck by faults in each of its steps, and ends well.

At level core a sample. At level full two steps of each operation, other ones with each change;
`--matrix dealt` strikes each step once, with faults in turn, and `--matrix all` each step with each
fault, which takes hours; `--matrix open` those of them that no run has seen green yet.
`--write-matrix` adds what was seen to `docs/reliability.md` and `docs/reliability.json`.
"""

from collections.abc import Callable, Iterator

import pytest

from tests.field import install
from tests.field.cluster import Cluster
from tests.field.faults import Scene
from tests.field.kubectl import Kubectl
from tests.field.platform import Platform
from tests.field.temporal import Temporal
from tests.scenarios.matrix import choice, page
from tests.scenarios.matrix.cases import CASES, Case
from tests.scenarios.matrix.cells import Bench, Cell, Result

NAME = "acid-shop"
SAMPLED = ("rolling update", "new role and database", "parameter with restart")
"""Operations of the sample: one of them for each change, as a rehearsal of each takes its time."""
SAMPLED_CELLS = 3


@pytest.fixture(scope="module")
def bench(
    platform: Platform, operator: install.Operator, shared: Kubectl, temporal: Temporal
) -> Iterator[Bench]:
    with operator.configured(max_cpu_request="4"):  # roll-outs change it
        yield Bench(Scene(platform, operator, Cluster(shared, NAME)), temporal)


Keep = Callable[[Result], None]


@pytest.fixture
def keep(request: pytest.FixtureRequest) -> Keep:
    """Keeps a result for later readers, at once: a run of hours may be broken off."""
    writes: bool = request.config.getoption("--write-matrix")
    return (lambda result: page.write([result])) if writes else lambda _: None


def test_a_sample_of_steps_and_faults_comes_out_well(bench: Bench) -> None:
    number = choice.seed()
    name = SAMPLED[number % len(SAMPLED)]
    case = next(case for case in CASES if case.name == name)
    cells = choice.some(case, bench.rehearse(case), number=number, count=SAMPLED_CELLS)
    assert len(cells) == SAMPLED_CELLS
    assert _reds(bench, cells) == []


@pytest.mark.full
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_whatever_happens_in_any_step_the_operation_ends_well(
    bench: Bench, keep: Keep, case: Case, request: pytest.FixtureRequest
) -> None:
    steps = bench.rehearse(case)
    assert steps
    choose = choice.CHOICES[request.config.getoption("--matrix")]
    cells = choose(case, steps, number=choice.seed())
    assert _reds(bench, cells, keep) == []


def _reds(bench: Bench, cells: list[Cell], keep: Keep = lambda _: None) -> list[str]:
    """Run them all; what went wrong, a sentence each."""
    reds = []
    for cell in cells:
        result = bench.run(cell)
        keep(result)
        reds += [f"{cell}: {result.troubles}"] if result.troubles else []
        missed = "nobody" if result.nobody else "not hit"
        state = "red" if result.troubles else "green" if result.hit else missed
        print(f"{state:8} {result.seconds:5.0f} s  {cell}  {' '.join(result.troubles)}", flush=True)
    return reds
