"""Owners and inherited annotations on what Patroni and Kubernetes make for a cluster."""

from collections.abc import Iterator

from activities.kube import ownership
from activities.kube.child import Awaited, Child, Marked
from activities.kube.client import Object
from activities.kube.parts.sight import Sight
from activities.manifests import endpoints, patroni_objects
from workflows.model import names


def children(sight: Sight) -> Iterator[Child]:
    """Only marked, never made: what is in these objects is their makers' business."""
    manifests = _manifests(sight)
    marked = any(_has_marks(manifest) for manifest in manifests)
    for manifest in manifests:
        live = _found(sight, manifest, marked=marked)
        if live is not None:
            yield Marked(manifest, live, spared=sight.configuration.ignored_annotations)
        elif marked and _is_first(sight, manifest):
            yield Awaited(manifest, "Patroni makes it")


def _manifests(sight: Sight) -> list[Object]:
    found = patroni_objects.build(cluster=sight.cluster, configuration=sight.configuration)
    if endpoints.wanted(sight.configuration):
        found.append(endpoints.replica(cluster=sight.cluster, configuration=sight.configuration))
    return found


def _has_marks(manifest: Object) -> bool:
    return bool(manifest["metadata"].keys() & {"annotations", "ownerReferences"})


def _found(sight: Sight, manifest: Object, *, marked: bool) -> Object | None:
    kind, name = manifest["kind"], manifest["metadata"]["name"]
    if marked or kind == "Service":
        return sight.existing.find(kind, name)
    found = sight.strays(kind, _bears_marks)
    return next((one for one in found if one["metadata"]["name"] == name), None)


def _bears_marks(live: Object) -> bool:
    return bool(ownership.annotations(live) or ownership.owners(live))


def _is_first(sight: Sight, manifest: Object) -> bool:
    """While the cluster is being created, the one object that Patroni makes in any case."""
    created = sight.existing.get("StatefulSet", sight.namespace, names.stateful_set(sight.name))
    config = names.config_service(sight.name)
    return created is None and manifest["metadata"]["name"] == config
