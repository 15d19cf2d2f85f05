"""One round of measurements on the running platform."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import status
from tests.devcluster.layout import Layout
from tests.field import install
from tests.field.cluster import Client, Cluster, manifest
from tests.field.kubectl import Kubectl
from tests.field.platform import Platform
from tests.field.temporal import Temporal
from tests.field.waiting import until
from workflows.model.base import ClusterRef

IDLE_SECONDS = 20.0
KINDS = ("statefulset", "pod", "service", "poddisruptionbudget", "secret", "configmap", "pvc")


@dataclass(frozen=True)
class Bench:
    platform: Platform
    operator: install.Operator

    def round(self, number: int) -> dict[str, float]:
        kubectl = self.platform.kubectl.within(f"bench-{number}")
        self.platform.kubectl("create", "namespace", kubectl.namespace)
        Client(kubectl).start()
        try:
            return self._two_members(kubectl) | self._one_member(kubectl)
        finally:
            self.platform.kubectl.delete("namespace", kubectl.namespace)

    def _two_members(self, kubectl: Kubectl) -> dict[str, float]:
        cluster = Cluster(kubectl, "acid-two")
        calls = self._calls()
        kubectl.apply(manifest(cluster.name, instances=2))
        began = time.monotonic()
        found = {
            "superuser-2": _when(began, lambda: cluster.superuser("select 1") != ""),
            "insert-2": _when(began, lambda: _insert(cluster)),
            "streaming-2": _when(began, lambda: _streaming(cluster) >= 1),
            "running-2": _when(began, lambda: cluster.word == "Running"),
        }
        found["calls-create"] = self._calls() - calls
        found["calls-quiet"] = self._quiet_look(cluster)
        found["new-user"] = self._new_user(cluster)
        kubectl.delete("postgresql", cluster.name)
        began = time.monotonic()
        found["delete"] = _when(began, lambda: not _children(cluster))
        return found

    def _one_member(self, kubectl: Kubectl) -> dict[str, float]:
        cluster = Cluster(kubectl, "acid-one")
        kubectl.apply(manifest(cluster.name))
        began = time.monotonic()
        found = {"insert-1": _when(began, lambda: _insert(cluster))}
        cluster.until_running()
        return found

    def _new_user(self, cluster: Cluster) -> float:
        change = {"spec": {"users": {"late": []}, "databases": {"later": "late"}}}
        cluster.kubectl.patch("postgresql", cluster.name, change)
        began = time.monotonic()
        return _when(
            began, lambda: cluster.login("select 1", user="late", db="later").strip() == "1"
        )

    def _quiet_look(self, cluster: Cluster) -> float:
        """API calls of one look that the entity is asked for by a signal."""
        ref = ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name)
        temporal = Temporal(self.platform.environment["TEMPORAL_ADDRESS"])
        time.sleep(3)
        done, calls = temporal.activities(ref.workflow_id), self._calls()
        temporal.look_now(ref)
        until("a look", lambda: temporal.activities(ref.workflow_id) != done)
        time.sleep(1)
        return self._calls() - calls

    def _calls(self) -> float:
        """Requests of the operator so far, by the API server's audit log."""
        log = Path(self.platform.environment["PLATFORM_AUDIT_LOG"])
        user = '"username":"system:serviceaccount:postgres-operator:postgres-operator"'
        complete = '"stage":"ResponseComplete"'
        with log.open() as lines:
            return sum(
                1 for line in lines if user in line and complete in line and '"leases"' not in line
            )

    def idle(self) -> dict[str, float]:
        """What platform and operator use when nothing happens."""
        time.sleep(15)
        use = status.measure(Layout.of(), seconds=IDLE_SECONDS)
        return {
            "memory": self._operator_memory(),
            "platform-cpu": 100 * use.cores,
            "platform-memory": use.proportional / 2**30,
        }

    def _operator_memory(self) -> float:
        """Working set of the operator's container in MB, from its processes' PSS."""
        mark = f"pod{self.operator.pod()['metadata']['uid']}"
        total = 0
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "cgroup").read_text():
                    total += _pss(process)
            except OSError:
                continue
        return total / 1e6


def _pss(process: Path) -> int:
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _when(began: float, check: Callable[[], bool]) -> float:
    until("a measured moment", check, within=300, every=0.1)
    return time.monotonic() - began


def _insert(cluster: Cluster) -> bool:
    cluster.login("create table if not exists first (at timestamptz default now())")
    return cluster.login("insert into first default values returning 1").strip() == "1"


def _streaming(cluster: Cluster) -> int:
    query = "select count(*) from pg_stat_replication where state = 'streaming'"
    return int(cluster.superuser(query))


def _children(cluster: Cluster) -> list[str]:
    selector = f"cluster-name={cluster.name}"
    kinds = ",".join(KINDS)
    return [item["kind"] for item in cluster.kubectl.list(kinds, selector=selector)]
