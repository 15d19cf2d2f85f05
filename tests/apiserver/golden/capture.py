"""Running the operator on one case, and writing down every object it makes.

Stages: `create`, one per step, `restart`. A stage ends when all resources have a final status
and nothing has changed for a while.
"""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.apiserver.golden.applying import KUBERNETES_OWN, Applier, Key
from tests.apiserver.golden.case import Case, Step
from tests.apiserver.golden.fake_node import FakeNode
from tests.apiserver.golden.fake_patroni import Cluster
from tests.apiserver.golden.normal import Normal
from tests.apiserver.golden.operator import Operator
from tests.apiserver.kube import Kube, Object

WRITTEN_DOWN = (
    "postgresql",
    "StatefulSet",
    "Service",
    "Endpoints",
    "ConfigMap",
    "Secret",
    "PodDisruptionBudget",
    "CronJob",
    "Deployment",
    "ServiceAccount",
    "RoleBinding",
    "PersistentVolumeClaim",
    "FabricEventStream",
    "Pod",
)
FINAL = {"Running", "CreateFailed", "UpdateFailed", "SyncFailed", "Invalid"}
_NOISE = {"endpoints.kubernetes.io/last-change-trigger-time"}
_LOOK_SECONDS = 0.3
_POD_SUFFIX = re.compile(
    r"-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}(?![a-z0-9])"
)


@dataclass(frozen=True)
class Patience:
    """Seconds without any change that count as settled, and other limits."""

    quiet: float = 4.0
    unseen: float = 20.0
    """The same while a resource has no status: a busy machine, or the operator leaves it alone."""
    timeout: float = 90.0
    """When settling is given up."""


