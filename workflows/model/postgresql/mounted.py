"""Volumes of the database pods: which can't be, which are left out, which hide something."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model import mounts, names, syntax
from workflows.model.errors import FieldError
from workflows.model.validation import mapping, sequence, text


def contradictions(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Volumes of nothing, and mounts that no pod could be made with."""
    size = text(mapping(spec.get("volume")).get("size"))
    if re.match(r"[0.]+($|[eEPTGMK])", size):
        yield FieldError("spec.volume.size", size, "a size of more than nothing")
    yield from _certificates(mapping(spec.get("tls")))
    yield from _paths(spec)
    taken: set[str] = set()
    for index, volume in _mounted_volumes(spec):
        name = text(volume.get("name"))
        if name and not syntax.CONTAINER.fits(name):
            path = f"spec.additionalVolumes[{index}].name"
            yield FieldError(path, name, syntax.CONTAINER.accepted)
        if name in taken:
            yield FieldError(
                f"spec.additionalVolumes[{index}].name", name, "a name no other volume has"
            )
        taken.add(name)


def _mounted_volumes(spec: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    skipped = {index for index, _ in volumes_in_the_way(spec)}
    for index, volume in enumerate(sequence(spec.get("additionalVolumes"))):
        if index not in skipped:
            yield index, mapping(volume)


def volumes_in_the_way(spec: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    paths = {mounts.DATA_MOUNT}
    for index, volume in enumerate(sequence(spec.get("additionalVolumes"))):
        path = text(mapping(volume).get("mountPath"))
        if path in paths:
            yield index, path
        paths.add(path)


def without_effect(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Volumes that are left out or stand for others, and mounts that others are hidden by."""
    for index, path in volumes_in_the_way(spec):
        accepted = "a path where nothing else is mounted; this volume is left out"
        yield FieldError(_place(index, "mountPath"), path, accepted)
    certificates = set(_certificate_mounts(mapping(spec.get("tls"))))
    for index, volume in _mounted_volumes(spec):
        path, name = text(volume.get("mountPath")), text(volume.get("name"))
        if mounts.normal(path) in certificates:
            accepted = "another path; the certificates of `tls` are not found there"
            yield FieldError(_place(index, "mountPath"), path, accepted)
        if mounts.hides_data(path):
            accepted = "a path that the data is not below; what the image has there is hidden"
            yield FieldError(_place(index, "mountPath"), path, accepted)
        if name == names.DATA_VOLUME:
            accepted = "another name; the data volume is mounted instead of this one"
            yield FieldError(_place(index, "name"), name, accepted)


def _paths(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """A volume at the data's path, as the pod writes it, is left out; all others are mounted."""
    for index, volume in _mounted_volumes(spec):
        path = text(volume.get("mountPath"))
        if mounts.normal(path) in ("/", mounts.DATA_MOUNT):
            accepted = f"a path other than / and {mounts.DATA_MOUNT}, however it is written"
            yield FieldError(_place(index, "mountPath"), path, accepted)


def _certificates(tls: Mapping[str, Any]) -> Iterator[FieldError]:
    accepted = f"a Secret whose name can be that of a volume: {syntax.CONTAINER.accepted}"
    used = [
        "secretName",
        *(["caSecretName"] if tls.get("secretName") and tls.get("caFile") else []),
    ]
    for field in used:
        secret = text(tls.get(field))
        if secret and not syntax.CONTAINER.fits(secret):
            yield FieldError(f"spec.tls.{field}", secret, accepted)


def _certificate_mounts(tls: Mapping[str, Any]) -> Iterator[str]:
    if tls.get("secretName"):
        yield mounts.TLS_MOUNT
        if tls.get("caFile") and tls.get("caSecretName"):
            yield mounts.TLS_CA_MOUNT


def _place(index: int, field: str) -> str:
    return f"spec.additionalVolumes[{index}].{field}"
