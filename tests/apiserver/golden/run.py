"""A run: a control plane, a pretended node, Temporal, and cases a few at a time."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from tests.apiserver.golden import database_capture, fake_dns
from tests.apiserver.golden.capture import Capture, Patience
from tests.apiserver.golden.case import Case
from tests.apiserver.golden.database import Databases
from tests.apiserver.golden.fake_node import DNS_ADDRESS, FakeNode
from tests.apiserver.golden.fake_patroni import Cluster
from tests.apiserver.golden.operator import Launch, Operator
from tests.apiserver.plane import Plane
from tests.apiserver.processes import Process
from tests.temporal_server import binary

TEMPORAL_PORT = 7233
_FIRST_API_PORT = 28080


@dataclass(frozen=True)
class Outcome:
    """What became of one case."""

    case: Case
    capture: dict[str, Any] | None
    problem: str
    seconds: float


class Run:
    """Everything that cases share. `home` keeps logs and data."""

    def __init__(
        self,
        home: Path,
        *,
        plane: Plane,
        patience: Patience,
        launch: Launch,
    ) -> None:
        self._home, self._plane, self._patience, self._launch = home, plane, patience, launch
        self.node = FakeNode(lambda: plane.kube("fake-node"))
        self._databases = Databases(home / "postgres")
        self._prepared: dict[str, Sequence[tuple[str, str]]] = {}
        self.node.on_new_cluster = self._start_database
        self.node.on_gone_cluster = self._stop_database

    @contextmanager
    def surroundings(self, cases: Sequence[Case]) -> Iterator[None]:
        """Up while inside. Each case has a Temporal namespace of its own, so that the operators
        of two cases don't take over each other's work."""
        self._home.mkdir(parents=True, exist_ok=True)
        temporal = None
        try:
            self._plane.up()
            temporal = start_temporal(self._home, [case.name for case in cases])
            fake_dns.serve(DNS_ADDRESS, self._resolve)
            self.node.start()
            yield
        finally:
            self.node.stop()
            for cluster in list(self.node.clusters.values()):
                self._stop_database(cluster)
            if temporal:
                temporal.stop()
            self._plane.down()

    def outcomes(
        self, cases: Sequence[Case], *, jobs: int, ended: Callable[[Outcome], None]
    ) -> list[Outcome]:
        """In the order of the cases; each is told to `ended` as it comes."""
        ports: SimpleQueue[int] = SimpleQueue()
        for number in range(jobs):
            ports.put(_FIRST_API_PORT + number)

        def one(case: Case) -> Outcome:
            port = ports.get()
            try:
                outcome = self._capture(case, port)
            finally:
                ports.put(port)
            ended(outcome)
            return outcome

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(one, cases))

    def _capture(self, case: Case, api_port: int) -> Outcome:
        began = time.monotonic()
        if case.options.postgres:
            self._prepared[case.name] = case.options.sql
        kube = self._plane.kube()
        capture = Capture(
            case,
            kube=kube,
            node=self.node,
            operator=self._operator(case, api_port),
            patience=self._patience,
            database=self._look_into if case.options.postgres else None,
        )
        try:
            taken, problem = capture.run(), ""
        except Exception as error:  # whatever a case does, the others go on
            taken, problem = None, f"{type(error).__name__}: {error}"
        finally:
            kube.close()
            self._prepared.pop(case.name, None)
        return Outcome(case, taken, problem, time.monotonic() - began)

    def _operator(self, case: Case, api_port: int) -> Operator:
        logs = self._home / "logs"
        logs.mkdir(exist_ok=True)
        return Operator(
            kubeconfig=self._plane.kubeconfig("operator"),
            namespace=case.operator_namespace,
            watched=case.name,
            api_port=api_port,
            log=logs / f"{case.name}.log",
            environment={
                "TEMPORAL_ADDRESS": f"127.0.0.1:{TEMPORAL_PORT}",
                "TEMPORAL_NAMESPACE": case.name,
                **case.options.env,
            },
            launch=self._launch,
        )

    # --------------------------------------------------------------------------- databases

    def _start_database(self, cluster: Cluster) -> None:
        if cluster.namespace in self._prepared:
            cluster.database = min(cluster.members.values())
            self._databases.start(cluster, self._prepared[cluster.namespace])

    def _stop_database(self, cluster: Cluster) -> None:
        self._databases.stop(cluster)

    def _look_into(self, cluster: Cluster) -> dict[str, Any]:
        def sql(database: str, statement: str) -> str:
            return self._databases.sql(cluster, database, statement)

        return database_capture.capture(sql)

    def _resolve(self, namespace: str, name: str) -> str | None:
        cluster = self.node.clusters.get((namespace, name))
        if cluster is None:
            return None
        return cluster.database or cluster.members.get(cluster.leader or "")


def start_temporal(home: Path, namespaces: Sequence[str]) -> Process:
    """A dev server on `TEMPORAL_PORT`, with these namespaces besides `default`."""
    extra = [word for name in namespaces for word in ("--namespace", name)]
    words = [str(binary()), "server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port"]
    process = Process(
        "temporal",
        [*words, str(TEMPORAL_PORT), "--log-level", "error", *extra],
        log=home / "temporal.log",
    )
    process.until(lambda: _listens(TEMPORAL_PORT), seconds=60)
    return process


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
