"""`python -m tests.apiserver.golden [--only REGEX]`: is this operator equal to the captures?"""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import yaml

from tests.apiserver.golden import database, isolation
from tests.apiserver.golden.accepted import ACCEPTED
from tests.apiserver.golden.capture import Patience
from tests.apiserver.golden.case import Case, cases
from tests.apiserver.golden.compare import Difference, compare, unaccepted
from tests.apiserver.golden.operator import OURS, launcher
from tests.apiserver.golden.run import Outcome, Run
from tests.apiserver.plane import CRDS, Plane
from tests.devcluster import binaries
from tests.devcluster.progress import Progress

STREAM_CRDS = Path(__file__).parent / "crds"


def main() -> int:
    arguments = _arguments()
    if not isolation.inside():
        # before: building and fetching needs the network, and there is none inside
        programs = arguments.programs or binaries.ensure(Progress())
        database.fetch()
        isolation.enter("tests.apiserver.golden", [*sys.argv[1:], f"--programs={programs}"])
    chosen = cases(arguments.only)
    with ExitStack() as stack:
        home = arguments.home or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(0o711)  # PostgreSQL runs as another user
        outcomes = _run(chosen, home, arguments)
    equal = sum(not problems(outcome) for outcome in outcomes)
    print(f"{equal}/{len(chosen)} cases equal")
    return 0 if chosen and equal == len(chosen) else 1


def problems(outcome: Outcome) -> list[Difference | str]:
    """Everything that is not as captured, or why there is no capture."""
    if outcome.capture is None:
        return [outcome.problem]
    found = compare(outcome.case.golden(), outcome.capture)
    return [*unaccepted(outcome.case.name, found, ACCEPTED)]


def _run(chosen: Sequence[Case], home: Path, arguments: Any) -> list[Outcome]:
    isolation.prepare(home)
    plane = Plane(home / "plane", binaries=arguments.programs, crds=(CRDS, STREAM_CRDS))
    patience = Patience(quiet=arguments.quiet, timeout=arguments.timeout)
    launch = launcher(shlex.split(arguments.operator))
    run = Run(home, plane=plane, patience=patience, launch=launch)

    def ended(outcome: Outcome) -> None:
        found = problems(outcome)
        said = "\n".join(f"  {problem}" for problem in found) if found else "  equal"
        print(f"{outcome.case.name} ({outcome.seconds:.0f} s)\n{said}", flush=True)
        if outcome.capture is not None and arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            text = yaml.safe_dump(outcome.capture, width=160, allow_unicode=True)
            (arguments.out / f"{outcome.case.name}.yaml").write_text(text)

    with run.surroundings(chosen):
        outcomes = run.outcomes(chosen, jobs=arguments.jobs, ended=ended)
    if any(problems(outcome) for outcome in outcomes):
        for problem, times in run.node.problems.items():
            print(f"pretended node, {times} times: {problem}")
    return outcomes


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="tests.apiserver.golden", description=__doc__)
    parser.add_argument("--only", default="", metavar="REGEX", help="names of cases")
    parser.add_argument("--out", type=Path, help="folder for our captures")
    parser.add_argument("--home", type=Path, help="folder for logs and data, kept")
    parser.add_argument("--jobs", type=int, default=3, help="cases at a time")
    parser.add_argument(
        "--operator",
        default=shlex.join(OURS),
        metavar="COMMAND",
        help="another operator; the environment tells it where everything is",
    )
    parser.add_argument("--programs", type=Path, help="folder of etcd, kube-apiserver, ...")
    parser.add_argument("--quiet", type=float, default=4, help="seconds that count as settled")
    parser.add_argument("--timeout", type=float, default=90, help="seconds a stage may take")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
