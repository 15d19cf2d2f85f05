"""The steps that wait for members. They only look, and ask for a checkpoint where that helps."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube.client import Kube
from activities.kube.resource import Resources
from activities.patroni.client import PatroniClient
from activities.patroni.members import MembersWait
from activities.patroni.primary import PrimaryWait
from activities.patroni.sight import Sight
from activities.postgres.connection import Primaries
from activities.waiting import ROUND_SECONDS, until
from workflows import steps
from workflows.model.base import ClusterRef
from workflows.model.operations import Members, MembersOrder

Tell = Callable[[str], None]


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
        with closing(MembersWait(self._sight(order), instances=order.instances)) as wait:
            self._until(wait.lack, order)
            return wait.result()

    def _sight(self, order: MembersOrder) -> Sight:
        return Sight(
            ref=order.ref,
            cluster=Resources(self.kube).required(order.ref, uid=order.uid),
            configuration=self.configuration.current(),
            kube=self.kube,
            patroni=self.patroni,
            primaries=self.primaries,
        )

    def _until(self, awaited: Callable[[], str], order: MembersOrder) -> None:
        until(
            awaited,
            seconds=order.deadline_seconds,
            tell=self.teller(order.ref, order.uid),
            pause=self.pause,
        )
