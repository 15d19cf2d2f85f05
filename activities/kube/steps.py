"""The steps of `workflows.steps.KubeSteps`."""

from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube.apply import Application
from activities.kube.client import Kube
from activities.kube.judge import Judge
from activities.kube.remove import Removal
from activities.kube.resource import Resources
from activities.kube.roles import Roles
from activities.progress import Progress
from workflows.model.operations import Applied, ApplyOrder, Removed, RemoveOrder
from workflows.steps import KubeSteps


class KubernetesSteps(KubeSteps):
    """Child objects in Kubernetes. One per process; its methods run in many threads at once."""

    def __init__(
        self, *, kube: Kube, configuration: ConfigurationSource, judge: Judge, roles: Roles
    ) -> None:
        self._kube = kube
        self._resources = Resources(kube)
        self._configuration = configuration
        self._judge = judge
        self._roles = roles

    @activity.defn(name="kube.apply")
    def apply(self, order: ApplyOrder) -> Applied:
        """Level-based: each object is read, compared and only then written, so a second run reads.

        Desired state is read here and not carried by the order.
        """
        configuration = self._configuration.current()
        cluster = self._resources.required(order.ref, uid=order.uid)
        progress = Progress(self._kube, order.ref, order.uid)
        application = Application(
            kube=self._kube,
            judge=self._judge,
            cluster=cluster,
            configuration=configuration,
            roles=self._roles(cluster, configuration),
            tell=progress.waits_for,
        )
        return application.apply(order.group)

    @activity.defn(name="kube.remove")
    def remove(self, order: RemoveOrder) -> Removed:
        """What is gone already is not there to be deleted, so a second run only looks.

        Before each round of deletions the resource is looked at: one that was created anew, or
        whose deletion nobody asked for, keeps its children.
        """
        progress = Progress(self._kube, order.ref, order.uid)
        removal = Removal(
            kube=self._kube,
            configuration=self._configuration.current(),
            roles=self._roles,
            order=order,
            tell=progress.waits_for,
        )
        return removal.remove(order.stage)
