"""Gathers all facts about one cluster that the planner needs; only reads."""

from activities.cluster import operations
from activities.cluster.look import Eyes, Look, times
from activities.configuration import ConfigurationSource
from activities.kube.existing import name_of
from activities.kube.leftovers import Leftovers
from activities.kube.resource import Resources
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.names import CONTROLLER
from workflows.model.observation import Concern, Observation
from workflows.model.orders import ObserveOrder
from workflows.model.protection import Protection


class Observer:
    """One per process; used from many threads. `controller_id` says which resources are ours."""

    def __init__(
        self, eyes: Eyes, configuration: ConfigurationSource, *, controller_id: str = ""
    ) -> None:
        self._eyes = eyes
        self._configuration = configuration
        self._controller_id = controller_id

    def observe(self, order: ObserveOrder) -> Observation:
        """The facts as they are now; raises only when nothing at all can be seen."""
        if order.fresh:
            self._eyes.forget()
        configuration = self._configuration.current()
        found = Resources(self._eyes.kube).raw(order.ref)
        if found is None:
            return self._gone(order.ref, configuration)
        annotations = found["metadata"].get("annotations") or {}
        if annotations.get(CONTROLLER, "") != self._controller_id:
            uid = found["metadata"]["uid"]
            return Observation(ref=order.ref, found=True, owned=False, uid=uid)
        seen = Look(self._eyes, order.ref, found, configuration).observation()
        if problem := self._configuration.problem:
            concern = Concern(name="Configuration", message=problem)
            return seen.model_copy(update={"concerns": [*seen.concerns, concern]})
        return seen

    def _gone(self, ref: ClusterRef, configuration: Configuration) -> Observation:
        left = Leftovers(self._eyes.kube, ref, configuration, roles=self._eyes.roles)
        names = [name_of(child) for child in left.condemned()]
        asked = operations.unfinished(operations.of_cluster(self._eyes.kube, ref), members=())
        return Observation(
            ref=ref,
            found=False,
            leftovers=names,
            operations=asked,
            deletion=Protection.of(configuration).verdict(
                name=ref.name, annotations=None, today=self._eyes.today()
            ),
            **times(configuration),
        )
