"""Finds what exists of a cluster in Kubernetes, with or without its resource."""

from collections.abc import Iterator
from functools import cached_property

from activities.kube import children
from activities.kube.client import Kube, Object
from activities.kube.resource import Resources
from activities.kube.roles import Roles
from workflows.model.base import ClusterRef
from workflows.model.children import Stage
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, InvalidManifest, NotFound
from workflows.model.names import KIND
from workflows.model.postgresql import Postgresql
from workflows.model.secrets import SecretRef

_SPARED_BY = {
    Stage.VOLUME_CLAIMS: "enable_persistent_volume_claim_deletion",
    Stage.SECRETS: "enable_secrets_deletion",
}


class Leftovers:
    """Looks by label each time it is asked; remembers nothing but Secrets' places elsewhere."""

    def __init__(
        self, kube: Kube, ref: ClusterRef, configuration: Configuration, *, roles: Roles
    ) -> None:
        self._kube = kube
        self._ref = ref
        self._configuration = configuration
        self._roles = roles

    def of(self, stage: Stage, *, fresh: bool = True) -> Iterator[Object]:
        """Children that this stage of a deletion deals with."""
        yield from self._at_home(stage, fresh=fresh)
        if stage is Stage.SECRETS and self._configuration.enable_cross_namespace_secret:
            yield from self._secrets_elsewhere()

    def spared(self, stage: Stage) -> str | None:
        """Why the configuration wants these children kept, or None."""
        parameter = _SPARED_BY.get(stage)
        if parameter is None or getattr(self._configuration, parameter):
            return None
        return f"{parameter} is off"

    def condemned(self, *, fresh: bool = True) -> Iterator[Object]:
        """All in the cluster's namespace that a deletion still has to delete.

        What lies elsewhere is judged in its own stage only; it may be another cluster's by now.
        """
        for stage in Stage:
            if self.spared(stage) is None:
                yield from self._at_home(stage, fresh=fresh)

    def _at_home(self, stage: Stage, *, fresh: bool) -> Iterator[Object]:
        for kind in children.STAGES.get(stage, ()):
            for child in self._listed(kind, fresh=fresh):
                if children.belongs(
                    stage, kind, child, ref=self._ref, configuration=self._configuration
                ):
                    yield child

    def _listed(self, kind: str, *, fresh: bool) -> list[Object]:
        try:
            labels = children.label(self._ref, self._configuration)
            return self._kube.list(kind, self._ref.namespace, labels, fresh=fresh)
        except NotFound:
            return []  # a kind of another operator that isn't installed
        except Forbidden:
            # where leadership is kept in the other kind, the operator may lack this right
            if kind == self._unused_kind:
                return []
            raise

    @property
    def _unused_kind(self) -> str:
        return "Endpoints" if self._configuration.kubernetes_use_configmaps else "ConfigMap"

    # ------------------------------------------------------------------------ other namespaces

    def _secrets_elsewhere(self) -> Iterator[Object]:
        """Secrets of roles named `namespace.user`, which lie in that namespace."""
        for place in self._places_elsewhere:
            found = self._kube.get("Secret", place.namespace, place.name)
            if found is not None:
                yield found

    @cached_property
    def _places_elsewhere(self) -> list[SecretRef]:
        """Of the roles that the resource names; once it is gone, of the label they carry."""
        try:
            cluster = Resources(self._kube).read(self._ref)
        except InvalidManifest:
            return []
        places = self._places_labelled() if cluster is None else self._places_named(cluster)
        return sorted(set(places), key=lambda place: (place.namespace, place.name))

    def _places_named(self, cluster: Postgresql) -> Iterator[SecretRef]:
        for role in self._roles(cluster, self._configuration):
            if role.secret is not None and role.secret.namespace != self._ref.namespace:
                yield role.secret

    def _places_labelled(self) -> Iterator[SecretRef]:
        """Unless a cluster of the same name elsewhere may have made them."""
        labels = children.selector(self._ref, self._configuration)
        try:
            clusters = self._kube.list(KIND, "", {}, fresh=True)
            found = self._kube.list("Secret", "", labels, fresh=True)
        except Forbidden:
            return  # watches some namespaces only
        others = {
            cluster["metadata"]["namespace"]
            for cluster in clusters
            if cluster["metadata"]["name"] == self._ref.name
        } - {self._ref.namespace}
        for secret in found if not others else ():
            namespace, name = secret["metadata"]["namespace"], secret["metadata"]["name"]
            ours = children.is_credentials(name, self._ref, self._configuration)
            if namespace != self._ref.namespace and ours and name.startswith(f"{namespace}."):
                yield SecretRef(namespace=namespace, name=name)
