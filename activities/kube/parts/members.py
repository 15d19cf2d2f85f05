"""The StatefulSet, and the annotations of pods that were made from it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from activities.kube import children as family
from activities.kube import environment, rollback
from activities.kube.child import Blocked, Child, Kept, Marked
from activities.kube.client import Object
from activities.kube.parts import attributes
from activities.kube.parts.sight import Sight
from activities.manifests import statefulset
from activities.manifests.metadata import present
from workflows.model import names
from workflows.model.errors import NotYet


def children(sight: Sight) -> Iterator[Child]:
    """Pods before the template: only the old one tells which annotations have left it."""
    name = names.stateful_set(sight.name)
    live = sight.existing.get("StatefulSet", sight.namespace, name)
    try:
        manifest = spared(rollback.kept(stateful_set(sight), live), live, least=sight.least)
    except NotYet as error:
        sight.note(str(error))
        yield Blocked(sight.place("apps/v1", "StatefulSet", name), live, error)
        return
    yield from _pods(sight, _annotations(manifest), _annotations(live or {}).keys())
    yield Kept(manifest, live)


def spared(wanted: Object, live: Mapping[str, Any] | None, *, least: int | None) -> Object:
    """`wanted`, but with as many replicas as there are, down to `least`: see `ApplyOrder`."""
    if live is None or least is None:
        return wanted
    replicas = max(wanted["spec"]["replicas"], min(live["spec"].get("replicas", 1), least))
    return {**wanted, "spec": {**wanted["spec"], "replicas": replicas}}


def stateful_set(sight: Sight) -> Object:
    """As the manifest asks for it.

    Raises NotYet while something that the pod template is made from is missing.
    """
    found = environment.read(sight.existing, sight.configuration, namespace=sight.namespace)
    cluster = attributes.within_reach(sight)
    return statefulset.build(cluster=cluster, configuration=sight.configuration, environment=found)


def _annotations(stateful_set: Mapping[str, Any]) -> dict[str, str]:
    """Of its pod template."""
    template = (stateful_set.get("spec") or {}).get("template") or {}
    found: dict[str, str] = (template.get("metadata") or {}).get("annotations") or {}
    return found


def _pods(sight: Sight, wanted: Mapping[str, str], before: Collection[str]) -> Iterator[Child]:
    """New annotations reach running pods at once, as no pod is restarted for them."""
    configuration = sight.configuration
    spared = {*configuration.ignored_annotations, names.ROLLING_UPDATE_REQUIRED}
    if configuration.irsa_role_arn:
        spared.add(names.KUBE2IAM_ROLE)  # the older way to the cloud, until the pod is renewed
    listed = sight.existing.of("Pod").values()
    for pod in family.database_pods(listed, sight.ref, configuration):
        manifest = sight.place("v1", "Pod", pod["metadata"]["name"])
        manifest["metadata"] |= present({"annotations": dict(wanted)})
        yield Marked(manifest, pod, dropped=before, spared=spared)
