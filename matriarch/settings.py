"""What the process is told by its command line and environment (Zalando's names, and Temporal's).

Everything else stands in the operator's configuration, which is read from Kubernetes.
"""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from workflows.model import golang
from workflows.model.errors import FieldError, InvalidConfiguration

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
TEMPORAL_ADDRESS: Final = "temporal.temporal.svc:7233"
EVERYWHERE: Final = "*"


@dataclass(frozen=True)
class Flags:
    """Switches of the command line; the same as Zalando's operator has."""

    kubeconfig: str = ""
    out_of_cluster: bool = False
    no_database_access: bool = False
    no_teams_api: bool = False


@dataclass(frozen=True)
class Settings:
    """How this process reaches Kubernetes and Temporal, and which configuration it reads."""

    operator_namespace: str
    kubeconfig: str = ""
    in_cluster: bool = False
    watched_namespace: str = ""
    """From the environment; wins over the configuration when not empty."""
    config_map_name: str = ""
    configuration_object: str = ""
    controller_id: str = ""
    temporal_address: str = TEMPORAL_ADDRESS
    temporal_namespace: str = "default"
    crd_ready_timeout: timedelta = timedelta(seconds=30)
    """How long a new custom resource definition may take until it is served."""
    scalyr_api_key: str = field(default="", repr=False)
    json_logs: bool = False
    identity: str = ""
    """Of this process: holder of the Lease, and name of the workers in Temporal."""
    flags: Flags = field(default_factory=Flags)

    def namespaces(self, configured: str) -> list[str]:
        """Which namespaces to watch: environment before configuration before our own.

        Besides a name and `*`, a list with commas is understood, which Zalando's has not.
        """
        wanted = self.watched_namespace or configured or self.operator_namespace
        names = sorted({name.strip() for name in wanted.split(",") if name.strip()})
        return [EVERYWHERE] if EVERYWHERE in names else names


def read(
    flags: Flags,
    *,
    environment: Mapping[str, str] | None = None,
    service_account: Path = SERVICE_ACCOUNT,
) -> Settings:
    """Gather settings; raises `InvalidConfiguration` when what is needed is missing."""
    env = os.environ if environment is None else environment
    kubeconfig = flags.kubeconfig or env.get("KUBECONFIG", "")
    in_cluster = (
        not kubeconfig and not flags.out_of_cluster and (service_account / "token").exists()
    )
    return Settings(
        operator_namespace=_namespace(env, service_account),
        kubeconfig=kubeconfig,
        in_cluster=in_cluster,
        watched_namespace=env.get("WATCHED_NAMESPACE", "").strip(),
        config_map_name=env.get("CONFIG_MAP_NAME", "").strip(),
        configuration_object=env.get("POSTGRES_OPERATOR_CONFIGURATION_OBJECT", "").strip(),
        controller_id=env.get("CONTROLLER_ID", "").strip(),
        temporal_address=env.get("TEMPORAL_ADDRESS", "").strip() or TEMPORAL_ADDRESS,
        temporal_namespace=env.get("TEMPORAL_NAMESPACE", "").strip() or "default",
        crd_ready_timeout=_duration(env, "CRD_READY_WAIT_TIMEOUT", default="30s"),
        scalyr_api_key=env.get("SCALYR_API_KEY", ""),
        json_logs=env.get("ENABLE_JSON_LOGGING", "").lower() == "true",
        # The same after a restart within the pod, so that the Lease need not expire first.
        identity=env.get("POD_NAME") or f"{socket.gethostname()}_{os.getpid()}",
        flags=flags,
    )


def _duration(env: Mapping[str, str], name: str, *, default: str) -> timedelta:
    text = env.get(name, "").strip() or default
    try:
        return golang.duration(text)
    except ValueError as error:
        raise InvalidConfiguration([FieldError(name, text, str(error))]) from None


def _namespace(env: Mapping[str, str], service_account: Path) -> str:
    told = env.get("OPERATOR_NAMESPACE", "").strip()
    if told:
        return told
    try:
        return (service_account / "namespace").read_text().strip()
    except OSError:
        accepted = "the operator's namespace, when it does not run in a pod"
        raise InvalidConfiguration([FieldError("OPERATOR_NAMESPACE", "", accepted)]) from None
