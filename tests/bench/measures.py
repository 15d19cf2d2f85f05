"""One round of measurements on the running platform."""

import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench.changes import Changes, told
from tests.bench.moments import when
from tests.bench.process import memory
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
    say: Callable[[str], None]

    def round(self, number: int) -> dict[str, float]:
        kubectl = self.platform.kubectl.within(f"bench-{number}")
        self.platform.kubectl("create", "namespace", kubectl.namespace)
        Client(kubectl).start()
        try:
            return self._two_members(kubectl) | self._one_member(kubectl)
        finally:
            self._remove(kubectl.namespace)

    def _remove(self, namespace: str) -> None:
        """See it gone: what the operator does about it would count for the next round."""
        kubectl = self.platform.kubectl
        kubectl.delete("namespace", namespace)
        until("the namespace gone", lambda: not kubectl.get("namespace", namespace), within=120)

    def _two_members(self, kubectl: Kubectl) -> dict[str, float]:
        cluster = Cluster(kubectl, "acid-two")
        calls = self._calls()
        kubectl.apply(manifest(cluster.name, instances=2))
        began = time.monotonic()
        found = {
            "superuser-2": when(began, lambda: cluster.superuser("select 1") != ""),
            "insert-2": when(began, lambda: _insert(cluster)),
            "streaming-2": when(began, lambda: _streaming(cluster) >= 1),
            "running-2": when(began, lambda: cluster.word == "Running"),
        }
        made = self._calls() - calls
        self.say(f"calls of the create: {told(made)}")
        found["calls-create"] = made.total()
        found["calls-quiet"] = self._quiet_look(cluster)
        for change in Changes(cluster, self._calls, self.say).all():
            try:
                found |= change()
            except AssertionError as error:  # the others can be measured all the same
                self.say(f"{change.__name__}: {error}")
        kubectl.delete("postgresql", cluster.name)
        began = time.monotonic()
        found["delete"] = when(began, lambda: not _children(cluster))
        return found

    def _one_member(self, kubectl: Kubectl) -> dict[str, float]:
        cluster = Cluster(kubectl, "acid-one")
        kubectl.apply(manifest(cluster.name))
        began = time.monotonic()
        found = {"insert-1": when(began, lambda: _insert(cluster))}
        cluster.until_running()
        return found

    def _quiet_look(self, cluster: Cluster) -> float:
        """API calls of one look that the entity is asked for by a signal."""
        ref = ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name)
        temporal = Temporal(self.platform.environment["TEMPORAL_ADDRESS"])
        time.sleep(3)
        done, calls = temporal.activities(ref.workflow_id), self._calls()
        temporal.look_now(ref)
        until("a look", lambda: temporal.activities(ref.workflow_id) != done)
        time.sleep(1)
        return (self._calls() - calls).total()

    def _calls(self) -> Counter[str]:
        """Requests of the operator so far by verb and resource, from the API server's audit log."""
        log = Path(self.platform.environment["PLATFORM_AUDIT_LOG"])
        user = '"username":"system:serviceaccount:postgres-operator:postgres-operator"'
        complete = '"stage":"ResponseComplete"'
        with log.open() as lines:
            return Counter(
                _said(line)
                for line in lines
                if user in line and complete in line and '"leases"' not in line
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
                    total += memory(process)
            except OSError:
                continue
        return total / 1e6


def _said(line: str) -> str:
    """Verb and resource of a request in the audit log."""
    event = json.loads(line)
    place = event.get("objectRef") or {}
    parts = [place.get("resource", event["requestURI"]), place.get("subresource")]
    return f"{event['verb']} {'/'.join(part for part in parts if part)}"


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
