"""The steps of `workflows.steps.CloudSteps`."""

from collections.abc import Callable

from temporalio import activity

from activities.cloud.ec2 import Ec2
from activities.cloud.modification import ROUND_SECONDS, Modifying
from activities.configuration import ConfigurationSource
from activities.kube.client import Kube
from activities.kube.resource import Resources
from activities.progress import Progress
from workflows import steps
from workflows.model.orders import CloudVolumes, CloudVolumesOrder


class CloudSteps(steps.CloudSteps):
    """Volumes in EC2. One per process; its methods run in many threads at once."""

    def __init__(
        self,
        *,
        kube: Kube,
        configuration: ConfigurationSource,
        ec2: Callable[[str], Ec2],
        pause: float = ROUND_SECONDS,
    ) -> None:
        self._kube = kube
        self._resources = Resources(kube)
        self._configuration = configuration
        self._ec2 = ec2
        self._pause = pause

    @activity.defn(name="cloud.modify-volumes")
    def modify_volumes(self, order: CloudVolumesOrder) -> CloudVolumes:
        """EC2 is looked at first, so a second run finds what the first has asked for.

        File systems and capacities that have grown are as they were asked to be.
        """
        cluster = self._resources.required(order.ref, uid=order.uid)
        modifying = Modifying(
            kube=self._kube,
            ec2=self._ec2,
            cluster=cluster,
            configuration=self._configuration.recent(),
            tell=Progress(self._kube, order.ref, order.uid).waits_for,
            pause=self._pause,
        )
        return modifying.run(deadline_seconds=order.deadline_seconds)
