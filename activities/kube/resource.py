"""The `postgresql` resource, as steps need it: fresh, decoded, and the one that was meant."""

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.errors import Precondition
from workflows.model.names import KIND
from workflows.model.postgresql import ObjectMeta, Postgresql, parse


class Resources:
    """Reads `postgresql` resources; every reading is a fresh one."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube

    def raw(self, ref: ClusterRef) -> Object | None:
        """The object as the API server has it, or None."""
        return self._kube.get(KIND, ref.namespace, ref.name)

    def metadata(self, ref: ClusterRef) -> ObjectMeta | None:
        """Its metadata, or None; also of a resource whose content is invalid."""
        found = self.raw(ref)
        return None if found is None else ObjectMeta.model_validate(found["metadata"])

    def read(self, ref: ClusterRef) -> Postgresql | None:
        """The decoded resource, or None. Raises InvalidManifest with all bad fields."""
        found = self.raw(ref)
        return None if found is None else parse(found)

    def required(self, ref: ClusterRef, *, uid: str) -> Postgresql:
        """The resource that the order was given for, to be brought to what it says.

        Raises Precondition when it is gone, was created anew, or is being deleted: whatever is
        made for it now would be left behind.
        """
        cluster = self.read(ref)
        if cluster is None:
            raise Precondition(f"postgresql {ref} is gone")
        if cluster.metadata.uid != uid:
            raise Precondition(f"postgresql {ref} was created anew")
        if cluster.metadata.deletion_timestamp is not None:
            raise Precondition(f"postgresql {ref} is being deleted")
        return cluster
