"""What the operator's configuration adds to every database pod's environment from elsewhere."""

from activities.kube.client import Object
from activities.manifests.inputs import PodEnvironment
from activities.vault import ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.errors import NotYet


def read(kube: ReadsObjects, configuration: Configuration, *, namespace: str) -> PodEnvironment:
    """Keys of the Secret and content of the ConfigMap; two requests at most, mostly none.

    Raises NotYet while one of them is missing: a pod without it might not archive its WAL.
    """
    return PodEnvironment(
        secret_keys=keys_of(
            kube, namespace, configuration.pod_environment_secret, "pod_environment_secret"
        ),
        config_map=_config_map(kube, configuration, namespace),
    )


def keys_of(kube: ReadsObjects, namespace: str, name: str, parameter: str) -> list[str]:
    """Keys of the Secret that a parameter names; none when it names none.

    Raises NotYet while it is missing.
    """
    if not name:
        return []
    found = kube.get("Secret", namespace, name)
    if found is None:
        raise NotYet(f"Secret {namespace}/{name} ({parameter}) does not exist")
    return sorted(found.get("data") or {})


def _config_map(kube: ReadsObjects, configuration: Configuration, namespace: str) -> dict[str, str]:
    """Where it is configured to be, else in the cluster's own namespace."""
    place = configuration.pod_environment_configmap
    if place is None:
        return {}
    found: Object | None = kube.get("ConfigMap", place.namespace, place.name)
    if found is None and place.namespace != namespace:
        found = kube.get("ConfigMap", namespace, place.name)
    if found is None:
        raise NotYet(f"ConfigMap {place} (pod_environment_configmap) does not exist")
    return dict(found.get("data") or {})
