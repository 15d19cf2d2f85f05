"""What no single field's type can say: contradictions, and names nothing could be made with.

They look at the object as it came, so that they speak up together with the complaints about
types; a part of the wrong type is passed over here. Every refusal stands for an object or a
database that could never have come to be; what Zalando's operator only skips is in `effects`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model import syntax
from workflows.model.errors import FieldError
from workflows.model.fields import WINDOW_PATTERN
from workflows.model.postgresql import mounted, server
from workflows.model.postgresql.sections import FLAGS, STANDBY_SOURCES
from workflows.model.validation import mapping, sequence, text
from workflows.model.windows import Window

_ROLE = re.compile(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")
_ANNOTATIONS = (
    "podAnnotations",
    "serviceAnnotations",
    "masterServiceAnnotations",
    "replicaServiceAnnotations",
)
_SERVICES = ("master", "replica", "masterPooler", "replicaPooler")
_LAST_PORT = 65535


def contradictions(obj: Mapping[str, Any]) -> Iterator[FieldError]:
    """Everything that makes the manifest impossible, whatever the operator's configuration."""
    spec = mapping(obj.get("spec"))
    yield from _labels_and_annotations(spec)
    yield from _windows(spec)
    yield from _clone(spec, own=mapping(obj.get("metadata")).get("name"))
    yield from _standby(spec)
    yield from _roles(spec)
    yield from _containers(spec)
    yield from _environment(spec)
    yield from mounted.contradictions(spec)
    yield from server.contradictions(spec)
    yield from _node_ports(spec)


def _labels_and_annotations(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    team = spec.get("teamId")
    if isinstance(team, str) and not syntax.LABEL_VALUE.fits(team):
        yield FieldError("spec.teamId", team, syntax.LABEL_VALUE.accepted)
    for field in _ANNOTATIONS:
        for key in mapping(spec.get(field)):
            if not syntax.is_annotation_key(key):
                yield FieldError(f"spec.{field}.{key}", key, syntax.KEY_ACCEPTED)


def _windows(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """What the field's pattern lets through and can't be read; see `workflows.model.windows`."""
    for index, window in enumerate(sequence(spec.get("maintenanceWindows"))):
        if not isinstance(window, str) or re.fullmatch(WINDOW_PATTERN, window) is None:
            continue
        try:
            Window.parse(window)
        except ValueError as error:
            yield FieldError(f"spec.maintenanceWindows[{index}]", window, str(error))


def _clone(spec: Mapping[str, Any], *, own: Any) -> Iterator[FieldError]:
    """Without a source there is no clone, with a time it comes from the archive."""
    clone = mapping(spec.get("clone"))
    source = clone.get("cluster")
    if not isinstance(source, str) or not source or clone.get("timestamp"):
        return
    if source == own:
        accepted = "another cluster than this one, or a `timestamp` to restore from the archive"
        yield FieldError("spec.clone.cluster", source, accepted)
    elif not syntax.SERVICE.fits(source):
        yield FieldError(
            "spec.clone.cluster",
            source,
            "the name of a cluster in this namespace (a-z, 0-9 and -, at most 63 characters), "
            "or a `timestamp` to restore from the archive",
        )


def _standby(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    standby = spec.get("standby")
    if not isinstance(standby, Mapping):
        return
    if "s3_wal_path" in standby and "gs_wal_path" in standby:
        yield FieldError("spec.standby", standby, "either s3_wal_path or gs_wal_path")
    if mapping(spec.get("clone")).get("cluster"):
        yield FieldError("spec.standby", standby, "either `clone` or `standby`, not both")
    if not any(standby.get(source) for source in STANDBY_SOURCES):
        yield FieldError("spec.standby", standby, f"at least one of {', '.join(STANDBY_SOURCES)}")


def _roles(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    for name, flags in mapping(spec.get("users")).items():
        if not _ROLE.fullmatch(name):
            yield FieldError(
                f"spec.users.{name}",
                name,
                "a role name of a-z, 0-9, _ and -, beginning and ending with a letter or digit",
            )
        given = {text(flag).lower() for flag in sequence(flags)}
        for flag in FLAGS:
            if {flag, f"no{flag}"} <= given:
                yield FieldError(f"spec.users.{name}", flags, f"either {flag} or no{flag}")


def _containers(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    taken = {"postgres": "the database container"}
    taken |= {name: "a sidecar" for name in sidecar_names(spec) if name != "postgres"}
    for index, name in enumerate(sidecar_names(spec)):
        if name == "postgres":
            yield FieldError(f"spec.sidecars[{index}].name", name, "a name other than postgres")
        elif not syntax.CONTAINER.fits(name):
            yield FieldError(f"spec.sidecars[{index}].name", name, syntax.CONTAINER.accepted)
    for index, sidecar in enumerate(sequence(spec.get("sidecars"))):
        if isinstance(sidecar, Mapping) and not sidecar.get("image"):
            yield FieldError(f"spec.sidecars[{index}].image", sidecar.get("image"), "an image")
    for index, container in enumerate(sequence(spec.get("initContainers"))):
        path = f"spec.initContainers[{index}]"
        for field in ("name", "image"):
            if not mapping(container).get(field):
                yield FieldError(f"{path}.{field}", mapping(container).get(field), f"an {field}")
        name = text(mapping(container).get("name"))
        if name in taken:
            yield FieldError(f"{path}.name", name, f"a name that {taken[name]} does not have")
        elif name and not syntax.CONTAINER.fits(name):
            yield FieldError(f"{path}.name", name, syntax.CONTAINER.accepted)
        elif name:
            taken[name] = "another init container"


def _environment(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    holders = [("spec", spec)]
    holders += [
        (f"spec.sidecars[{index}]", mapping(sidecar))
        for index, sidecar in enumerate(sequence(spec.get("sidecars")))
    ]
    for path, holder in holders:
        for index, entry in enumerate(sequence(holder.get("env"))):
            if mapping(entry).get("name") == "":
                yield FieldError(f"{path}.env[{index}].name", "", "a name that is not empty")


def sidecar_names(spec: Mapping[str, Any]) -> list[str]:
    sidecars = sequence(spec.get("sidecars"))
    return [text(mapping(one).get("name")) or f"sidecar-{n}" for n, one in enumerate(sidecars)]


def _node_ports(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Which numbers there are is the API server's to say; no service has one below 0."""
    taken: dict[int, str] = {}
    for service in _SERVICES:
        path, port = f"spec.{service}NodePort", spec.get(f"{service}NodePort")
        if not isinstance(port, int) or not port:
            continue
        if not 0 < port <= _LAST_PORT:
            yield FieldError(path, port, "a port of the API server's range, 0 for any of them")
        enabled = spec.get(f"enable{service[0].upper()}{service[1:]}NodePort") is True
        if enabled and taken.setdefault(port, path) != path:
            yield FieldError(path, port, f"another port than {taken[port]} has")
