"""What this process knows of itself, as families of metrics. Pure but for the process's own use."""

import resource
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from matriarch.metrics import Family, Labels, Sample, counter, counters, gauge, gauges
from watcher.term import Figures

_STARTED: Final = time.time()


def of_watcher(figures: Figures) -> Iterator[Family]:
    yield gauge("leader", "Whether this process holds the Lease.", figures.leading)
    yield gauge("watched_clusters", "Resources the watcher knows.", figures.clusters)
    yield gauge("knocks_waiting", "News not yet told to a workflow.", figures.waiting)
    yield gauge(
        "oldest_knock_age_seconds", "How long the oldest of them waits.", figures.oldest_seconds
    )
    yield gauge("watch_trouble", "Whether some watch does not work.", bool(figures.trouble))
    yield counter("knocks_delivered", "News told to workflows.", figures.delivered)
    yield counter("knocks_failed", "Attempts in vain.", figures.failed)
    yield counter("watch_lists", "Lists, one for each start of a watch.", figures.lists)
    yield counter("watch_starts", "Watches begun or resumed.", figures.watches)


def of_requests(counts: Counter[tuple[str, str]]) -> Iterator[Family]:
    labelled: dict[Labels, float] = {
        (("verb", verb), ("kind", kind)): number for (verb, kind), number in counts.items()
    }
    yield counters("kubernetes_requests", "Requests to the API server by steps.", labelled)


def of_words(words: Mapping[str, int]) -> Iterator[Family]:
    labelled: dict[Labels, float] = {(("status", word),): number for word, number in words.items()}
    yield gauges("clusters", "Clusters by the word of their status.", labelled)


def of_configuration(problem: str) -> Iterator[Family]:
    about = "Whether what is written as configuration can't be used."
    yield gauge("configuration_refused", about, bool(problem))


def of_process() -> Iterator[Family]:
    """Under the names that every Prometheus client library uses."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = used.ru_utime + used.ru_stime
    for name, kind, about, value in (
        ("process_cpu_seconds_total", "counter", "CPU time used.", seconds),
        ("process_resident_memory_bytes", "gauge", "Memory in use.", _resident_bytes()),
        ("process_start_time_seconds", "gauge", "Unix time of the start.", _STARTED),
    ):
        yield Family(name, "counter" if kind == "counter" else "gauge", about, [Sample(value)])


def _resident_bytes() -> float:
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return float(file.read().split()[1]) * resource.getpagesize()
    except OSError:  # not Linux: at least the most it ever was
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * 1024
