"""A pretended node: no containers, only what an operator can see of them.

Every pod gets an address that is local to this network namespace and becomes Running and Ready;
claims are bound and grow. Pods stay unbound and carry a finalizer, so that a deletion is two
events well apart, as with real pods. Pods whose container has SCOPE form Patroni clusters.
"""

import ipaddress
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tests.apiserver.golden.fake_patroni import Cluster, Member, Members
from tests.apiserver.kube import ApiError, Kube, Object

POD_NETWORK = ipaddress.ip_network("198.18.0.0/16")
HOLD = "fake.invalid/hold"
CPUS = 100
"""Pods that ask for more can't be scheduled."""
LAG_SECONDS = 0.8
"""How long vanishing takes, and a role label after a start or a switchover."""
_NODE = "fake-node"


@dataclass
class Pod:
    """A pod that has been given an address."""

    namespace: str
    name: str
    address: str
    cluster: Cluster | None = None


class FakeNode:
    """Looks at all pods and claims again and again until it is stopped."""

    def __init__(self, client: Callable[[], Kube]) -> None:
        self._client = client
        self.clusters: dict[tuple[str, str], Cluster] = {}
        self.on_new_cluster: Callable[[Cluster], None] = lambda cluster: None
        self.on_gone_cluster: Callable[[Cluster], None] = lambda cluster: None
        self.problems: Counter[str] = Counter()
        self.pause = 0.15
        """Seconds between two looks; many pods are better looked at less often."""
        self._pods: dict[str, Pod] = {}
        self._dying: dict[str, float] = {}
        self._addresses = itertools.count(int(POD_NETWORK[1]))
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @cached_property
    def _kube(self) -> Kube:
        return self._client()

    @cached_property
    def _members(self) -> Members:
        return Members()

    def start(self) -> None:
        self._prepare()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(10)
        self._members.end()

    def of_namespace(self, namespace: str) -> list[Cluster]:
        found = [c for (ns, _), c in list(self.clusters.items()) if ns == namespace]
        return sorted(found, key=lambda cluster: cluster.name)

    def _run(self) -> None:
        while not self._stopping.wait(self.pause):
            try:
                self._look()
            except Exception as error:  # it goes on looking, whatever becomes of one pod
                # mostly objects that vanish between two calls; told when a case goes wrong
                self.problems[f"{type(error).__name__}: {error}"] += 1

    def _prepare(self) -> None:
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {
                "name": _NODE,
                "labels": {"kubernetes.io/hostname": _NODE, "lifecycle-status": "ready"},
            },
        }
        storage = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {
                "name": "standard",
                "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
            },
            "provisioner": "fake.invalid/none",
            "allowVolumeExpansion": True,
        }
        for obj in (node, storage):
            if self._kube.get(str(obj["kind"]), None, obj["metadata"]["name"]) is None:  # type: ignore[index]
                self._kube.create(obj)
        ready = {"type": "Ready", "status": "True", "reason": "Fake", "message": ""}
        self._kube.merge("Node", None, _NODE, {"status": {"conditions": [ready]}}, "status")

    # ------------------------------------------------------------------- pods and claims

    def _look(self) -> None:
        alive = set()
        for pod in sorted(self._kube.list("Pod"), key=lambda pod: str(pod["metadata"]["name"])):
            meta = pod["metadata"]
            if meta.get("deletionTimestamp"):
                self._let_go(meta)
                continue
            alive.add(meta["uid"])
            if meta["uid"] not in self._pods:
                self._adopt(pod)
        for uid in self._pods.keys() - alive - self._dying.keys():
            self._forget(uid)
        for claim in self._kube.list("PersistentVolumeClaim"):
            self._bind(claim)
        self._drop_empty_clusters()

    def _let_go(self, meta: Object) -> None:
        began = self._dying.setdefault(meta["uid"], time.monotonic())
        if meta.get("finalizers") == [HOLD]:
            if time.monotonic() > began + LAG_SECONDS:
                self._release(meta)
        elif not meta.get("finalizers"):
            options = {"gracePeriodSeconds": 0}
            self._kube.delete("Pod", meta["namespace"], meta["name"], **options)

    def _release(self, meta: Object) -> None:
        nothing = {"metadata": {"finalizers": None}}
        self._kube.merge("Pod", meta["namespace"], meta["name"], nothing)
        del self._dying[meta["uid"]]
        self._forget(meta["uid"])

    def _adopt(self, pod: Object) -> None:
        meta = pod["metadata"]
        if _asks_for(pod) > CPUS:
            self._refuse(pod)
            return
        address = str(ipaddress.ip_address(next(self._addresses)))
        hold = {"metadata": {"finalizers": [HOLD]}}
        self._kube.merge("Pod", meta["namespace"], meta["name"], hold)
        adopted = Pod(meta["namespace"], meta["name"], address)
        adopted.cluster = self._join(pod, address)
        if adopted.cluster:
            self._members.at[address] = Member(adopted.cluster, adopted.name)
        self._pods[meta["uid"]] = adopted
        status = {"status": _running(pod, address)}
        self._kube.merge("Pod", adopted.namespace, adopted.name, status, "status")
        if adopted.cluster:
            self._write_patroni_objects(adopted.cluster)
            self._label_later(adopted.cluster, adopted.name)

    def _refuse(self, pod: Object) -> None:
        meta = pod["metadata"]
        self._pods[meta["uid"]] = Pod(meta["namespace"], meta["name"], address="")
        reason = {"reason": "Unschedulable", "message": "0/1 nodes: insufficient cpu"}
        condition = {"type": "PodScheduled", "status": "False", **reason}
        status = {"status": {"conditions": [condition]}}
        self._kube.merge("Pod", meta["namespace"], meta["name"], status, "status")

    def _forget(self, uid: str) -> None:
        gone = self._pods.pop(uid)
        self._members.at.pop(gone.address, None)
        replaced = any(
            (pod.namespace, pod.name) == (gone.namespace, gone.name) for pod in self._pods.values()
        )
        if gone.cluster and not replaced:
            gone.cluster.members.pop(gone.name, None)
            gone.cluster.pending.discard(gone.name)
            if gone.cluster.leader == gone.name:
                gone.cluster.leader = None
                if gone.cluster.members:
                    gone.cluster.lead(min(gone.cluster.members))

    def _bind(self, claim: Object) -> None:
        meta, spec, status = claim["metadata"], claim["spec"], claim.get("status", {})
        if meta.get("deletionTimestamp"):
            return
        where = ("PersistentVolumeClaim", meta["namespace"], meta["name"])
        if not spec.get("volumeName"):
            self._kube.merge(*where, {"spec": {"volumeName": f"pv-{meta['uid']}"}})
        wanted = spec["resources"]["requests"]
        if status.get("phase") != "Bound" or status.get("capacity") != wanted:
            bound = {"phase": "Bound", "accessModes": spec["accessModes"], "capacity": wanted}
            self._kube.merge(*where, {"status": bound}, "status")

    def _drop_empty_clusters(self) -> None:
        for key, cluster in list(self.clusters.items()):
            if not cluster.members and self._kube.get("Namespace", None, key[0]) is None:
                self.on_gone_cluster(cluster)
                del self.clusters[key]

    # --------------------------------------------------------------------------- Patroni

    def _join(self, pod: Object, address: str) -> Cluster | None:
        env = _patroni_environment(pod)
        if env is None:
            return None
        meta = pod["metadata"]
        key = (meta["namespace"], env["SCOPE"])
        if key not in self.clusters:
            self.clusters[key] = Cluster(*key, env)
            self.clusters[key].moved = self._moved(self.clusters[key])
        cluster = self.clusters[key]
        cluster.members[meta["name"]] = address
        cluster.leader = cluster.leader or meta["name"]
        if cluster.database is None:
            self.on_new_cluster(cluster)
        return cluster

    def _moved(self, cluster: Cluster) -> Callable[[str | None, str], None]:
        def moved(old: str | None, new: str) -> None:
            self._write_patroni_objects(cluster)
            self._label_later(cluster, *(name for name in (old, new) if name))

        return moved

    def _label_later(self, cluster: Cluster, *pods: str) -> None:
        timer = threading.Timer(LAG_SECONDS, self._label, (cluster, pods))
        timer.daemon = True
        timer.start()

    def _label(self, cluster: Cluster, pods: tuple[str, ...]) -> None:
        kube = self._client()
        for name in pods:
            if name not in cluster.members:
                continue
            labels = {cluster.role_label: cluster.role(name)}
            try:
                kube.merge("Pod", cluster.namespace, name, {"metadata": {"labels": labels}})
            except ApiError as error:
                if error.status != 404:
                    raise
        kube.close()

    def _write_patroni_objects(self, cluster: Cluster) -> None:
        """Those that Patroni keeps its state in, as far as an operator looks at them."""
        if cluster.etcd:
            return
        leader = {"leader": cluster.leader or ""}
        config = {"config": json.dumps(cluster.config), "initialize": "7000000000000000000"}
        if cluster.config_maps:
            self._write(cluster, "ConfigMap", "-leader", leader)
            self._write(cluster, "ConfigMap", "-config", config)
            return
        self._write(cluster, "Endpoints", "-config", config)
        self._write(cluster, "Service", "-config", None)
        if self._kube.get("Endpoints", cluster.namespace, cluster.name):
            addresses = [{"ip": cluster.members[cluster.leader or ""]}]
            subset = {"addresses": addresses, "ports": [{"name": "postgresql", "port": 5432}]}
            change = {"metadata": {"annotations": leader}, "subsets": [subset]}
            self._kube.merge("Endpoints", cluster.namespace, cluster.name, change)

    def _write(
        self, cluster: Cluster, kind: str, suffix: str, annotations: dict[str, str] | None
    ) -> None:
        name = cluster.name + suffix
        meta = {"name": name, "namespace": cluster.namespace, "labels": cluster.labels}
        obj: Object = {"apiVersion": "v1", "kind": kind, "metadata": meta}
        if annotations is not None:
            meta["annotations"] = annotations
        if kind == "Service":
            obj["spec"] = {"clusterIP": "None"}
        try:
            self._kube.create(obj)
        except ApiError as error:
            if error.status == 403 and "terminated" in error.text:
                return
            if error.status != 409:
                raise
            if annotations is not None:
                change = {"metadata": {"annotations": annotations}}
                self._kube.merge(kind, cluster.namespace, name, change)


