"""What has to be read from Kubernetes before a pod template can be built."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PodEnvironment:
    """Contents of the Secret and the ConfigMap that give all database pods extra environment."""

    secret_keys: Sequence[str] = ()
    """Keys of `pod_environment_secret`; the values stay in the Secret."""

    config_map: Mapping[str, str] = field(default_factory=dict)
    """Data of `pod_environment_configmap`."""
