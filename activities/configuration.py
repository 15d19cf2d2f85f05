"""The operator's own configuration, read from Kubernetes whenever it is needed.

So a change of it works without a restart. While what is written there can't be used, the last good
one stays in force, and events on the object that holds it say what is wrong.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from activities.kube import events
from activities.kube.client import Kube
from activities.kube.kinds import KINDS
from workflows.model.configuration import Configuration, NamespacedName, doubts, notices
from workflows.model.errors import FieldError, InvalidConfiguration
from workflows.model.report import EventNote

logger = logging.getLogger(__name__)

MOST_REMARKS: Final = 20

RECENT_SECONDS: Final = 2.0


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

    @property
    def kind(self) -> str:
        return "OperatorConfiguration" if self.configuration_object else "ConfigMap"

    @property
    def place(self) -> NamespacedName | None:
        """Where it lies; None when neither form is named and all defaults are in force."""
        if self.configuration_object:
            return NamespacedName(namespace=self.operator_namespace, name=self.configuration_object)
        if not self.config_map:
            return None
        try:
            return NamespacedName.parse(self.config_map, default_namespace=self.operator_namespace)
        except ValueError as error:
            bad = FieldError("CONFIG_MAP_NAME", self.config_map, str(error))
            raise InvalidConfiguration([bad]) from error


class ConfigurationSource:
    """Reads the configuration when asked; decodes it only when it changed. Thread-safe."""

    def __init__(
        self,
        kube: Kube,
        settings: ConfigurationSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kube = kube
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._version = ""
        self._good: Configuration | None = None
        self._problem: InvalidConfiguration | None = None
        self._remarks = ""

    def current(self) -> Configuration:
        """The configuration in force.

        Raises InvalidConfiguration only while there has never been a good one.
        """
        asked_at = self._clock()
        found = self._read()
        with self._lock:
            self._read_at = max(self._read_at, asked_at)
            before = self._verdict()
            version = _version(found)
            if version != self._version:
                self._take(found)
                self._version = version
            good, problem, verdict = self._good, self._problem, self._verdict()
        if before != verdict:
            self._tell(found, verdict)
        if good is None:
            assert problem is not None
            raise problem
        return good

    def recent(self) -> Configuration:
        """The same, as it was a moment ago: for steps, which follow a look that read it anew."""
        with self._lock:
            if self._good is not None and self._clock() - self._read_at < RECENT_SECONDS:
                return self._good
        return self.current()

    @property
    def operator_namespace(self) -> str:
        return self._settings.operator_namespace

    @property
    def in_force(self) -> Configuration | None:
        """As of the last reading; for those who must not wait for the API server."""
        with self._lock:
            return self._good

    @property
    def problem(self) -> str:
        """Why what is written can't be used, or nothing when it can; of the last reading."""
        with self._lock:
            return str(self._problem) if self._problem else ""

    @property
    def remarks(self) -> str:
        """What is written there without any effect."""
        with self._lock:
            return self._remarks

    def _read(self) -> Mapping[str, Any] | None:
        """The object or ConfigMap; None when it is missing, empty when none is named."""
        place = self._settings.place
        return self._kube.get(self._settings.kind, place.namespace, place.name) if place else {}

    def _verdict(self) -> str:
        """What a person should know of what is written; nothing when all of it is in force."""
        if self._problem:
            return f"refused: {self._problem}"
        return f"in force, but {self._remarks}" if self._remarks else ""

    def _tell(self, found: Mapping[str, Any] | None, verdict: str) -> None:
        """An event on the object, whenever there is another verdict than before."""
        place, kind = self._settings.place, self._settings.kind
        if place is None:
            return
        on = events.Involved(
            api_version=KINDS[kind].api_version,
            kind=kind,
            namespace=place.namespace,
            name=place.name,
            uid=(found or {}).get("metadata", {}).get("uid", ""),
        )
        message = verdict or "accepted; all of it is in force"
        note = EventNote(reason="Configuration", message=message, warning=bool(verdict))
        events.emit(self._kube, events.build(note, on=on, now=events.stamp()))

    def _take(self, found: Mapping[str, Any] | None) -> None:
        try:
            self._good = self._decoded(found)
            self._problem, self._remarks = None, self._remarked(found, self._good)
        except InvalidConfiguration as error:
            self._problem = error
            kept = "the last good one stays in force" if self._good else "there is no good one yet"
            logger.error("the operator's configuration can't be used, %s: %s", kept, error)

    def _remarked(self, found: Mapping[str, Any] | None, good: Configuration) -> str:
        """Keys of a ConfigMap that change nothing, as misspelt ones, and values hardly meant.

        Values of unknown keys may be secrets. Of an object the API server drops what is unknown.
        """
        flat = self._settings.kind == "ConfigMap"
        odd = notices((found or {}).get("data") or {}) if flat else []
        told = [f"{one.path} has no effect, {one.accepted} would" for one in odd]
        told += [doubt.remark for doubt in doubts(good, "config map" if flat else "object")]
        remarks = "; ".join(told[:MOST_REMARKS])
        if remarks:
            logger.warning("the operator's configuration: %s", remarks)
        return remarks

    def _decoded(self, found: Mapping[str, Any] | None) -> Configuration:
        namespace = self._settings.operator_namespace
        if found is None:
            kind, place = self._settings.kind, self._settings.place
            raise InvalidConfiguration([FieldError(kind, str(place), "an object that exists")])
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
