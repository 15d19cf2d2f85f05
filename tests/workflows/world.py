"""A cluster that exists only in memory, behind the same steps as the real one.

Faults are put into `World.faults`: a step's name -> exceptions to raise, one per call, before it
works. `World.holds` makes a step wait until the test lets it go.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar, cast

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from workflows.client import knock
from workflows.cluster import Cluster
from workflows.create import Create
from workflows.delete import Delete
from workflows.model.base import ClusterRef
from workflows.model.observation import (
    Deletion,
    Drift,
    ObjectSeen,
    Observation,
    PodSeen,
    StatusSeen,
)
from workflows.model.operations import (
    Applied,
    ApplyOrder,
    Group,
    Knock,
    Members,
    MembersOrder,
    ObserveOrder,
    Removed,
    RemoveOrder,
    Report,
    SqlOrder,
    SqlResult,
)
from workflows.model.operations import (
    Stage as RemovalStage,
)
from workflows.model.status import digest
from workflows.policies import LONG_QUEUE, QUEUE
from workflows.sandbox import runner
from workflows.update import Update

Value = TypeVar("Value")

KINDS = {
    Group.ACCESS: "ServiceAccount",
    Group.SERVICES: "Service",
    Group.SECRETS: "Secret",
    Group.DISRUPTION_BUDGETS: "PodDisruptionBudget",
    Group.STATEFUL_SET: "StatefulSet",
}


class World:
    """Desired and actual state of one cluster."""

    def __init__(self, *, name: str, instances: int = 2) -> None:
        self.ref = ClusterRef(namespace="shop", name=name)
        self.uid = "uid-1"
        self.generation = 1
        self.exists = True
        self.instances = instances
        self.deletion = Deletion()
        self.finalizer = False
        self.invalid: list[Any] = []
        self.objects: set[Group] = set()
        self.roles_synced = False
        self.databases_synced = False
        self.status: dict[str, Any] = {}
        self.events: list[str] = []
        self.calls: list[str] = []
        self.faults: dict[str, list[Exception]] = defaultdict(list)
        self.holds: set[str] = set()

    def hold(self, name: str) -> None:
        """Let the step `name` wait until it is released or cancelled."""
        self.holds.add(name)

    def release(self, name: str) -> None:
        self.holds.discard(name)

    async def enter(self, name: str) -> None:
        self.calls.append(name)
        while name in self.holds:
            activity.heartbeat("held")
            await asyncio.sleep(0.02)
        if self.faults[name]:
            raise self.faults[name].pop(0)

    def pods(self) -> list[PodSeen]:
        if Group.STATEFUL_SET not in self.objects:
            return []
        return [
            PodSeen(
                name=f"{self.ref.name}-{n}",
                uid=f"pod-{n}",
                phase="Running",
                role="replica" if n else "master",
                ready=True,
            )
            for n in range(self.instances)
        ]

    @property
    def word(self) -> str:
        return str(self.status.get("PostgresClusterStatus", ""))


class Steps:
    """The step interfaces of `workflows.steps`, each acting on the world its order names."""

    def __init__(self) -> None:
        self.worlds: dict[ClusterRef, World] = {}

    @activity.defn(name="cluster.observe")
    async def observe(self, order: ObserveOrder) -> Observation:
        world = self.worlds[order.ref]
        await world.enter("observe")
        if not world.exists:
            return Observation(
                ref=world.ref, found=False, leftovers=[KINDS[group] for group in world.objects]
            )
        missing = [group for group in Group if group not in world.objects]
        synced = world.roles_synced and world.databases_synced
        return Observation(
            ref=world.ref,
            found=True,
            uid=world.uid,
            generation=world.generation,
            invalid=world.invalid,
            deletion=world.deletion,
            finalizer=world.finalizer,
            finalizer_wanted=world.finalizer,
            instances=world.instances,
            stateful_set=Group.STATEFUL_SET in world.objects,
            objects=[
                ObjectSeen(
                    kind=KINDS[group],
                    name=world.ref.name,
                    namespace="shop",
                    drift=Drift.MISSING,
                    why="not there",
                )
                for group in missing
            ],
            pods=world.pods(),
            sql_pending=[] if synced or not world.pods() else ["roles differ"],
            status=StatusSeen(
                word=world.word,
                observed_generation=world.status.get("observedGeneration", 0),
                digest=digest(world.status),
            ),
        )

    @activity.defn(name="cluster.report")
    async def report(self, report: Report) -> None:
        world = self.worlds[report.ref]
        await world.enter("report")
        world.status.update(report.status)
        world.events.extend(f"{note.reason}: {note.message}" for note in report.events)

    @activity.defn(name="kube.apply")
    async def apply(self, order: ApplyOrder) -> Applied:
        world = self.worlds[order.ref]
        await world.enter(f"apply {order.group}")
        if order.group in world.objects:
            return Applied()
        world.objects.add(order.group)
        return Applied(created=[KINDS[order.group]])

    @activity.defn(name="kube.remove")
    async def remove(self, order: RemoveOrder) -> Removed:
        world = self.worlds[order.ref]
        await world.enter(f"remove {order.stage}")
        if order.stage is RemovalStage.FINALIZER:
            world.finalizer = False
            world.exists = False
            world.objects.clear()
        return Removed(removed=[str(order.stage)])

    @activity.defn(name="patroni.until-primary")
    async def until_primary(self, order: MembersOrder) -> Members:
        world = self.worlds[order.ref]
        await world.enter("until primary")
        return Members(members=[])

    @activity.defn(name="patroni.until-members")
    async def until_members(self, order: MembersOrder) -> Members:
        world = self.worlds[order.ref]
        await world.enter("until members")
        return Members(members=[])

    @activity.defn(name="postgres.sync-roles")
    async def sync_roles(self, order: SqlOrder) -> SqlResult:
        world = self.worlds[order.ref]
        await world.enter("roles")
        world.roles_synced = True
        return SqlResult(changed=["role zalando created"])

    @activity.defn(name="postgres.sync-databases")
    async def sync_databases(self, order: SqlOrder) -> SqlResult:
        world = self.worlds[order.ref]
        await world.enter("databases")
        world.databases_synced = True
        return SqlResult(changed=["database foo created"])

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [
            self.observe,
            self.report,
            self.apply,
            self.remove,
            self.until_primary,
            self.until_members,
            self.sync_roles,
            self.sync_databases,
        ]


class Play:
    """One world, with the handles that a test needs."""

    def __init__(self, client: Client, world: World) -> None:
        self.client = client
        self.world = world

    @property
    def entity(self) -> WorkflowHandle[Cluster, None]:
        return self.client.get_workflow_handle_for(Cluster.run, self.world.ref.workflow_id)

    def operation(self, name: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(f"{self.world.ref}/op/{name}")

    async def knock(self, reason: str = "modified", *, gone: bool = False) -> None:
        message = Knock(
            uid=self.world.uid,
            generation=self.world.generation,
            reason=reason,
            gone=gone,
            deletion=self.world.deletion,
        )
        await knock(self.client, self.world.ref, message)

    async def entity_says(self) -> str:
        """The entity's own sentence on what it does."""
        return await self.entity.query(Cluster.status)

    async def word(self, word: str) -> None:
        """Wait until the status says `word`."""
        await eventually(lambda: self.world.word == word)


@asynccontextmanager
async def workers(client: Client, steps: Steps) -> AsyncIterator[None]:
    """Both queues of the program, with fake steps."""
    async with AsyncExitStack() as stack:
        for queue, workflows in ((QUEUE, [Cluster, Create, Update, Delete]), (LONG_QUEUE, [])):
            worker = Worker(
                client,
                task_queue=queue,
                workflows=workflows,
                activities=steps.all,
                workflow_runner=runner(),
                max_heartbeat_throttle_interval=timedelta(milliseconds=100),
                graceful_shutdown_timeout=timedelta(0),
            )
            await stack.enter_async_context(worker)
        yield


async def eventually(
    check: Callable[[], Value | Awaitable[Value]], *, within: float = 20.0
) -> Value:
    """The first true value of `check`; a deadline catches hangs."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        value = check()
        found = cast(Value, await value if isinstance(value, Awaitable) else value)
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)
