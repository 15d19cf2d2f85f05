import re

import pytest

from matriarch.metrics import Counter, Family, Histogram, Sample, counter, gauge, gauges, render

_SAMPLE = re.compile(r"^([a-z_]+)(?:\{((?:[a-z_]+=\"(?:[^\"\\]|\\.)*\",?)*)\})? (\S+)$")
_LABEL = re.compile(r"([a-z_]+)=\"((?:[^\"\\]|\\.)*)\"")


def parsed(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name and labels, as Prometheus reads them; refuses what it would refuse."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    kinds: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in kinds, "described twice"
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            match = _SAMPLE.match(line)
            assert match, line
            name, labels, value = match.groups()
            family = re.sub("_(bucket|sum|count)$", "", name)
            assert kinds.get(name) or kinds.get(family) == "histogram", f"{name} has no type"
            key = tuple(value for _, value in _LABEL.findall(labels or ""))
            assert key not in found.setdefault(name, {}), "said twice"
            found[name][key] = float(value)
    return found


def one(family: Family) -> dict[str, dict[tuple[str, ...], float]]:
    return parsed(render([family]))


def test_a_figure_has_a_help_and_a_type() -> None:
    assert render([gauge("ready", "Whether it is.", 1)]) == (
        "# HELP matriarch_ready Whether it is.\n# TYPE matriarch_ready gauge\nmatriarch_ready 1\n"
    )


def test_a_counter_says_that_it_is_a_total() -> None:
    assert one(counter("knocks", "All.", 3)) == {"matriarch_knocks_total": {(): 3.0}}


def test_labels_tell_figures_of_one_name_apart() -> None:
    words = gauges("clusters", "By word.", {(("status", "Running"),): 2, (("status", ""),): 1})
    assert one(words) == {"matriarch_clusters": {("Running",): 2.0, ("",): 1.0}}


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb"])
def test_a_label_may_hold_anything(value: str) -> None:
    family = Family("matriarch_x", "gauge", "All.", [Sample(1, (("name", value),))])
    assert len(one(family)["matriarch_x"]) == 1


def test_counting_goes_by_labels() -> None:
    operations = Counter("operations", "All.")
    for kind in ("create", "update", "update"):
        operations.add(kind=kind)
    assert one(operations.family()) == {
        "matriarch_operations_total": {("create",): 1.0, ("update",): 2.0}
    }


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.5, {"1": 1, "5": 1, "+Inf": 1}),
        (1.0, {"1": 1, "5": 1, "+Inf": 1}),
        (3.0, {"1": 0, "5": 1, "+Inf": 1}),
        (9.0, {"1": 0, "5": 0, "+Inf": 1}),
    ],
)
def test_a_duration_counts_in_every_bucket_above_it(
    seconds: float, expected: dict[str, float]
) -> None:
    lasted = Histogram("step", "All.", bounds=(1.0, 5.0))
    lasted.observe(seconds, step="look")
    found = one(lasted.family())
    assert {le: value for (_, le), value in found["matriarch_step_seconds_bucket"].items()} == (
        expected
    )
    assert found["matriarch_step_seconds_sum"] == {("look",): seconds}
    assert found["matriarch_step_seconds_count"] == {("look",): 1.0}


def test_families_are_in_order_and_each_stands_once() -> None:
    text = render([gauge("b", "B.", 2), gauge("a", "A.", 1)])
    assert list(parsed(text)) == ["matriarch_a", "matriarch_b"]
