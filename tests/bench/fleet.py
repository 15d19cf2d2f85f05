"""Many clusters on a simulated fleet: what the operator takes for them, and how quickly it acts.

Bounded in time: clusters are made a batch at a time, and as many as fit into the minutes given.
From the 201st on they have no members: the operator has as much to remember of them, and this
machine less to pretend.
"""

import math
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from tests.apiserver.audit import WRITING, Audit, Request
from tests.apiserver.kube import Kube
from tests.apiserver.operating import postgresql
from tests.bench import process
from tests.bench.surroundings import Surroundings, namespace
from tests.field.waiting import until
from workflows.model.base import ClusterRef

BATCH = 25
WITH_MEMBERS = 200
PER_NAMESPACE = 20
FEW = 5
"""Clusters at which memory is measured first."""
LOOKS = 50
EDITS = 8
QUIET_SECONDS = 3.0
IDLE_SECONDS = 30.0
RESYNC_SECONDS = 1800.0
_STUCK = {"resources": {"requests": {"cpu": "200"}, "limits": {"cpu": "200"}}}


@dataclass
class Fleet:
    """The clusters of one run."""

    around: Surroundings
    kube: Kube
    say: Callable[[str], None]
    refs: list[ClusterRef] = field(default_factory=list)

    def measure(self, clusters: int, *, minutes: float) -> dict[str, float]:
        deadline = time.monotonic() + 60 * minutes
        found = {"fleet-memory-idle": self._memory()}
        before = self._audit.since()
        self._grow(FEW)
        self._quiet()
        found["fleet-memory-few"] = self._memory()
        found["fleet-calls-create"] = len(before.requests(user="operator")) / len(self.refs)
        found |= self._grown(min(clusters, WITH_MEMBERS), deadline=deadline)
        found["fleet-memory-many"] = self._memory()
        self._fill(clusters, deadline=deadline)
        found |= {"fleet-clusters": len(self.refs), "fleet-memory": self._memory()}
        found |= self._looks()
        found |= self._idle(found["fleet-cpu-look"])
        found["fleet-edit"], found["fleet-edit-max"] = self._edits()
        self._quiet()
        self._add_stuck()
        found["fleet-edit-stuck"], found["fleet-edit-stuck-max"] = self._edits()
        return found

    @property
    def _audit(self) -> Audit:
        return self.around.plane.audit

    def _memory(self) -> float:
        return process.memory(self.around.process) / 1e6

    # ------------------------------------------------------------------------------ clusters

    def _grown(self, clusters: int, *, deadline: float) -> dict[str, float]:
        already, cpu = len(self.refs), process.cpu_seconds(self.around.process)
        self._fill(clusters, deadline=deadline)
        cpu = process.cpu_seconds(self.around.process) - cpu
        more = len(self.refs) - already
        return {"fleet-cpu-create": cpu / more} if more else {}

    def _fill(self, clusters: int, *, deadline: float) -> None:
        while len(self.refs) < clusters and time.monotonic() < deadline:
            self._grow(min(BATCH, clusters - len(self.refs)))
            self.around.node.pause = 0.15 + len(self.refs) / 500
            self.say(f"{len(self.refs)} clusters run, {self._memory():.0f} MB")
        self._quiet()

    def _grow(self, more: int) -> None:
        """Make clusters and wait until all of them run."""
        for number in range(len(self.refs), len(self.refs) + more):
            place = f"fleet-{number // PER_NAMESPACE}"
            if number % PER_NAMESPACE == 0:
                self.kube.create(namespace(place))
            ref = ClusterRef(namespace=place, name=f"acid-{number}")
            members = 1 if number < WITH_MEMBERS else 0
            self.kube.create(postgresql(ref.namespace, ref.name, numberOfInstances=members))
            self.refs.append(ref)
        wanted = self.refs[-more:]
        until("all clusters run", lambda: all(map(self._runs, wanted)), within=600, every=1.0)

    def _runs(self, ref: ClusterRef) -> bool:
        found = self.kube.get("postgresql", ref.namespace, ref.name) or {}
        return bool(found.get("status", {}).get("PostgresClusterStatus") == "Running")

    def _add_stuck(self) -> None:
        ref = ClusterRef(namespace=self.refs[0].namespace, name="acid-stuck")
        self.kube.create(postgresql(ref.namespace, ref.name, numberOfInstances=1, **_STUCK))
        until("its pod can't be scheduled", lambda: self._pending(ref), within=60, every=0.5)
        time.sleep(QUIET_SECONDS)

    def _pending(self, ref: ClusterRef) -> bool:
        pod = self.kube.get("Pod", ref.namespace, f"{ref.name}-0") or {}
        return bool(pod.get("status", {}).get("conditions"))

    # ------------------------------------------------------------------------------ measures

    def _quiet(self) -> None:
        """Wait until the operator asks nothing for a while."""
        later = self._audit.since()
        until(
            "the operator is at rest",
            lambda: not self._during(later, QUIET_SECONDS),
            within=300,
            every=0.1,
        )

    def _during(self, audit: Audit, seconds: float) -> Sequence[Request]:
        later = audit.since()
        time.sleep(seconds)
        return [request for request in later.requests(user="operator") if request.resource]

    def _looks(self) -> dict[str, float]:
        """Many looks at once that find nothing to do."""
        chosen = self.refs[:LOOKS]
        later, cpu = self._audit.since(), process.cpu_seconds(self.around.process)
        self.around.look(chosen)
        self._quiet()
        cpu = process.cpu_seconds(self.around.process) - cpu
        asked = [request for request in later.requests(user="operator") if request.resource]
        return {
            "fleet-calls-look": len(asked) / len(chosen),
            "fleet-writes-look": sum(request.verb in WRITING for request in asked),
            "fleet-cpu-look": 1000 * cpu / len(chosen),
        }

    def _idle(self, look: float) -> dict[str, float]:
        """CPU of nothing to do, and with what the resyncs add that come once in half an hour."""
        self.around.node.pause = IDLE_SECONDS
        time.sleep(QUIET_SECONDS)
        cpu = process.cpu_seconds(self.around.process)
        time.sleep(IDLE_SECONDS)
        cores = (process.cpu_seconds(self.around.process) - cpu) / IDLE_SECONDS
        self.around.node.pause = 0.15 + len(self.refs) / 500
        resyncs = len(self.refs) / RESYNC_SECONDS * look / 1000
        return {"fleet-cpu-idle": cores, "fleet-cpu-resync": cores + resyncs}

    def _edits(self) -> tuple[float, float]:
        """Seconds from edit to the first write on behalf of it: median and longest of some."""
        step = max(1, math.floor(len(self.refs) / EDITS))
        chosen = self.refs[::step][:EDITS]
        later = self._audit.since()
        user: dict[str, list[str]] = {f"late_{time.monotonic_ns()}": []}
        for ref in chosen:
            self.kube.merge("postgresql", ref.namespace, ref.name, {"spec": {"users": user}})
        seconds = [until("a write", partial(_reaction, later, ref)) for ref in chosen]
        return statistics.median(seconds), max(seconds)


def _reaction(audit: Audit, ref: ClusterRef) -> float | None:
    """From the edit of a cluster to the operator's first write to one of its objects."""
    writes = [write for write in audit.writes(namespace=ref.namespace) if _concerns(write, ref)]
    edited = next((write.at for write in writes if write.user == "admin"), None)
    answers = [write.at for write in writes if write.user == "operator" and edited]
    if edited is None or not answers:
        return None
    return (min(answers) - edited).total_seconds()


def _concerns(write: Request, ref: ClusterRef) -> bool:
    """Names of children contain the cluster's, between dots or dashes."""
    return re.search(rf"(^|[.-]){re.escape(ref.name)}([.-]|$)", write.name) is not None