class Capture:
    """One run of one case."""

    def __init__(
        self,
        case: Case,
        *,
        kube: Kube,
        node: FakeNode,
        operator: Operator,
        patience: Patience,
        database: Callable[[Cluster], Any] | None = None,
    ) -> None:
        self._case, self._kube, self._node = case, kube, node
        self._operator, self._patience, self._database = operator, patience, database
        self._applier = Applier(case, kube)
        self._normal = Normal(case.text)
        self._configuration: dict[str, str] = {}
        self._events: set[tuple[str, str, str]] = set()
        self._objects: dict[str, Object] = {}
        self._pods: dict[str, str] = {}
        self._asked: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        self._applier.make_namespaces()
        try:
            return {"case": self._case.name, "stages": self._stages()}
        finally:
            self._operator.stop()
            self._applier.clean()

    def _stages(self) -> list[dict[str, Any]]:
        """Clusters are applied after the operator is up, everything else before."""
        manifests = self._case.manifests()
        clusters = [manifest for manifest in manifests if manifest["kind"] == "postgresql"]
        refused = self._configure(self._case.configuration)
        if refused:
            return [{"stage": "config", "rejected": refused}]
        refused = self._applier.apply_all([m for m in manifests if m not in clusters])
        self._operator.start(self._configuration)
        refused += self._applier.apply_all(clusters)
        stages = [self._stage("create", refused)]
        stages += [self._step(step) for step in self._case.steps]
        if self._operator.running and any(key.startswith("postgresql/") for key in self._objects):
            self._operator.stop()
            self._operator.start(self._configuration)
            stages.append(self._stage("restart", []))
        return stages

    def _step(self, step: Step) -> dict[str, Any]:
        refused: list[Object] = []
        if step.configures:
            self._operator.stop()
            refused = self._configure(step.path)
            self._operator.start(self._configuration)
        elif step.deletes:
            self._applier.delete_all(self._case.documents(step.path))
        else:
            refused = self._applier.apply_all(self._case.documents(step.path))
        return self._stage(step.name, refused)

    def _configure(self, path: Any) -> list[Object]:
        self._configuration, refused = self._applier.configure(path, self._operator.api_port)
        return refused

    # ----------------------------------------------------------------------------- looking

    def _live(self) -> dict[Key, Object]:
        found: dict[Key, Object] = {}
        for namespace in self._case.namespaces:
            for kind in WRITTEN_DOWN:
                for obj in self._kube.list(kind, namespace):
                    found[kind, namespace, obj["metadata"]["name"]] = {**obj, "kind": kind}
        return found

    def _events_now(self) -> set[tuple[str, str, str]]:
        """Type, reason and text of the events on clusters."""
        return {
            (
                event["type"],
                event["reason"],
                _POD_SUFFIX.sub("-<random>", self._normal.text(event["message"])),
            )
            for event in self._kube.list("Event", self._case.name)
            if event["involvedObject"]["kind"] == "postgresql"
        }

    def _settle(self) -> tuple[dict[Key, Object], bool]:
        """The objects when nothing changes any more, and whether that was given up."""
        timeout = max(self._patience.timeout, self._case.options.timeout)
        deadline = time.monotonic() + timeout
        last, since = None, time.monotonic()
        while True:
            objects = self._live()
            mark = self._mark(objects)
            now = time.monotonic()
            if mark != last:
                last, since = mark, now
            if now - since >= self._quiet(objects, timeout):
                return objects, False
            if now > deadline:
                return objects, True
            time.sleep(_LOOK_SECONDS)

    def _mark(self, objects: dict[Key, Object]) -> Any:
        """Equal as long as nothing happens."""
        versions = {key: obj["metadata"]["resourceVersion"] for key, obj in objects.items()}
        clusters = self._node.of_namespace(self._case.name)
        return versions, sum(len(c.requests) for c in clusters), len(self._events_now())

    def _quiet(self, objects: dict[Key, Object], timeout: float) -> float:
        """Seconds without a change that are needed now."""
        if not self._operator.running:
            return 1.0
        needed = self._patience.quiet
        for obj in objects.values():
            if obj["kind"] != "postgresql":
                continue
            word = (obj.get("status") or {}).get("PostgresClusterStatus", "")
            if obj["metadata"].get("deletionTimestamp"):
                needed = max(needed, self._patience.quiet * 1.5)
            elif not word:
                needed = max(needed, self._patience.unseen)
            elif word not in FINAL:
                needed = timeout
        return needed

    # ------------------------------------------------------------------------ writing down

    def _stage(self, name: str, refused: list[Object]) -> dict[str, Any]:
        live, given_up = self._settle()
        for obj in [*self._applier.uids, *live.values()]:
            self._normal.learn(obj)
        objects = self._made(live)
        events = self._events_now()
        found = {
            "removed": sorted(self._objects.keys() - objects.keys()),
            "recreated": self._recreated(live),
            "rejected": refused,
            "patroni": self._patroni_calls(),
            "database": self._databases(),
            "timedOut": given_up,
            "operatorExited": not self._operator.running,
        }
        stage = {
            "stage": name,
            "objects": {key: obj for key, obj in objects.items() if self._objects.get(key) != obj},
            "events": [
                {"type": kind, "reason": reason, "message": message}
                for kind, reason, message in sorted(events - self._events)
            ],
            **{key: value for key, value in found.items() if value},
        }
        self._objects, self._events = objects, events
        return stage

    def _made(self, live: dict[Key, Object]) -> dict[str, Object]:
        """The normal form of everything the operator made or touched."""
        return {
            self._normal.key(obj): self._normal(obj)
            for key, obj in live.items()
            if self._applier.brought.get(key) != obj["metadata"]["resourceVersion"]
            and _is_operators(key, obj)
        }

    def _recreated(self, live: dict[Key, Object]) -> list[str]:
        """Pods that another one of the same name has replaced."""
        before, self._pods = (
            self._pods,
            {
                self._normal.key(obj): obj["metadata"]["uid"]
                for key, obj in live.items()
                if obj["kind"] == "Pod" and _is_operators(key, obj)
            },
        )
        return sorted(name for name, uid in self._pods.items() if before.get(name, uid) != uid)

    def _patroni_calls(self) -> dict[str, Any]:
        calls = {}
        for cluster in self._node.of_namespace(self._case.name):
            fresh = cluster.requests[self._asked.get(cluster.name, 0) :]
            self._asked[cluster.name] = len(cluster.requests)
            if fresh:
                calls[cluster.name] = self._normal.walk(fresh)
        return calls

    def _databases(self) -> dict[str, Any]:
        if self._database is None:
            return {}
        clusters = self._node.of_namespace(self._case.name)
        return {c.name: self._database(c) for c in clusters if c.database}


def _is_operators(key: Key, obj: Object) -> bool:
    """Not made by Kubernetes alone. Takes addresses out that the endpoints controller wrote."""
    kind, _, name = key
    meta = obj["metadata"]
    if (kind, name) in KUBERNETES_OWN:
        return False
    if meta.get("labels", {}).pop("endpoints.kubernetes.io/managed-by", None):
        obj.pop("subsets", None)
        if not meta.get("ownerReferences") and not set(meta.get("annotations") or {}) - _NOISE:
            return False
    owner = (meta.get("ownerReferences") or [{}])[0].get("kind")
    return kind != "Pod" or owner == "StatefulSet"
