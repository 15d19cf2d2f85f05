"""What is read from a manifest and then has no effect: told, never refused.

Zalando's operator leaves the same things out, with a log line or silently.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workflows.model import names
from workflows.model.errors import FieldError
from workflows.model.postgresql import mounted
from workflows.model.postgresql.rules import sidecar_names
from workflows.model.validation import mapping, text

_DATABASE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_FOR_ARCHIVES = ("uid", "s3_wal_path", "s3_endpoint", "s3_access_key_id", "s3_force_path_style")


def without_effect(obj: Mapping[str, Any]) -> Iterator[FieldError]:
    """What is read and then left out."""
    spec = mapping(obj.get("spec"))
    yield from _long_name(text(mapping(obj.get("metadata")).get("name")))
    yield from _skipped_databases(spec)
    yield from mounted.without_effect(spec)
    yield from _skipped_sidecars(spec)
    yield from _certificates(spec)
    yield from _archive_of_a_living_source(spec)
    yield from _volume_modes(spec)


def _long_name(name: str) -> Iterator[FieldError]:
    if len(name) > names.LONGEST_POD:
        accepted = (
            f"a name of at most {names.LONGEST_POD} characters; pods of a longer one may be "
            "refused, as Kubernetes labels them with the name and a hash"
        )
        yield FieldError("metadata.name", name, accepted)


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
        elif len(name) > names.LONGEST_IN_POSTGRES:
            most = f"at most {names.LONGEST_IN_POSTGRES} characters; it is left out"
            yield FieldError(path, name, most)


def _skipped_sidecars(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    given = sidecar_names(spec)
    for index, name in enumerate(given):
        if name in given[:index]:
            yield FieldError(
                f"spec.sidecars[{index}].name",
                name,
                "a name no earlier sidecar has; this one is left out",
            )


def _certificates(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    tls = mapping(spec.get("tls"))
    secret = tls.get("secretName")
    for field in ("certificateFile", "privateKeyFile", "caFile", "caSecretName"):
        if secret == "" and tls.get(field):
            yield FieldError(f"spec.tls.{field}", tls[field], "a `secretName`; TLS is off without")
    if secret and tls.get("caSecretName") and not tls.get("caFile"):
        yield FieldError(
            "spec.tls.caSecretName", tls["caSecretName"], "a `caFile` in it; it is not used without"
        )


def _archive_of_a_living_source(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    clone = mapping(spec.get("clone"))
    if not clone.get("cluster") or clone.get("timestamp"):
        return
    for field in _FOR_ARCHIVES:
        if clone.get(field):
            yield FieldError(
                f"spec.clone.{field}",
                clone[field],
                "a `timestamp`, too; without one the running source is copied, not its archive",
            )


def _volume_modes(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    volume = mapping(spec.get("volume"))
    if volume.get("isSubPathExpr") and not volume.get("subPath"):
        yield FieldError("spec.volume.isSubPathExpr", True, "a `subPath`, too")
