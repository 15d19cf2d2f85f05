"""The steps of `workflows.steps.ClusterSteps`."""

from temporalio import activity

from activities.cluster.membership import Memberships
from activities.cluster.observe import Observer
from activities.cluster.report import Reporter
from workflows import steps
from workflows.model.members import Membership
from workflows.model.observation import Observation
from workflows.model.orders import MembershipOrder, ObserveOrder
from workflows.model.report import Report


class ClusterSteps(steps.ClusterSteps):
    """Looking and telling. One per process; its methods run in many threads at once."""

    def __init__(self, observer: Observer, reporter: Reporter, memberships: Memberships) -> None:
        self._observer = observer
        self._reporter = reporter
        self._memberships = memberships

    @activity.defn(name="cluster.observe")
    def observe(self, order: ObserveOrder) -> Observation:
        """Only reads, so a second run is harmless."""
        return self._observer.observe(order)

    @activity.defn(name="cluster.members")
    def members(self, order: MembershipOrder) -> Membership:
        """Only reads, so a second run is harmless."""
        return self._memberships.read(order)

    @activity.defn(name="cluster.report")
    def report(self, report: Report) -> None:
        """A second run finds the status written; an event it counts once more."""
        self._reporter.report(report)
