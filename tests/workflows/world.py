"""A cluster that exists only in memory, behind the same steps as the real one.

Faults are put into `World.faults`: a step's name -> exceptions to raise, one per call, before it
works. `World.holds` makes a step wait until the test lets it go.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar, overload

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from matriarch.measuring import Measurements
from matriarch.workers import WORKFLOWS
from tests.workflows.asked import Asked
from tests.workflows.crew import Crew
from tests.workflows.member_steps import MemberSteps
from workflows.client import knock
from workflows.cluster import Cluster
from workflows.model.base import ClusterRef
from workflows.model.children import BASIC, Group
from workflows.model.children import Stage as RemovalStage
from workflows.model.kinds import Kind
from workflows.model.observation import (
    Deletion,
    Drift,
    ObjectSeen,
    Observation,
    PatroniSeen,
    StatusSeen,
)
from workflows.model.operations import Knock
from workflows.model.orders import (
    Applied,
    ApplyOrder,
    CloudVolumes,
    CloudVolumesOrder,
    Configured,
    ConfigureOrder,
    GrowthOrder,
    Members,
    MembersOrder,
    ObserveOrder,
    Removed,
    RemoveOrder,
    Restarted,
    RestartOrder,
    SqlOrder,
    SqlResult,
)
from workflows.model.report import Report
from workflows.model.status import OperationStatus, digest
from workflows.model.turns import RolloutRule
from workflows.policies import LONG_QUEUE, QUEUE
from workflows.sandbox import strict_runner

Value = TypeVar("Value")

KINDS = {
    Group.ACCESS: "ServiceAccount",
    Group.SERVICES: "Service",
    Group.SECRETS: "Secret",
    Group.DISRUPTION_BUDGETS: "PodDisruptionBudget",
    Group.STATEFUL_SET: "StatefulSet",
    Group.CONNECTION_POOLER: "Deployment",
    Group.LOGICAL_BACKUP: "CronJob",
    Group.VOLUME_CLAIMS: "PersistentVolumeClaim",
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
        self.unseen = ""
        """Why a deletion that nobody saw is refused, where it is."""
        self.sync_requested = ""
        self.longest_retry_seconds = 300.0
        self.patience_seconds = 1200.0
        self.finalizer = False
        self.invalid: list[Any] = []
        self.wanted = {*BASIC}
        self.objects: set[Group] = set()
        self.roles_synced = False
        self.impossible_database = ""
        """Why a database can't be made, if so."""
        self.databases_synced = False
        self.patroni = PatroniSeen()
        self.configured = Configured()
        self.status: dict[str, Any] = {}
        self.operations: dict[str, Asked] = {}
        self.to_approve: list[Kind] = []
        self.in_windows: list[Kind] = []
        self.apart: list[Kind] = []
        self.window_opens = ""
        """When the next window opens, if none is open."""
        self.dry_run = False
        self.paused = False
        self.rollout = RolloutRule()
        self.annotation = ""
        self.events: list[str] = []
        self.calls: list[str] = []
        self.fresh_looks: list[bool] = []
        self.slow_volumes = False
        """Volumes have not the speed that is wanted, which the cloud can give them."""
        self.faults: dict[str, list[Exception]] = defaultdict(list)
        self.holds: set[str] = set()
        self.waited_for: list[str] = []
        self.template = 1
        self.refused = 0
        """The template that was rolled back, if one was."""
        self.crew = Crew(name)
        self.silent: dict[str, str] = {}
        """Members that receive nothing, and what they do."""

    def edit(self, *, instances: int | None = None, bad: bool = False) -> None:
        """Another pod template, or another number of instances; `bad`: its pods never serve."""
        self.generation += 1
        if instances is not None:
            self.instances = instances
            return
        self.template += 1
        if bad:
            self.crew.bad.add(self.template)

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

    def drifted(self) -> list[ObjectSeen]:
        missing = {group: Drift.MISSING for group in Group if group in self.wanted - self.objects}
        scaled = len(self.crew.made_from) != self.instances
        changed = self.template not in (self.crew.newest, self.refused) or scaled
        if changed and Group.STATEFUL_SET not in missing:
            missing[Group.STATEFUL_SET] = Drift.CHANGED
        found = [self._seen(group, drift) for group, drift in missing.items()]
        slow = self._seen(Group.VOLUME_CLAIMS, Drift.CHANGED, cloud=True)
        return [*found, slow] if self.slow_volumes else found

    def _seen(self, group: Group, drift: Drift, *, cloud: bool = False) -> ObjectSeen:
        return ObjectSeen(
            kind=KINDS[group],
            name=self.ref.name,
            namespace="shop",
            drift=drift,
            why="spec",
            group=group,
            cloud=cloud,
            template=drift is Drift.CHANGED and self.template != self.crew.newest,
        )

    @property
    def word(self) -> str:
        return str(self.status.get("PostgresClusterStatus", ""))


