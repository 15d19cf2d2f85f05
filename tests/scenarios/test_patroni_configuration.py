"""Edits of Patroni's configuration on a running cluster, until nobody waits for a restart."""

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from tests.field import install
from tests.field.cluster import Cluster, manifest
from tests.field.platform import Platform
from tests.field.temporal import Temporal
from tests.field.waiting import until
from tests.unit.patroni import contract
from workflows.model.base import ClusterRef

SCRIPT = """
import json, sys, urllib.request as u, urllib.error as e
method, path, body = sys.argv[1:]
request = u.Request("http://localhost:8008" + path, method=method, data=body.encode() or None)
try:
    answer = u.urlopen(request, timeout=30)
except e.HTTPError as error:
    answer = error
print(json.dumps([answer.status, answer.read().decode()]))
"""


@dataclass(frozen=True)
class Patroni:
    """The REST API, asked from inside the pod of a member."""

    cluster: Cluster

    def __call__(
        self, member: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, Any]:
        sent = "" if body is None else json.dumps(body)
        words = ["python3", "-c", SCRIPT, method, path, sent]
        printed = self.cluster.kubectl.execute(member, *words, container="postgres")
        status, text = json.loads(printed)
        return status, json.loads(text) if text.startswith("{") else text

    def config(self) -> dict[str, Any]:
        return dict(self(self.cluster.primary(), "GET", "/config")[1])


@pytest.fixture(scope="module")
def cluster(platform: Platform, operator: install.Operator) -> Iterator[Cluster]:
    """One cluster for all of them, with a slot that nobody but a person has made."""
    kubectl = platform.kubectl.within(f"t-{uuid.uuid4().hex[:6]}")
    kubectl("create", "namespace", kubectl.namespace)
    kubectl.apply(manifest("acid-tuned", instances=2))
    cluster = Cluster(kubectl, "acid-tuned")
    cluster.until_running()
    cluster.until_streaming(1)
    by_hand = {"slots": {"by_hand": {"type": "physical"}}}
    Patroni(cluster)(cluster.primary(), "PATCH", "/config", by_hand)
    yield cluster
    kubectl.delete("postgresql", cluster.name)
    kubectl("delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false")
    platform.kubectl.delete("namespace", kubectl.namespace)


@pytest.fixture(scope="module")
def patroni(cluster: Cluster) -> Patroni:
    return Patroni(cluster)


def test_patroni_does_what_the_pretended_one_does(cluster: Cluster, patroni: Patroni) -> None:
    primary, replica = cluster.primary(), cluster.replica()

    def awaited(what: str, check: Callable[[], bool]) -> None:
        until(what, check, within=60, every=1.0)

    contract.check_patch(patroni, primary)
    contract.check_restart_without_need(patroni, replica)
    contract.check_lowering(patroni, primary, replica, until=awaited)


def test_a_parameter_that_needs_no_restart_reaches_both_members(cluster: Cluster) -> None:
    started = _started(cluster)
    _edit(cluster, parameters={"work_mem": "8MB"})
    assert _shown(cluster, "work_mem") == ["8MB", "8MB"]
    assert _started(cluster) == started


def test_a_parameter_that_needs_a_restart_is_in_force_when_the_status_says_running(
    cluster: Cluster,
) -> None:
    _edit(cluster, parameters={"max_connections": "120"})
    assert _shown(cluster, "max_connections") == ["120", "120"]
    assert _nobody_waits(cluster)


def test_what_patroni_leaves_out_is_told_by_name(cluster: Cluster) -> None:
    _edit(cluster, parameters={"max_conections": "90", "work_mem": "12 bananas"})
    told = until("the condition", lambda: cluster.conditions().get("Parameters"))
    assert "max_conections: this Postgres has no such parameter" in told["message"]
    assert "work_mem: Patroni has left it out" in told["message"]
    _change(cluster, parameters={"max_conections": None, "work_mem": "8MB"})
    until("all is taken", lambda: "Parameters" not in cluster.conditions())


def test_a_limit_goes_down_on_the_primary_first(cluster: Cluster) -> None:
    before, primary = _started(cluster), cluster.primary()
    _edit(cluster, parameters={"max_connections": "90"})
    assert _shown(cluster, "max_connections") == ["90", "90"]
    after = _started(cluster)
    assert all(after[pod] > before[pod] for pod in before)
    assert cluster.primary() == primary
    assert all(after[primary] < after[pod] for pod in after if pod != primary)


def test_a_mixed_change_ends_with_nobody_waiting(cluster: Cluster) -> None:
    _edit(cluster, parameters={"max_connections": "80", "max_worker_processes": "12"})
    assert _shown(cluster, "max_connections") == ["80", "80"]
    assert _shown(cluster, "max_worker_processes") == ["12", "12"]
    assert _nobody_waits(cluster)


def test_what_a_replica_cannot_start_with_never_reaches_the_primary(cluster: Cluster) -> None:
    """There are no huge pages here, so Postgres does not start when it is told to insist on them.

    The replica pays for it; the next edit heals it.
    """
    started, primary = _started(cluster), cluster.primary()
    _change(cluster, parameters={"huge_pages": "on"})
    waits = f"{cluster.replica()}: Postgres does not start"
    until("a replica that does not start", lambda: waits in _operation(cluster, "waitingFor"))
    assert cluster.word == "Updating"
    _edit(cluster, parameters={"huge_pages": "try"})
    cluster.until_streaming(1)
    assert _started(cluster)[primary] == started[primary]
    assert _nobody_waits(cluster)


