"""Our finalizer on the resource: it keeps the resource until its children are gone."""

from activities.kube.client import Kube
from workflows.model.names import FINALIZER, KIND
from workflows.model.postgresql import ObjectMeta


def align(kube: Kube, metadata: ObjectMeta, *, wanted: bool) -> bool:
    """Add or remove it; tells whether anything was written. `Conflict` when we were too slow.

    Takes only the metadata, so that an invalid resource can be let go, too.
    """
    if (FINALIZER in metadata.finalizers) == wanted:
        return False
    others = [name for name in metadata.finalizers if name != FINALIZER]
    finalizers = [*others, FINALIZER] if wanted else others
    # a merge patch replaces the whole list, so it only holds for the version that was read
    body = {"resourceVersion": metadata.resource_version, "finalizers": finalizers or None}
    kube.patch(KIND, metadata.namespace, metadata.name, {"metadata": body})
    return True
