"""The operations of the crash matrix: how each is begun, and what must be true when it has ended.

A new operation is one more entry of `CASES`. Each says what the cluster has to be like before, so
that one cluster serves many cells in a row.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.field.cluster import Cluster, manifest, patroni_members
from tests.field.install import NAMESPACE
from tests.field.kubectl import Manifest
from tests.field.waiting import until
from workflows.model.names import STEERING

WORKERS = ("worker", "worker2")
"""Members stay off the first node: Temporal is there, and nodes are switched off."""
POOLER = {
    "numberOfInstances": 1,
    "resources": {"requests": {"cpu": "10m", "memory": "20Mi"}},
}
_numbers = itertools.count(1)
"""Each edit of a run is another one."""
MOST_RESTARTS = 3
"""Of a container; from then on kubelet waits longer with the next than Patroni with a failover."""


@dataclass(frozen=True)
class Case:
    """One operation. `begin` returns what must be true in the end."""

    name: str
    begin: Callable[[Cluster], Callable[[], bool]]
    members: int = 2
    """Before it begins."""
    led_by_last: bool = False
    """The member with the highest number leads when it begins."""
    exists: bool = True
    """The cluster is there before, and somebody writes into it."""
    before: Mapping[str, Any] | None = None
    """Part of the spec that it needs before."""
    ready: Callable[[Cluster], None] | None = None
    """What else is done before it begins, once the cluster runs."""
    deletes: bool = False
    after: Callable[[Cluster], None] | None = None
    """Takes back what lies outside of the cluster."""


def shape(name: str, *, instances: int = 2) -> Manifest:
    """The cluster of the matrix: synchronous, as no other may promise to lose nothing."""
    expression = {"key": "kubernetes.io/hostname", "operator": "In", "values": [*WORKERS]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": terms}
    return manifest(
        name,
        instances=instances,
        nodeAffinity=affinity,
        connectionPooler=POOLER,
        enableConnectionPooler=False,
        patroni=_synchronous(instances),
        volume={"size": "1Gi", "storageClass": "movable"},
    )


def _synchronous(members: int) -> Mapping[str, Any]:
    """Every replica is, so that any of them may be the one that leads."""
    return {"synchronous_mode": True, "synchronous_node_count": max(1, members - 1)}


def edit(cluster: Cluster, **spec: Any) -> None:
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": spec})


def _create(cluster: Cluster) -> Callable[[], bool]:
    cluster.kubectl.apply(shape(cluster.name))
    return lambda: cluster.login("select 1").strip() == "1"


def _delete(cluster: Cluster) -> Callable[[], bool]:
    cluster.kubectl.delete("postgresql", cluster.name)
    return lambda: not children(cluster)


def _parameter(cluster: Cluster) -> Callable[[], bool]:
    wanted = str(100 + next(_numbers))
    parameters = {"parameters": {"max_connections": wanted}}
    edit(cluster, postgresql=parameters)
    return lambda: all(
        cluster.superuser("show max_connections", pod=_name(pod)).strip() == wanted
        for pod in cluster.pods()
    )


def _renew(cluster: Cluster) -> Callable[[], bool]:
    wanted = f"{10 + next(_numbers)}m"
    edit(cluster, resources={"requests": {"cpu": wanted}})
    return lambda: all(_cpu(pod) == wanted for pod in cluster.pods())


def _scale(instances: int) -> Callable[[Cluster], Callable[[], bool]]:
    def begin(cluster: Cluster) -> Callable[[], bool]:
        edit(cluster, numberOfInstances=instances)
        return lambda: len(cluster.pods()) == instances

    return begin


def _roles(cluster: Cluster) -> Callable[[], bool]:
    name = f"new{next(_numbers)}"
    edit(cluster, users={name: []}, databases={name: name})
    return lambda: cluster.login("select 1", user=name, db=name).strip() == "1"


def _pooler(on: bool) -> Callable[[Cluster], Callable[[], bool]]:
    def begin(cluster: Cluster) -> Callable[[], bool]:
        edit(cluster, enableConnectionPooler=on)
        return lambda: _pooled(cluster) if on else not _pooler_exists(cluster)

    return begin


def _volume(cluster: Cluster) -> Callable[[], bool]:
    wanted = f"{1024 + 64 * next(_numbers)}Mi"
    edit(cluster, volume={"size": wanted})
    return lambda: all(_capacity(cluster, _name(pod)) == wanted for pod in cluster.pods())


def _drain(cluster: Cluster) -> Callable[[], bool]:
    node = _node(cluster.pods("master")[0])
    cluster.kubectl("cordon", node)
    return lambda: len(cluster.pods()) == 2 and node not in map(_node, cluster.pods())


def _uncordon(cluster: Cluster) -> None:
    for node in WORKERS:
        cluster.kubectl("uncordon", node)


def _roll_out(cluster: Cluster) -> Callable[[], bool]:
    """The operator's configuration allows each pod less, as if for all clusters."""
    wanted = f"{5 + next(_numbers) % 4}m"
    there = cluster.kubectl.within(NAMESPACE)
    there.patch("configmap", "postgres-operator", {"data": {"max_cpu_request": wanted}})
    return lambda: all(_cpu(pod) == wanted for pod in cluster.pods())


def _is_stuck(cluster: Cluster) -> None:
    """A rolling update to an image that can't be had."""
    edit(cluster, dockerImage="registry.invalid/no/such:image")
    until("a pod without image", lambda: "Image" in cluster.waits_for)


