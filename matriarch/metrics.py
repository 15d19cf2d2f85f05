"""Figures in the Prometheus text format, written down by who counts and read by who is asked."""

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

PREFIX: Final = "matriarch_"
SECONDS: Final = (0.05, 0.25, 1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)
"""Upper bounds of durations, from one quick request to a base backup."""

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Sample:
    """One number."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True)
class Family:
    """All numbers of one name."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    about: str
    samples: Sequence[Sample]

    def lines(self) -> Iterator[str]:
        yield f"# HELP {self.name} {self.about}"
        yield f"# TYPE {self.name} {self.kind}"
        for sample in self.samples:
            labels = ",".join(f'{name}="{_escaped(value)}"' for name, value in sample.labels)
            braced = f"{{{labels}}}" if labels else ""
            yield f"{self.name}{sample.suffix}{braced} {sample.value:.10g}"


def render(families: Iterable[Family]) -> str:
    """All of them, ordered by name, so that two readings can be compared by eye."""
    ordered = sorted(families, key=lambda family: family.name)
    return "".join(f"{line}\n" for family in ordered for line in family.lines())


def gauge(name: str, about: str, value: float) -> Family:
    return Family(PREFIX + name, "gauge", about, [Sample(value)])


def gauges(name: str, about: str, values: Mapping[Labels, float]) -> Family:
    samples = [Sample(value, labels) for labels, value in sorted(values.items())]
    return Family(PREFIX + name, "gauge", about, samples)


def counter(name: str, about: str, value: float) -> Family:
    return counters(name, about, {(): value})


def counters(name: str, about: str, values: Mapping[Labels, float]) -> Family:
    samples = [Sample(value, labels) for labels, value in sorted(values.items())]
    return Family(f"{PREFIX}{name}_total", "counter", about, samples)


class Counter:
    """Counts by labels. Safe to use from any thread."""

    def __init__(self, name: str, about: str) -> None:
        self._name, self._about = name, about
        self._lock = threading.Lock()
        self._values: defaultdict[Labels, float] = defaultdict(float)

    def add(self, **labels: str) -> None:
        with self._lock:
            self._values[tuple(labels.items())] += 1

    def family(self) -> Family:
        with self._lock:
            return counters(self._name, self._about, dict(self._values))


class Histogram:
    """Durations by labels. Safe to use from any thread."""

    def __init__(self, name: str, about: str, *, bounds: Sequence[float] = SECONDS) -> None:
        self._name, self._about, self._bounds = name, about, bounds
        self._lock = threading.Lock()
        self._counts: dict[Labels, list[int]] = {}
        self._sums: defaultdict[Labels, float] = defaultdict(float)

    def observe(self, seconds: float, **labels: str) -> None:
        key = tuple(labels.items())
        with self._lock:
            counts = self._counts.setdefault(key, [0] * (len(self._bounds) + 1))
            counts[bisect_left(self._bounds, seconds)] += 1
            self._sums[key] += seconds

    def family(self) -> Family:
        with self._lock:
            samples = [one for key in sorted(self._counts) for one in self._samples(key)]
        return Family(f"{PREFIX}{self._name}_seconds", "histogram", self._about, samples)

    def _samples(self, labels: Labels) -> Iterator[Sample]:
        total = 0
        names = [f"{bound:g}" for bound in self._bounds] + ["+Inf"]
        for name, count in zip(names, self._counts[labels], strict=True):
            total += count
            yield Sample(total, (*labels, ("le", name)), suffix="_bucket")
        yield Sample(self._sums[labels], labels, suffix="_sum")
        yield Sample(total, labels, suffix="_count")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
