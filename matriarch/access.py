"""How this process is let into Kubernetes: by its pod's service account, or by a kubeconfig."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from kubernetes import client, config
from kubernetes.config.config_exception import ConfigException

from matriarch.settings import EVERYWHERE, Settings
from watcher.api import Api, NotFound
from workflows.model.errors import FieldError, Forbidden, InvalidConfiguration, MatriarchError

LOOK_SECONDS: Final = 5.0


def kubernetes_configuration(settings: Settings) -> client.Configuration:
    """Read credentials; raises `InvalidConfiguration` when there are none."""
    configuration = client.Configuration()
    try:
        if settings.in_cluster:
            config.load_incluster_config(configuration)
        else:
            config.load_kube_config(settings.kubeconfig or None, client_configuration=configuration)
    except (ConfigException, OSError) as error:
        accepted = f"credentials for Kubernetes ({error})"
        path = settings.kubeconfig or "the default kubeconfig"
        raise InvalidConfiguration([FieldError("KUBECONFIG", path, accepted)]) from error
    return configuration


class KubernetesTie:
    """Looks whether the API server answers when nobody has had an answer for a while.

    `answered` tells when somebody had one, by the monotonic clock.
    """

    def __init__(self, api: Api, *, answered: Callable[[], float]) -> None:
        self._api = api
        self._answered = answered
        self._trouble = ""

    def problem(self) -> str:
        """What is wrong, or nothing."""
        return self._trouble

    async def keep_looking(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        try:
            if time.monotonic() - self._answered() > LOOK_SECONDS:
                await asyncio.to_thread(self._api.get, "/version")
            self._trouble = ""
        except MatriarchError as error:
            self._trouble = str(error)


def require_namespaces(api: Api, names: Sequence[str]) -> None:
    """Raise `InvalidConfiguration` when a namespace that shall be watched does not exist.

    Whoever may not look is believed: a watch of nothing does no harm.
    """
    missing = [name for name in names if name != EVERYWHERE and not _exists(api, name)]
    if missing:
        accepted = "a namespace that exists, or *"
        raise InvalidConfiguration(
            [FieldError("watched_namespace", name, accepted) for name in missing]
        )


def _exists(api: Api, name: str) -> bool:
    try:
        api.get(f"/api/v1/namespaces/{name}")
    except NotFound:
        return False
    except Forbidden:
        return True
    return True
