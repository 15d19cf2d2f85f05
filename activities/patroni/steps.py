"""The steps that wait for members, move the primary, and keep Patroni configured."""

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from temporalio import activity

from activities.cluster.report import status_of
from activities.configuration import ConfigurationSource
from activities.kube.client import Kube
from activities.kube.resource import Resources, outline
from activities.patroni.asked import Asked
from activities.patroni.client import PatroniClient
from activities.patroni.configuring import Configuring
from activities.patroni.health import HealthWait
from activities.patroni.members import MembersWait
from activities.patroni.primary import PrimaryWait
from activities.patroni.remembered import Remembered
from activities.patroni.restarting import Restarting
from activities.patroni.sight import Sight
from activities.patroni.switchover import Switchover
from activities.patroni.synchronous import Synchronous, reset
from activities.postgres.connection import Primaries
from activities.waiting import ROUND_SECONDS, until
from workflows import steps
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.errors import InvalidManifest, NotYet
from workflows.model.names import KIND
from workflows.model.orders import (
    Configured,
    ConfigureOrder,
    HealthOrder,
    Leadership,
    Members,
    MembersOrder,
    Readiness,
    ReinitialiseOrder,
    Restarted,
    RestartMemberOrder,
    RestartOrder,
    SwitchoverOrder,
    SynchronousOrder,
)
from workflows.model.postgresql import Postgresql

Tell = Callable[[str], None]
Awaited = (
    MembersOrder
    | HealthOrder
    | SwitchoverOrder
    | SynchronousOrder
    | ConfigureOrder
    | RestartOrder
    | RestartMemberOrder
    | ReinitialiseOrder
)

OF_MEMBERS_ALONE: Final = (
    HealthOrder,
    SwitchoverOrder,
    SynchronousOrder,
    RestartMemberOrder,
    ReinitialiseOrder,
)
"""Orders that are carried out whatever the manifest says."""
SWITCHOVER_ROUND_SECONDS: Final = 0.2
"""Nobody can write until it is over."""


@dataclass(frozen=True, kw_only=True)
class PatroniSteps(steps.PatroniSteps):
    """One per process; its methods run in many threads at once."""

    kube: Kube
    configuration: ConfigurationSource
    patroni: PatroniClient
    primaries: Primaries
    teller: Callable[[ClusterRef, str], Tell]
    """For a cluster and its uid: what shows the awaited to people, and heartbeats."""
    pause: float = ROUND_SECONDS

    @activity.defn(name="patroni.until-primary")
    def until_primary(self, order: MembersOrder) -> Members:
        """Only looks. A second run finds the primary and returns at once."""
        wait = PrimaryWait(self._sight(order))
        self._until(wait.lack, order)
        return wait.result()

    @activity.defn(name="patroni.until-members")
    def until_members(self, order: MembersOrder) -> Members:
        """A second run may ask once more for a checkpoint, if a base backup still waits for it."""
        wanted = [names.pod(order.ref.name, ordinal) for ordinal in range(order.instances)]
        with closing(MembersWait(self._sight(order), wanted=wanted)) as wait:
            self._until(wait.lack, order)
            return wait.result()

    @activity.defn(name="patroni.until-healthy")
    def until_healthy(self, order: HealthOrder) -> Members:
        """A second run looks at the same member again; a restart is asked for if still pending."""
        with closing(HealthWait(self._sight(order), order.pod)) as wait:
            self._until(wait.lack, order)
            return wait.result()

    @activity.defn(name="patroni.switchover")
    def switchover(self, order: SwitchoverOrder) -> Leadership:
        """A second run asks for nothing when somebody else leads already."""
        moving = Switchover(self._sight(order), order)
        try:
            self._until(moving.lack, order, pause=min(self.pause, SWITCHOVER_ROUND_SECONDS))
        except NotYet as error:
            return moving.result().model_copy(update={"refusal": str(error)})
        return moving.result()

    @activity.defn(name="patroni.make-synchronous")
    def make_synchronous(self, order: SynchronousOrder) -> Readiness:
        """A second run looks again; what it would write is there already."""
        becoming = Synchronous(self._sight(order), order)
        self._until(becoming.lack, order)
        return becoming.result()

    @activity.defn(name="patroni.reset-synchronous")
    def reset_synchronous(self, order: ConfigureOrder) -> None:
        """A second run finds nothing that differs."""
        with suppress(InvalidManifest):
            reset(self._sight(order))

    @activity.defn(name="patroni.configure")
    def configure(self, order: ConfigureOrder) -> Configured:
        """A second run finds nothing that differs, and tells again who waits for a restart."""
        found = Resources(self.kube).raw(order.ref) or {}
        return Configuring(
            sight=self._sight(order),
            remembered=Remembered.of(status_of(found)),
            remember=lambda standby: self._remember(order, standby),
            until=lambda awaited: self._until(awaited, order),
        ).run()

    @activity.defn(name="patroni.restart-pending")
    def restart_pending(self, order: RestartOrder) -> Restarted:
        """A second run restarts only members that still wait for it."""
        restarting = Restarting(self._sight(order), primary_first=order.primary_first)
        self._until(restarting.lack, order)
        return restarting.result()

    @activity.defn(name="patroni.restart-member")
    def restart_member(self, order: RestartMemberOrder) -> None:
        """A second run finds a Postgres that was started since, and leaves it alone."""
        asked, since = Asked(self._sight(order), order.member), datetime.fromisoformat(order.since)
        self._until(lambda: asked.restarted(since=since), order)

    @activity.defn(name="patroni.reinitialise")
    def reinitialise(self, order: ReinitialiseOrder) -> None:
        """A second run finds the member copying; should it be done by then, it copies once more."""
        self._until(Asked(self._sight(order), order.member).copying, order)

    def _remember(self, order: ConfigureOrder, standby: str) -> None:
        place = KIND, order.ref.namespace, order.ref.name
        self.kube.patch_status(*place, {"status": {"standby": standby}})

    def _sight(self, order: Awaited) -> Sight:
        return Sight(
            ref=order.ref,
            cluster=self._cluster(order),
            configuration=self.configuration.recent(),
            kube=self.kube,
            patroni=self.patroni,
            primaries=self.primaries,
        )

    def _cluster(self, order: Awaited) -> Postgresql:
        """People move and restart members although a manifest is invalid, and nodes are drained."""
        resources = Resources(self.kube)
        if isinstance(order, OF_MEMBERS_ALONE):
            return outline(resources.meant(order.ref, uid=order.uid))
        return resources.required(order.ref, uid=order.uid)

    def _until(
        self, awaited: Callable[[], str], order: Awaited, *, pause: float | None = None
    ) -> None:
        until(
            awaited,
            seconds=order.deadline_seconds,
            tell=self.teller(order.ref, order.uid),
            least_pause=self.pause if pause is None else pause,
        )