def _unfinished(status: dict[str, Any]) -> OperationStatus | None:
    told = status.get("operation")
    known = OperationStatus.model_validate(told) if told else None
    return known if known and not known.finished else None


class Steps(MemberSteps):
    """The step interfaces of `workflows.steps`, each acting on the world its order names."""

    def __init__(self) -> None:
        self.worlds: dict[ClusterRef, World] = {}
        self.measured = Measurements()

    @activity.defn(name="cluster.observe")
    async def observe(self, order: ObserveOrder) -> Observation:
        world = self.worlds[order.ref]
        world.fresh_looks.append(order.fresh)
        await world.enter("observe")
        if not world.exists:
            return Observation(
                ref=world.ref,
                found=False,
                leftovers=[KINDS[group] for group in world.objects],
                operations=[one.seen for one in world.operations.values() if not one.finished],
                deletion=Deletion(requested=True, refused=world.unseen),
            )
        synced = world.roles_synced and world.databases_synced
        return Observation(
            ref=world.ref,
            edition=1,
            found=True,
            uid=world.uid,
            generation=world.generation,
            invalid=world.invalid,
            deletion=world.deletion,
            sync_requested=world.sync_requested,
            longest_retry_seconds=world.longest_retry_seconds,
            patience_seconds=world.patience_seconds,
            paused=world.paused,
            finalizer=world.finalizer,
            finalizer_wanted=world.finalizer,
            instances=world.instances,
            stateful_set=Group.STATEFUL_SET in world.objects,
            rolled_back=f"template {world.refused} was rolled back" if world.refused else "",
            objects=world.drifted(),
            pods=world.crew.pods(),
            members=world.crew.membership(instances=world.instances).members,
            silent=world.silent,
            operations=[one.seen for one in world.operations.values() if not one.finished],
            to_approve=world.to_approve,
            in_windows=world.in_windows,
            apart=world.apart,
            window_open=not world.window_opens,
            window_opens=world.window_opens,
            dry_run=world.dry_run,
            rollout=world.rollout,
            steering=world.annotation,
            patroni=world.patroni,
            sql_pending=[] if synced or not world.crew.leads_well else ["roles differ"],
            status=StatusSeen(
                word=world.word,
                observed_generation=world.status.get("observedGeneration", 0),
                rolled_generation=world.status.get("rolledGeneration") or 0,
                digest=digest(world.status),
                unfinished=_unfinished(world.status),
            ),
        )

    @activity.defn(name="cluster.report")
    async def report(self, report: Report) -> None:
        world = self.worlds[report.ref]
        await world.enter("report")
        world.status.update(report.status)
        if report.record:
            asked = world.operations.get(report.record.name) or Asked.automatic(report.record)
            world.operations[report.record.name] = asked.saying(report.record.status)
        for closing in report.closings:
            world.operations[closing.name] = world.operations[closing.name].closed(closing)
        if report.steering_heard == world.annotation:
            world.annotation = ""
        if report.operation and report.operation.waiting_for:
            world.waited_for.append(report.operation.waiting_for)
        world.events.extend(f"{note.reason}: {note.message}" for note in report.events)

    @activity.defn(name="kube.apply")
    async def apply(self, order: ApplyOrder) -> Applied:
        world = self.worlds[order.ref]
        created, failures = [], []
        for group in order.groups:
            try:
                await world.enter(f"apply {group}")
            except ApplicationError as error:
                failures.append(error)
                continue
            if group not in world.objects:
                world.objects.add(group)
                created.append(KINDS[group])
            if group is Group.STATEFUL_SET:
                if world.template != world.refused:
                    world.crew.newest, world.refused = world.template, 0
                world.crew.scale(world.instances)
        if failures:
            raise failures[0]
        return Applied(created=created)

    @activity.defn(name="kube.until-grown")
    async def until_grown(self, order: GrowthOrder) -> None:
        await self.worlds[order.ref].enter("until grown")

    @activity.defn(name="kube.remove")
    async def remove(self, order: RemoveOrder) -> Removed:
        world = self.worlds[order.ref]
        await world.enter(f"remove {order.stage}")
        if order.stage is RemovalStage.FINALIZER:
            world.finalizer = False
            world.exists = False
            world.objects.clear()
        return Removed(removed=[str(order.stage)])

    @activity.defn(name="cloud.modify-volumes")
    async def modify_volumes(self, order: CloudVolumesOrder) -> CloudVolumes:
        world = self.worlds[order.ref]
        await world.enter("modify volumes")
        world.slow_volumes = False
        return CloudVolumes(changed=["vol-1 is to have 4000 IOPS"], problems=["no EBS volume"])

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

    @activity.defn(name="patroni.configure")
    async def configure(self, order: ConfigureOrder) -> Configured:
        world = self.worlds[order.ref]
        await world.enter("configure")
        configured, world.configured = world.configured, Configured()
        restarts = ["acid-1 waits for a restart"] if configured.restart else []
        world.patroni = world.patroni.model_copy(update={"changes": [], "restarts": restarts})
        return configured

    @activity.defn(name="patroni.restart-pending")
    async def restart_pending(self, order: RestartOrder) -> Restarted:
        world = self.worlds[order.ref]
        await world.enter("restart primary first" if order.primary_first else "restart")
        world.patroni = world.patroni.model_copy(update={"restarts": []})
        return Restarted(restarted=["acid-1", "acid-0"])

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
        if world.impossible_database:
            return SqlResult(failed=[world.impossible_database])
        world.databases_synced = True
        return SqlResult(changed=["database foo created"])

    @property
    def all(self) -> list[Callable[..., Any]]:
        return [
            self.observe,
            self.members,
            self.report,
            self.apply,
            self.remove,
            self.renew_pod,
            self.restore_template,
            self.until_grown,
            self.modify_volumes,
            self.until_primary,
            self.until_members,
            self.until_healthy,
            self.switchover,
            self.make_synchronous,
            self.reset_synchronous,
            self.configure,
            self.restart_pending,
            self.restart_member,
            self.reinitialise,
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

    async def knock(self, reason: str = "modified", *, gone: bool = False, **marks: bool) -> None:
        message = Knock(
            uid=self.world.uid,
            generation=self.world.generation,
            reason=reason,
            gone=gone,
            **marks,
            deletion=self.world.deletion,
        )
        await knock(self.client, self.world.ref, message)

    async def until_operation_hears(self, word: str) -> None:
        """What the entity is told it passes on, which takes it a moment."""

        async def heard() -> bool:
            described = await self.entity.describe()
            running = described.raw_description.pending_children
            signals = [await self._signals(child.workflow_id) for child in running]
            return any(word in names for names in signals)

        await eventually(heard)

    async def _signals(self, workflow_id: str) -> list[str]:
        history = await self.client.get_workflow_handle(workflow_id).fetch_history()
        told = [each.workflow_execution_signaled_event_attributes for each in history.events]
        return [each.signal_name for each in told if each.signal_name]

    async def entity_says(self) -> str:
        """The entity's own sentence on what it does."""
        return await self.entity.query(Cluster.status)

    async def until_entity_says(self, told: str) -> None:
        async def said() -> bool:
            return await self.entity_says() == told

        await eventually(said)

    async def at_rest(self) -> bool:
        return await self.entity.query(Cluster.at_rest)

    async def word(self, word: str) -> None:
        """Wait until the status says `word`."""
        await eventually(lambda: self.world.word == word)


@asynccontextmanager
async def workers(client: Client, steps: Steps) -> AsyncIterator[None]:
    """Both queues of the program, with fake steps."""
    async with AsyncExitStack() as stack:
        for queue, workflows in ((QUEUE, WORKFLOWS), (LONG_QUEUE, [])):
            worker = Worker(
                client,
                task_queue=queue,
                workflows=workflows,
                activities=steps.all,
                workflow_runner=strict_runner(),
                interceptors=[steps.measured],
                max_heartbeat_throttle_interval=timedelta(milliseconds=100),
                graceful_shutdown_timeout=timedelta(0),
            )
            await stack.enter_async_context(worker)
        yield


@overload
async def eventually(
    check: Callable[[], Coroutine[Any, Any, Value]], *, within: float = ...
) -> Value: ...


@overload
async def eventually(check: Callable[[], Value], *, within: float = ...) -> Value: ...


async def eventually(check: Callable[[], Any], *, within: float = 90.0) -> Any:
    """The first true value of `check`; a deadline catches hangs."""
    deadline = asyncio.get_running_loop().time() + within
    while True:
        value = check()
        found = await value if isinstance(value, Awaitable) else value
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)
