"""The steps that look at members, make them anew and move the primary, in a world of memory."""

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from temporalio import activity
from temporalio.exceptions import ApplicationError

from workflows.model.base import ClusterRef
from workflows.model.members import Membership
from workflows.model.orders import (
    Applied,
    ConfigureOrder,
    HealthOrder,
    Leadership,
    Members,
    MembershipOrder,
    Readiness,
    ReinitialiseOrder,
    RenewalOrder,
    Renewed,
    RestartMemberOrder,
    RestoreOrder,
    SwitchoverOrder,
    SynchronousOrder,
)

if TYPE_CHECKING:
    from tests.workflows.world import World


class MemberSteps:
    """Each acts on the crew of the world that its order names."""

    worlds: Mapping[ClusterRef, "World"]

    @activity.defn(name="cluster.members")
    async def members(self, order: MembershipOrder) -> Membership:
        world = self.worlds[order.ref]
        await world.enter("members")
        found = world.crew.membership(instances=world.instances, anew=bool(order.made_before))
        return found.model_copy(
            update={"window_open": not world.window_opens, "in_windows": world.in_windows}
        )

    @activity.defn(name="kube.restore-template")
    async def restore_template(self, order: RestoreOrder) -> Applied:
        world = self.worlds[order.ref]
        await world.enter("restore template")
        if order.generation != world.generation:
            raise ApplicationError("edited meanwhile", type="Precondition")
        if world.refused == world.template:
            return Applied()
        if world.template == 1:
            raise ApplicationError("there is no former pod template", type="Precondition")
        world.refused, world.crew.newest = world.template, world.template - 1
        return Applied(changed=["StatefulSet/acid"])

    @activity.defn(name="kube.renew-pod")
    async def renew_pod(self, order: RenewalOrder) -> Renewed:
        world, ordinal = self._member(order.ref, order.pod)
        await world.enter(f"renew {ordinal}")
        if not order.leads and world.crew.leader == ordinal:
            return Renewed(spared=f"{order.pod} has become the primary")
        world.crew.renew(ordinal, uid=order.pod_uid)
        return Renewed()

    @activity.defn(name="patroni.until-healthy")
    async def until_healthy(self, order: HealthOrder) -> Members:
        world, ordinal = self._member(order.ref, order.pod)
        await world.enter(f"healthy {ordinal}")
        while not world.crew.serves(ordinal):
            activity.heartbeat("waits")
            await asyncio.sleep(0.02)
        return Members(members=[])

    @activity.defn(name="patroni.switchover")
    async def switchover(self, order: SwitchoverOrder) -> Leadership:
        world, ordinal = self._member(order.ref, order.candidate)
        await world.enter(f"switch over to {ordinal}")
        if world.crew.leader != ordinal:
            world.crew.lead(ordinal)
        return Leadership(leader=order.candidate)

    @activity.defn(name="patroni.make-synchronous")
    async def make_synchronous(self, order: SynchronousOrder) -> Readiness:
        world, ordinal = self._member(order.ref, order.pod)
        await world.enter(f"make {ordinal} synchronous")
        if f"{world.ref.name}-{world.crew.leader}" != order.leader:
            return Readiness(lack=f"{world.crew.leader} leads now")
        world.crew.history.append(f"synchronous {ordinal}")
        return Readiness()

    @activity.defn(name="patroni.reset-synchronous")
    async def reset_synchronous(self, order: ConfigureOrder) -> None:
        await self.worlds[order.ref].enter("reset synchronous")
        self.worlds[order.ref].crew.history.append("reset synchronous")

    @activity.defn(name="patroni.restart-member")
    async def restart_member(self, order: RestartMemberOrder) -> None:
        world, ordinal = self._member(order.ref, order.member)
        await world.enter(f"restart {ordinal}")
        world.crew.history.append(f"restart {ordinal}")

    @activity.defn(name="patroni.reinitialise")
    async def reinitialise(self, order: ReinitialiseOrder) -> None:
        world, ordinal = self._member(order.ref, order.member)
        await world.enter(f"reinitialise {ordinal}")
        world.crew.history.append(f"reinitialise {ordinal}")

    def _member(self, ref: ClusterRef, pod: str) -> tuple["World", int]:
        return self.worlds[ref], int(pod.rpartition("-")[2])
