"""The operator's own configuration, read from Kubernetes whenever it is needed.

So a change of it works without a restart. The last good one stays in force while what is written
there can't be used.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from activities.kube.client import Kube
from workflows.model.configuration import Configuration, NamespacedName
from workflows.model.errors import FieldError, InvalidConfiguration

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConfigurationSettings:
    """Where the configuration lies, and what the process' environment overrides in it."""

    operator_namespace: str
    configuration_object: str = ""
    """Name of an OperatorConfiguration in the operator's namespace; goes before the ConfigMap."""
    config_map: str = ""
    """`[namespace/]name` of a ConfigMap; without either form all defaults are in force."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """Parameters that the environment decides, such as `watched_namespace`."""


class ConfigurationSource:
    """Reads the configuration at every call; decodes it only when it changed. Thread-safe."""

    def __init__(self, kube: Kube, settings: ConfigurationSettings) -> None:
        self._kube = kube
        self._settings = settings
        self._lock = threading.Lock()
        self._version = ""
        self._good: Configuration | None = None
        self._problem: InvalidConfiguration | None = None

    def current(self) -> Configuration:
        """The configuration in force.

        Raises InvalidConfiguration only while there has never been a good one.
        """
        found = self._read()
        with self._lock:
            version = _version(found)
            if version != self._version:
                self._take(found)
                self._version = version
            if self._good is None:
                assert self._problem is not None
                raise self._problem
            return self._good

    @property
    def problem(self) -> str:
        """Why what is written can't be used, or nothing when it can; of the last reading."""
        with self._lock:
            return str(self._problem) if self._problem else ""

    def _read(self) -> Mapping[str, Any] | None:
        """The object or ConfigMap; None when it is missing, empty when none is named."""
        if self._settings.configuration_object:
            return self._kube.get(
                "OperatorConfiguration",
                self._settings.operator_namespace,
                self._settings.configuration_object,
            )
        if not self._settings.config_map:
            return {}
        place = self._place()
        return self._kube.get("ConfigMap", place.namespace, place.name)

    def _place(self) -> NamespacedName:
        namespace = self._settings.operator_namespace
        try:
            return NamespacedName.parse(self._settings.config_map, default_namespace=namespace)
        except ValueError as error:
            bad = FieldError("CONFIG_MAP_NAME", self._settings.config_map, str(error))
            raise InvalidConfiguration([bad]) from error

    def _take(self, found: Mapping[str, Any] | None) -> None:
        try:
            self._good = self._decoded(found)
            self._problem = None
        except InvalidConfiguration as error:
            self._problem = error
            kept = "the last good one stays in force" if self._good else "there is no good one yet"
            logger.error("the operator's configuration can't be used, %s: %s", kept, error)

    def _decoded(self, found: Mapping[str, Any] | None) -> Configuration:
        namespace = self._settings.operator_namespace
        if found is None:
            name = self._settings.configuration_object or self._settings.config_map
            raise InvalidConfiguration([FieldError("name", name, "an object that exists")])
        if self._settings.configuration_object:
            configuration = Configuration.from_object(found, operator_namespace=namespace)
        else:
            data = found.get("data") or {}
            configuration = Configuration.from_config_map(data, operator_namespace=namespace)
        return configuration.model_copy(update=dict(self._settings.overrides))


def _version(found: Mapping[str, Any] | None) -> str:
    """Equal for equal content; never empty, as that stands for nothing read so far."""
    if found is None:
        return "missing"
    metadata = found.get("metadata") or {}
    return f"{metadata.get('uid')}/{metadata.get('resourceVersion')}"