def _patroni_environment(pod: Object) -> dict[str, str] | None:
    for container in pod["spec"]["containers"]:
        env = {entry["name"]: entry.get("value", "") for entry in container.get("env", [])}
        if env.keys() >= {"SCOPE", "PGROOT"}:
            return env
    return None


def _asks_for(pod: Object) -> float:
    """CPUs that all its containers request."""
    requests = [c.get("resources", {}).get("requests", {}) for c in pod["spec"]["containers"]]
    return sum(_cpus(str(request.get("cpu", "0"))) for request in requests)


def _cpus(quantity: str) -> float:
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def _running(pod: Object, address: str) -> dict[str, Any]:
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    ready = ("PodScheduled", "Initialized", "ContainersReady", "Ready")
    return {
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "hostIP": str(POD_NETWORK[-3]),
        "startTime": now,
        "conditions": [
            {"type": kind, "status": "True", "lastTransitionTime": now} for kind in ready
        ],
        "containerStatuses": [
            {
                "name": container["name"],
                "image": container["image"],
                "imageID": container["image"],
                "ready": True,
                "started": True,
                "restartCount": 0,
                "state": {"running": {"startedAt": now}},
            }
            for container in pod["spec"]["containers"]
        ],
    }


DNS_ADDRESS = str(POD_NETWORK[-2])