def test_while_patroni_is_paused_nobody_is_restarted_and_the_status_says_so(
    cluster: Cluster, patroni: Patroni, temporal: Temporal
) -> None:
    started, primary = _started(cluster), cluster.primary()
    patroni(primary, "PATCH", "/config", {"pause": True})
    _change(cluster, parameters={"max_connections": "85"})
    until("the reason", lambda: cluster.conditions()["Synced"]["reason"] == "PatroniPaused")
    assert cluster.word == "Updating"
    assert "Patroni is paused" in cluster.conditions()["Patroni"]["message"]
    assert _started(cluster) == started
    patroni(primary, "PATCH", "/config", {"pause": None})
    temporal.look_now(_ref(cluster))
    cluster.until_running()
    assert _shown(cluster, "max_connections") == ["85", "85"]
    assert "Patroni" not in cluster.conditions()


def test_a_slot_that_leaves_the_manifest_while_nobody_watches_is_removed(
    cluster: Cluster, patroni: Patroni, operator: install.Operator
) -> None:
    _edit(cluster, patroni={"slots": {"ours": {"type": "physical"}}})
    assert set(patroni.config()["slots"]) == {"by_hand", "ours"}
    assert cluster.status["slots"] == ["ours"]
    operator.kubectl("scale", "deployment/postgres-operator", "--replicas=0")
    until("the operator to be away", lambda: not operator.pods())
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"patroni": {"slots": None}}})
    operator.kubectl("scale", "deployment/postgres-operator", "--replicas=1")
    operator.until_ready()
    until("the slot to be gone", lambda: set(patroni.config()["slots"]) == {"by_hand"})
    cluster.until_running()
    until("nothing to remember", lambda: cluster.status["slots"] == [])


def test_synchronous_mode_is_switched_on(cluster: Cluster) -> None:
    _edit(cluster, patroni={"synchronous_mode": True})
    query = "select sync_state from pg_stat_replication"
    until("a synchronous replica", lambda: cluster.superuser(query).strip() == "sync")


def test_what_was_set_by_hand_is_reverted(
    cluster: Cluster, patroni: Patroni, temporal: Temporal
) -> None:
    patroni(cluster.primary(), "PATCH", "/config", {"failsafe_mode": True})
    temporal.look_now(_ref(cluster))
    until("fail-safe mode off", lambda: patroni.config()["failsafe_mode"] is False)
    cluster.until_running()


def test_another_look_changes_nothing(
    cluster: Cluster, patroni: Patroni, temporal: Temporal
) -> None:
    until("a quiet entity", lambda: _quiet(temporal, cluster))
    done, before = temporal.activities(_ref(cluster).workflow_id), patroni.config()
    temporal.look_now(_ref(cluster))
    until("the entity has looked", lambda: _looks(temporal, cluster) != done)
    until("a quiet entity", lambda: _quiet(temporal, cluster))
    assert _looks(temporal, cluster)[len(done) :] == ["cluster.observe"]
    assert patroni.config() == before
    assert _nobody_waits(cluster)


def _edit(cluster: Cluster, *, parameters: Mapping[str, str | None] = {}, **spec: Any) -> None:
    """Change the manifest, and wait until the status says that it runs like that."""
    _change(cluster, parameters=parameters, **spec)
    cluster.until_running(within=120)


def _change(cluster: Cluster, *, parameters: Mapping[str, str | None] = {}, **spec: Any) -> None:
    change = {"postgresql": {"parameters": dict(parameters)}, **spec}
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": change})


def _operation(cluster: Cluster, key: str) -> str:
    return str(cluster.status.get("operation", {}).get(key, ""))


def _shown(cluster: Cluster, parameter: str) -> list[str]:
    return [cluster.superuser(f"show {parameter}", pod=pod).strip() for pod in _pods(cluster)]


def _started(cluster: Cluster) -> dict[str, float]:
    """When Postgres started in each member, in seconds since 1970."""
    query = "select extract(epoch from pg_postmaster_start_time())"
    return {pod: float(cluster.superuser(query, pod=pod)) for pod in _pods(cluster)}


def _pods(cluster: Cluster) -> list[str]:
    return sorted(str(pod["metadata"]["name"]) for pod in cluster.pods())


def _nobody_waits(cluster: Cluster) -> bool:
    """Each member is asked itself: what the others know of it may be a round of Patroni old."""
    query, patroni = "select count(*) from pg_settings where pending_restart", Patroni(cluster)
    told = [patroni(pod, "GET", "/patroni")[1].get("pending_restart") for pod in _pods(cluster)]
    waits = [cluster.superuser(query, pod=pod).strip() for pod in _pods(cluster)]
    return not any(told) and set(waits) == {"0"}


def _ref(cluster: Cluster) -> ClusterRef:
    return ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name)


def _looks(temporal: Temporal, cluster: Cluster) -> list[str]:
    return temporal.activities(_ref(cluster).workflow_id)


def _quiet(temporal: Temporal, cluster: Cluster) -> bool:
    """No activity was scheduled between two readings a moment apart."""
    first = _looks(temporal, cluster)
    time.sleep(1.5)
    return _looks(temporal, cluster) == first
