"""What no single field's type can say: contradictions, and settings that will have no effect.

They look at the object as it came, so that they speak up together with the complaints about
types; a part of the wrong type is passed over here. Every refusal stands for a StatefulSet or a
database that could never have come to be; what Zalando's operator only skips is only noted.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model.errors import FieldError
from workflows.model.fields import WINDOW_PATTERN
from workflows.model.postgresql.sections import FLAGS, STANDBY_SOURCES
from workflows.model.validation import mapping, sequence, text
from workflows.model.windows import Window

_ROLE = re.compile(r"[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*")
_DATABASE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_SERVICE = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_LABEL = 63
_DATA_MOUNT = "/home/postgres/pgdata"


def contradictions(obj: Mapping[str, Any]) -> Iterator[FieldError]:
    """Everything that makes the manifest impossible, whatever the operator's configuration."""
    spec = mapping(obj.get("spec"))
    yield from _windows(spec)
    yield from _clone(spec)
    yield from _standby(spec)
    yield from _roles(spec)
    yield from _containers(spec)
    yield from _volumes(spec)


def without_effect(obj: Mapping[str, Any]) -> Iterator[FieldError]:
    """What is read and then left out."""
    spec = mapping(obj.get("spec"))
    yield from _skipped_databases(spec)
    yield from _skipped_volumes(spec)
    yield from _skipped_sidecars(spec)


def _windows(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """What the field's pattern lets through and can't be read; see `workflows.model.windows`."""
    for index, window in enumerate(sequence(spec.get("maintenanceWindows"))):
        if not isinstance(window, str) or re.fullmatch(WINDOW_PATTERN, window) is None:
            continue
        try:
            Window.parse(window)
        except ValueError as error:
            yield FieldError(f"spec.maintenanceWindows[{index}]", window, str(error))


def _clone(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    clone = mapping(spec.get("clone"))
    source = clone.get("cluster")
    if not isinstance(source, str) or clone.get("timestamp"):
        return
    if not _SERVICE.fullmatch(source) or len(source) > _LONGEST_LABEL:
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
        yield FieldError("spec.standby", dict(standby), "either s3_wal_path or gs_wal_path")
    if not any(standby.get(source) for source in STANDBY_SOURCES):
        yield FieldError(
            "spec.standby", dict(standby), f"at least one of {', '.join(STANDBY_SOURCES)}"
        )


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
    taken |= {name: "a sidecar" for name in _sidecar_names(spec) if name != "postgres"}
    for index, name in enumerate(_sidecar_names(spec)):
        if name == "postgres":
            yield FieldError(f"spec.sidecars[{index}].name", name, "a name other than postgres")
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
        elif name:
            taken[name] = "another init container"


def _sidecar_names(spec: Mapping[str, Any]) -> list[str]:
    sidecars = sequence(spec.get("sidecars"))
    return [text(mapping(one).get("name")) or f"sidecar-{n}" for n, one in enumerate(sidecars)]


def _volumes(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    names: set[str] = set()
    for index, volume in _mounted_volumes(spec):
        name = text(volume.get("name"))
        if name in names:
            yield FieldError(
                f"spec.additionalVolumes[{index}].name", name, "a name no other volume has"
            )
        names.add(name)


def _mounted_volumes(spec: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    skipped = {index for index, _ in _volumes_in_the_way(spec)}
    for index, volume in enumerate(sequence(spec.get("additionalVolumes"))):
        if index not in skipped:
            yield index, mapping(volume)


def _volumes_in_the_way(spec: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    paths = {_DATA_MOUNT}
    for index, volume in enumerate(sequence(spec.get("additionalVolumes"))):
        path = text(mapping(volume).get("mountPath"))
        if path in paths:
            yield index, path
        paths.add(path)


def _skipped_volumes(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    for index, path in _volumes_in_the_way(spec):
        yield FieldError(
            f"spec.additionalVolumes[{index}].mountPath",
            path,
            "a path where nothing else is mounted; this volume is left out",
        )


def _skipped_databases(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    accepted = "a name of letters, digits and _, not beginning with a digit; it is left out"
    prepared = mapping(spec.get("preparedDatabases"))
    named = [(f"spec.databases.{name}", name) for name in mapping(spec.get("databases"))]
    named += [(f"spec.preparedDatabases.{name}", name) for name in prepared]
    for database, content in prepared.items():
        path = f"spec.preparedDatabases.{database}.schemas"
        named += [(f"{path}.{name}", name) for name in mapping(mapping(content).get("schemas"))]
    for path, name in named:
        if not _DATABASE.fullmatch(name):
            yield FieldError(path, name, accepted)


def _skipped_sidecars(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    names = _sidecar_names(spec)
    for index, name in enumerate(names):
        if name in names[:index]:
            yield FieldError(
                f"spec.sidecars[{index}].name",
                name,
                "a name no earlier sidecar has; this one is left out",
            )
