"""The steps of `workflows.steps.KubeSteps`."""

from collections.abc import Callable

from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube import children
from activities.kube.apply import Application
from activities.kube.client import Kube
from activities.kube.growth import Growth
from activities.kube.judge import Judge
from activities.kube.remove import Removal
from activities.kube.renewal import Renewal
from activities.kube.resource import Resources
from activities.kube.roles import Roles
from activities.progress import Progress
from workflows.model.orders import (
    Applied,
    ApplyOrder,
    GrowthOrder,
    Removed,
    RemoveOrder,
    RenewalOrder,
    Renewed,
    RestoreOrder,
)
from workflows.steps import KubeSteps


class KubernetesSteps(KubeSteps):
    """Child objects in Kubernetes. One per process; its methods run in many threads at once."""

    def __init__(
        self,
        *,
        kube: Kube,
        configuration: ConfigurationSource,
        judge: Judge,
        roles: Roles,
        leader: Callable[[str], str],
    ) -> None:
        self._kube = kube
        self._resources = Resources(kube)
        self._configuration = configuration
        self._judge = judge
        self._roles = roles
        self._leader = leader

    @activity.defn(name="kube.apply")
    def apply(self, order: ApplyOrder) -> Applied:
        """Level-based: each object is read, compared and only then written, so a second run reads.

        Desired state is read here and not carried by the order.
        """
        application = self._application(order)
        if order.untouched:
            application.expect_nothing()
        return application.apply(order.groups)

    @activity.defn(name="kube.restore-template")
    def restore_template(self, order: RestoreOrder) -> Applied:
        """The StatefulSet says itself that it was done, so a second run leaves it as it is."""
        application = self._application(order)
        return application.restore_template(generation=order.generation, by=order.by)

    @activity.defn(name="kube.remove")
    def remove(self, order: RemoveOrder) -> Removed:
        """What is gone already is not there to be deleted, so a second run only looks.

        Before each round of deletions the resource is looked at: one that was created anew, or
        whose deletion nobody asked for, keeps its children.
        """
        progress = Progress(self._kube, order.ref, order.uid)
        removal = Removal(
            kube=self._kube,
            configuration=self._configuration.recent(),
            roles=self._roles,
            order=order,
            tell=progress.waits_for,
        )
        return removal.remove(order.stage)

    @activity.defn(name="kube.renew-pod")
    def renew_pod(self, order: RenewalOrder) -> Renewed:
        """The old pod is known by its uid: a second run finds it gone and only waits."""
        self._resources.meant(order.ref, uid=order.uid)
        configuration = self._configuration.recent()
        return Renewal(
            self._kube,
            order,
            leader=self._leader,
            members=lambda: children.list_database_pods(self._kube, order.ref, configuration),
            role_label=configuration.pod_role_label,
            tell=Progress(self._kube, order.ref, order.uid).waits_for,
        ).run()

    @activity.defn(name="kube.until-grown")
    def until_grown(self, order: GrowthOrder) -> None:
        """Only looks, so a second run goes on waiting."""
        growth = Growth(
            self._kube,
            order,
            cluster=self._resources.required(order.ref, uid=order.uid),
            configuration=self._configuration.recent(),
            tell=Progress(self._kube, order.ref, order.uid).waits_for,
        )
        growth.run()

    def _application(self, order: ApplyOrder | RestoreOrder) -> Application:
        configuration = self._configuration.recent()
        cluster = self._resources.required(order.ref, uid=order.uid)
        return Application(
            kube=self._kube,
            judge=self._judge,
            cluster=cluster,
            configuration=configuration,
            roles=self._roles(cluster, configuration),
            tell=Progress(self._kube, order.ref, order.uid).waits_for,
            least=order.instances if isinstance(order, ApplyOrder) else None,
        )
