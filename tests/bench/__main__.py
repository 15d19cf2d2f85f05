"""`make bench` and `make bench-fleet`: measures against the budgets, with ratios, also as JSON.

`platform` takes its times on the local platform by polling from outside every 0.1 s, as a user
would see them; each command that asks costs about 0.1 s itself. `fleet` measures many clusters on
a simulated fleet. Nothing here asserts: the machine may be shared.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.apiserver.golden import isolation
from tests.bench.budgets import BUDGETS
from tests.bench.fleet import Fleet
from tests.bench.measures import Bench
from tests.bench.surroundings import Surroundings
from tests.devcluster import binaries
from tests.devcluster.progress import Progress
from tests.field import install
from tests.field.platform import ROOT, Platform

_FILES = {"platform": "bench.json", "fleet": "bench-fleet.json"}

Results = Mapping[str, Sequence[float]]


def main() -> None:
    arguments = _arguments()
    results = fleet(arguments) if arguments.what == "fleet" else platform(arguments.rounds)
    print(table(results))
    write(results, ROOT / "build" / _FILES[arguments.what])


def platform(rounds: int) -> Results:
    local = Platform.local()
    results: dict[str, list[float]] = {}
    began = time.monotonic()
    if local.up():
        results["platform-up"] = [time.monotonic() - began]
    bench = Bench(local, install.operator(local), _say)
    for round_ in range(rounds):
        for name, value in bench.round(round_).items():
            results.setdefault(name, []).append(value)
            _say(f"{name} {value:.1f}")
    return results | {name: [value] for name, value in bench.idle().items()}


def fleet(arguments: argparse.Namespace) -> Results:
    if not isolation.inside():
        # before: building them needs the network, and there is none inside
        programs = arguments.programs or binaries.ensure(Progress())
        isolation.enter("tests.bench", [*sys.argv[1:], f"--programs={programs}"])
    with tempfile.TemporaryDirectory() as made:
        home = arguments.home or Path(made)
        home.mkdir(parents=True, exist_ok=True)
        around = Surroundings(home, arguments.programs)
        with around.up() as kube:
            measured = Fleet(around, kube, _say).measure(
                arguments.clusters, minutes=arguments.minutes
            )
    return {name: [value] for name, value in measured.items()}


def table(results: Results) -> str:
    """Markdown: measure, Zalando, limit, ours (median), ratio to Zalando."""
    lines = ["| measure | Zalando | at most | ours | ratio |", "|---|---|---|---|---|"]
    for name, values in results.items():
        budget = BUDGETS[name]
        ours = statistics.median(values)
        ratio = budget.ratio(ours)
        shown = "-" if ratio is None else f"{ratio:.2f}"
        known = budget.zalando if budget.zalando is not None else "-"
        limit = budget.limit if budget.limit is not None else "-"
        lines.append(
            f"| {budget.title} ({budget.unit}) | {known} | {limit} | {ours:.4g} | {shown} |"
        )
    return "\n".join(lines)


def write(results: Results, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
    ratios = {name: BUDGETS[name].ratio(statistics.median(each)) for name, each in results.items()}
    content = {"machine": machine, "results": results, "ratios": ratios}
    target.write_text(json.dumps(content, indent=2) + "\n")
    print(f"written to {target.relative_to(ROOT)}")


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.bench", description=__doc__)
    parser.add_argument("what", nargs="?", choices=tuple(_FILES), default="platform")
    parser.add_argument("--rounds", type=int, default=3, help="of the platform's measures")
    parser.add_argument("--clusters", type=int, default=200, help="of the fleet")
    parser.add_argument("--minutes", type=float, default=15, help="at most for making the fleet")
    parser.add_argument("--home", type=Path, help="folder for the fleet's logs, kept")
    parser.add_argument("--programs", type=Path, help="folder of etcd, kube-apiserver, ...")
    return parser.parse_args()


if __name__ == "__main__":
    main()
