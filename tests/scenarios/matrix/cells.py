"""One cell of the matrix: an operation, one of its steps, and a fault in that moment."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

from tests.field import images
from tests.field.cluster import Client, Cluster, client_pod
from tests.field.faults import FAULTS, FIRST_NODE, Scene
from tests.field.following import Follower, Step
from tests.field.temporal import Temporal
from tests.field.waiting import until
from tests.field.writer import TABLE, Writer
from tests.scenarios.matrix import verdict
from tests.scenarios.matrix.cases import Case, children, prepare
from workflows.model.base import ClusterRef

ENDS_WITHIN = 300.0
ASKED_EVERY = 1.5
"""Seconds; each round starts a dozen programs, on the cores that the platform runs on."""


@dataclass(frozen=True)
class Cell:
    """What is done to which operation, and when."""

    case: Case
    step: Step
    fault: str

    def __str__(self) -> str:
        return f"{self.case.name} | {self.step} | {self.fault}"


@dataclass(frozen=True)
class Result:
    """How it came out; no troubles means green."""

    cell: Cell
    hit: bool
    """False: the step did not come in this run, or there was nobody to be struck."""
    seconds: float
    written: int = 0
    troubles: Sequence[str] = ()
    nobody: bool = False
    """The step came, and there was nobody to be struck."""


@dataclass(frozen=True)
class Bench:
    """The cluster that serves one cell after the other."""

    scene: Scene
    temporal: Temporal

    @property
    def cluster(self) -> Cluster:
        return self.scene.cluster

    def rehearse(self, case: Case) -> list[Step]:
        """Run the operation without a fault, and see which steps it has."""
        self._prepare(case)
        with self._follow() as follower, self._taken_back(case):
            self._until_ended(case, case.begin(self.cluster))
        return list(dict.fromkeys(follower.seen))

    def run(self, cell: Cell) -> Result:
        began = time.monotonic()
        try:
            self._prepare(cell.case)
            result = self._strike(cell)
        except Exception as error:
            result = Result(cell, True, 0.0, troubles=[str(error)])
        return replace(result, seconds=time.monotonic() - began)

    def _strike(self, cell: Cell) -> Result:
        case, writer = cell.case, None
        with ExitStack() as stack:
            if case.exists and not case.deletes:
                self.cluster.login(f"drop table if exists {TABLE}")
                writer = stack.enter_context(Writer(self.cluster))
            follower = stack.enter_context(self._follow(awaited=cell.step))
            stack.enter_context(self._taken_back(case))
            ended = case.begin(self.cluster)
            reached = self._until_step(follower, ended)
            hit = reached and FAULTS[cell.fault](self.scene)
            self._until_ended(case, ended)
        lost = writer.lost() if writer else []
        troubles = [f"{len(lost)} acknowledged rows are lost"] if lost else []
        written = writer.count if writer else 0
        return Result(cell, hit, 0.0, written, troubles, nobody=reached and not hit)

    def _until_step(self, follower: Follower, ended: Callable[[], bool]) -> bool:
        """Whether the step has begun; not if the operation ends without it."""

        def begun_or_over() -> bool:
            return follower.reached.wait(1.0) or self._over(ended)

        until("the step", begun_or_over, within=120, every=0.01)
        return follower.reached.is_set()

    def _over(self, ended: Callable[[], bool]) -> bool:
        return ended() and (not _there(self.cluster) or self.cluster.word == "Running")

    def _until_ended(self, case: Case, ended: Callable[[], bool]) -> None:
        until(f"the end of {case.name}", ended, within=ENDS_WITHIN, every=ASKED_EVERY)
        if case.deletes:
            return
        left: list[str] = ["not looked yet"]

        def nothing_left() -> bool:
            left[:] = verdict.left_over(self.cluster, self.temporal)
            return not left

        try:
            until("nothing left over", nothing_left, within=ENDS_WITHIN, every=ASKED_EVERY)
        except AssertionError as error:
            raise AssertionError(f"left over: {'; '.join(left)} ({error})") from None
        assert ended()

    @contextmanager
    def _taken_back(self, case: Case) -> Iterator[None]:
        try:
            yield
        finally:
            if case.after is not None:
                case.after(self.cluster)

    def _prepare(self, case: Case) -> None:
        prepare(case, self.cluster)
        kubectl = self.cluster.kubectl
        if kubectl.get("pod", Client.POD) is None:
            pod = client_pod(Client.POD, image=images.name("database"))
            pod["spec"]["nodeSelector"] = {"kubernetes.io/hostname": FIRST_NODE}
            kubectl.apply(pod)

    def _follow(self, awaited: Step | None = None) -> Follower:
        cluster = self.cluster
        ref = ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name)
        return Follower(self.temporal.address, ref, roles=_roles(cluster), awaited=awaited)


def _roles(cluster: Cluster) -> Mapping[str, str]:
    """What each member is at the beginning, by its name."""
    leaders = {pod["metadata"]["name"] for pod in cluster.pods("master")}
    names = sorted(pod["metadata"]["name"] for pod in cluster.pods())
    replicas = [name for name in names if name not in leaders]
    numbered = {name: f"replica {number}" for number, name in enumerate(replicas, 1)}
    return numbered | dict.fromkeys(leaders, "the primary")


def _there(cluster: Cluster) -> bool:
    return bool(children(cluster))
