"""From a path to what is to be shown there. Each request comes in a thread of its own."""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Final, TypeVar

from matriarch.rest import workers
from matriarch.rest.clusters import Clusters
from matriarch.rest.errors import NoAnswer
from matriarch.rest.masking import masked
from matriarch.rest.past import Past
from matriarch.rest.workers import Business, Hearing
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration

T = TypeVar("T")

ANSWER_SECONDS: Final = 30.0
"""For what Temporal is asked; half of what Zalando's API allows itself."""
_WORKERS: Final = r"/workers/(?P<number>all|\d+)"
_CLUSTER: Final = r"/clusters/(?P<namespace>[^/]+)/(?P<name>[^/]+)"


class Rest:
    """Answers with values that can be written as JSON, secrets masked.

    Raises NoAnswer, and what Kubernetes or Temporal raise when they do not answer.
    """

    def __init__(
        self,
        *,
        clusters: Clusters,
        configuration: Callable[[], Configuration],
        shown: Callable[[], Any],
        past: Past,
        business: Business | None,
        watcher: Hearing | None,
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        """`shown` is the page `/config`; `business` and `watcher` are None where nobody watches."""
        self._clusters, self._configuration = clusters, configuration
        self._past, self._business, self._watcher, self._loop = past, business, watcher, loop
        self._pages: Sequence[tuple[re.Pattern[str], Callable[..., Any]]] = [
            (re.compile(pattern), page)
            for pattern, page in (
                (r"/clusters", clusters.by_team),
                (r"/clusters/(?P<team>[^/]+)", clusters.of_team),
                (_CLUSTER, self._cluster),
                (rf"{_CLUSTER}/logs", self._cluster_logs),
                (rf"{_CLUSTER}/history", self._history),
                (rf"{_WORKERS}/status", self._status),
                (rf"{_WORKERS}/queue", self._queue),
                (rf"{_WORKERS}/logs", self._worker_logs),
                (r"/databases", clusters.databases),
                (r"/config", shown),
            )
        ]

    def answer(self, path: str) -> Any:
        """The value at a path without a slash at its end."""
        for pattern, page in self._pages:
            if found := pattern.fullmatch(path):
                return masked(page(**found.groupdict()))
        raise NoAnswer("page not found")

    def _cluster(self, namespace: str, name: str) -> Any:
        ref = ClusterRef(namespace=namespace, name=name)
        return self._clusters.one(ref, worker=workers.number_of(ref, self._workers))

    def _cluster_logs(self, namespace: str, name: str) -> Any:
        ref = ClusterRef(namespace=namespace, name=name)
        most = self._configuration().ring_log_lines
        number = workers.number_of(ref, self._workers)
        lines = self._ask(self._past.lines(ref, most=most))
        return [_with_worker(line, number) for line in lines]

    def _history(self, namespace: str, name: str) -> Any:
        ref = ClusterRef(namespace=namespace, name=name)
        most = self._configuration().cluster_history_entries
        return self._ask(self._past.changes(ref, most=most))

    def _status(self, number: str) -> Any:
        if self._business is None:
            raise NoAnswer("this process watches nothing")
        items = self._clusters.all()
        unfinished = self._ask(self._business.unfinished(items))
        found = workers.statuses(unfinished, items, workers=self._workers)
        return found if number == "all" else workers.of_number(found, number)

    def _queue(self, number: str) -> Any:
        waiting = self._watcher.waiting() if self._watcher else []
        found = workers.queues(waiting, workers=self._workers)
        return found if number == "all" else workers.of_number(found, number)

    def _worker_logs(self, number: str) -> Any:
        most = self._configuration().ring_log_lines
        lines = self._ask(self._past.lines(None, most=most))
        if number == "all":
            return lines
        return [line for line in lines if self._number(line["ClusterName"]) == int(number)]

    def _number(self, about: Mapping[str, str]) -> int:
        ref = ClusterRef(namespace=about["Namespace"], name=about["Name"])
        return workers.number_of(ref, self._workers)

    @property
    def _workers(self) -> int:
        return self._configuration().workers

    def _ask(self, question: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(question, self._loop).result(ANSWER_SECONDS)


def _with_worker(line: Mapping[str, Any], number: int) -> dict[str, Any]:
    """A line of one cluster's log says which worker wrote it, not which cluster."""
    kept = {key: value for key, value in line.items() if key != "ClusterName"}
    return {**kept, "Worker": number}