def _roll_back(cluster: Cluster) -> Callable[[], bool]:
    """And an edit, as for good only the manifest says what is wanted."""
    steering = {"metadata": {"annotations": {STEERING: "rollback"}}}
    cluster.kubectl.patch("postgresql", cluster.name, steering)
    done: list[str] = []

    def ended() -> bool:
        if not done and cluster.conditions()["Synced"]["reason"] == "RolledBack":
            done.append("the former template is back")
            edit(cluster, dockerImage=None)
        return bool(done) and cluster.word == "Running"

    return ended


def _image_is_well(cluster: Cluster) -> None:
    edit(cluster, dockerImage=None)


def _ask(kind: str, **spec: str) -> Callable[[Cluster], Callable[[], bool]]:
    """By a `PostgresOperation`, as people do; `replica` stands for the replica's name."""

    def begin(cluster: Cluster) -> Callable[[], bool]:
        primary, replica = cluster.primary(), cluster.replica()
        name = f"{kind}-{next(_numbers)}"
        chosen = {key: value.format(replica=replica) for key, value in spec.items()}
        cluster.request(name, kind=kind, **chosen)
        moved = kind == "switchover"
        return lambda: _succeeded(cluster, name) and (not moved or cluster.primary() != primary)

    return begin


CASES: Sequence[Case] = (
    Case("create", _create, exists=False),
    Case("delete", _delete, deletes=True),
    Case("parameter with restart", _parameter),
    Case("rolling update", _renew),
    Case("scale up", _scale(3)),
    Case("scale down, the primary moves", _scale(2), members=3, led_by_last=True),
    Case("new role and database", _roles),
    Case("pooler on", _pooler(True), before={"enableConnectionPooler": False}),
    Case("pooler off", _pooler(False), before={"enableConnectionPooler": True}),
    Case("volume growth", _volume),
    Case("switchover", _ask("switchover")),
    Case("restart", _ask("restart")),
    Case("reinitialise", _ask("reinitialise", member="{replica}")),
    Case("drain", _drain, after=_uncordon),
    Case("roll-out", _roll_out),
    Case("rollback", _roll_back, ready=_is_stuck, after=_image_is_well),
)


def prepare(case: Case, cluster: Cluster) -> None:
    """Bring the cluster into the state from which the operation begins.

    Each member writes a checkpoint, lest dozens of promotions within minutes fill a replica's
    volume with WAL.
    """
    if not case.exists or _is_worn(cluster):
        cluster.kubectl.delete("postgresql", cluster.name)
        until("nothing there", lambda: not children(cluster), within=180)
    if not case.exists:
        return
    if cluster.kubectl.get("postgresql", cluster.name):
        mode = _synchronous(case.members)
        edit(cluster, numberOfInstances=case.members, patroni=mode, **(case.before or {}))
    else:
        cluster.kubectl.apply(shape(cluster.name, instances=case.members))
    cluster.until_running(within=240)
    until("as many members", lambda: len(cluster.pods()) == case.members, within=120)
    cluster.until_streaming(case.members - 1)
    until("labels that say who leads", lambda: _leader_is_labelled(cluster), within=60)
    for name in cluster.uids():
        cluster.superuser("checkpoint", pod=name)
    last = f"{cluster.name}-{case.members - 1}"
    if case.led_by_last and cluster.primary() != last:
        name = f"first-{next(_numbers)}"
        cluster.request(name, kind="switchover", candidate=last)
        until(f"{last} leads", lambda: _succeeded(cluster, name), within=120)
        cluster.until_running()
        cluster.until_streaming(case.members - 1)
    if case.ready is not None:
        case.ready(cluster)


def _is_worn(cluster: Cluster) -> bool:
    """Its containers were killed so often that they come back late."""
    found = [one for pod in cluster.pods() for one in pod["status"].get("containerStatuses", [])]
    return any(one["restartCount"] >= MOST_RESTARTS for one in found)


def _leader_is_labelled(cluster: Cluster) -> bool:
    leaders = [one["name"] for one in patroni_members(cluster) if one["role"] == "leader"]
    return [_name(pod) for pod in cluster.pods("master")] == leaders


KINDS = ("statefulset", "pod", "service", "poddisruptionbudget", "secret", "pvc")


def children(cluster: Cluster) -> list[str]:
    """What is there of the cluster, the resource included."""
    kubectl = cluster.kubectl
    found = [
        f"{kind}/{_name(item)}"
        for kind in KINDS
        for item in kubectl.list(kind, selector=f"cluster-name={cluster.name}")
    ]
    own = kubectl.get("postgresql", cluster.name)
    return [*(["postgresql"] if own else []), *found]


def _succeeded(cluster: Cluster, name: str) -> bool:
    answer = cluster.answer(name)
    phase = answer.get("phase")
    assert phase not in ("Failed", "Refused"), answer
    return bool(phase == "Succeeded")


def _pooler_exists(cluster: Cluster) -> bool:
    return cluster.kubectl.get("deployment", f"{cluster.name}-pooler") is not None


def _pooled(cluster: Cluster) -> bool:
    host = f"{cluster.name}-pooler.{cluster.kubectl.namespace}"
    return cluster.login("select 1", host=host).strip() == "1"


def _cpu(pod: Manifest) -> str:
    requests = pod["spec"]["containers"][0]["resources"]["requests"]
    return str(requests["cpu"])


def _capacity(cluster: Cluster, pod: str) -> str:
    """Of a claim that nobody uses it would not change before somebody does."""
    claim = cluster.kubectl.get("pvc", f"pgdata-{pod}") or {}
    return str(claim["status"]["capacity"]["storage"])


def _node(pod: Manifest) -> str:
    return str(pod["spec"].get("nodeName", ""))


def _name(item: Manifest) -> str:
    return str(item["metadata"]["name"])
