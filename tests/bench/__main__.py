"""`make bench`: measures against the budgets, prints ratios, writes build/bench.json.

Times are taken by polling from outside every 0.1 s, as a user would see them; each command that
asks costs about 0.1 s itself. Nothing here asserts: the machine may be shared.
"""

import argparse
import json
import os
import statistics
import time
from pathlib import Path

from tests.bench.budgets import BUDGETS
from tests.bench.measures import Bench
from tests.field import install
from tests.field.platform import ROOT, Platform


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    platform = Platform.local()
    results: dict[str, list[float]] = {}
    began = time.monotonic()
    if platform.up():
        results["platform-up"] = [time.monotonic() - began]
    operator = install.operator(platform)
    bench = Bench(platform, operator)
    for round_ in range(rounds):
        for name, value in bench.round(round_).items():
            results.setdefault(name, []).append(value)
            print(f"  {name} {value:.1f}", flush=True)
    for name, value in bench.idle().items():
        results[name] = [value]
    print(table(results))
    write(results)


def table(results: dict[str, list[float]]) -> str:
    """Markdown: measure, Zalando, limit, ours (median), ratio to Zalando."""
    lines = ["| measure | Zalando | at most | ours | ratio |", "|---|---|---|---|---|"]
    for name, values in results.items():
        budget = BUDGETS[name]
        ours = statistics.median(values)
        ratio = f"{ours / budget.zalando:.2f}" if budget.zalando else "-"
        known = budget.zalando if budget.zalando is not None else "-"
        limit = budget.limit if budget.limit is not None else "-"
        lines.append(
            f"| {budget.title} ({budget.unit}) | {known} | {limit} | {ours:.1f} | {ratio} |"
        )
    return "\n".join(lines)


def write(results: dict[str, list[float]]) -> None:
    target = Path(ROOT / "build" / "bench.json")
    target.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "load": os.getloadavg()}
    target.write_text(json.dumps({"machine": machine, "results": results}, indent=2) + "\n")
    print(f"written to {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
