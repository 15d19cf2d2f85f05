"""Settings that Postgres, Patroni or PgBouncer would not take, so that none of them would start."""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from typing import Any, Final

from workflows.model import names
from workflows.model.errors import FieldError
from workflows.model.validation import mapping, sequence, text

_SLOT: Final = re.compile("[a-z0-9_]{1,63}")
_SLOT_ACCEPTED: Final = "a slot's name: a-z, 0-9 and _, at most 63 characters"
_SLOT_TYPES: Final = ("logical", "physical")
_HBA_WORDS: Final = (
    "local",
    "host",
    "hostssl",
    "hostnossl",
    "hostgssenc",
    "hostnogssenc",
    "include",
    "include_if_exists",
    "include_dir",
)
_POOLER_USER: Final = re.compile("[-_.a-z0-9]+")
_LAST_PORT: Final = 65535
_LAST_YEAR: Final = 9999


def contradictions(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """A part of the wrong type is passed over: the model complains of it."""
    yield from _patroni(mapping(spec.get("patroni")))
    yield from _streams(spec)
    yield from _pooler(spec)
    yield from _standby(mapping(spec.get("standby")))
    yield from _restore(mapping(spec.get("clone")))


def _patroni(patroni: Mapping[str, Any]) -> Iterator[FieldError]:
    for name, slot in mapping(patroni.get("slots")).items():
        path = f"spec.patroni.slots.{name}"
        if not _SLOT.fullmatch(name):
            yield FieldError(path, name, _SLOT_ACCEPTED)
        kind = text(mapping(slot).get("type"))
        if kind and kind.lower() not in _SLOT_TYPES:
            yield FieldError(f"{path}.type", kind, f"one of {', '.join(_SLOT_TYPES)}")
    for index, lines in enumerate(sequence(patroni.get("pg_hba"))):
        if not all(map(_is_rule, _joined(text(lines)))):
            accepted = f"a line that begins with one of {', '.join(_HBA_WORDS)}, or a comment"
            yield FieldError(f"spec.patroni.pg_hba[{index}]", lines, accepted)


def _joined(lines: str) -> list[str]:
    """Postgres goes on in the next line after a backslash."""
    return re.sub(r"\\\r?\n", " ", lines).splitlines()


def _is_rule(line: str) -> bool:
    words = line.partition("#")[0].split()
    return not words or words[0].strip('"') in _HBA_WORDS


def _streams(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    """Each is read from a slot that is named after both."""
    for index, stream in enumerate(sequence(spec.get("streams"))):
        database, application = (
            text(mapping(stream).get(field)) for field in ("database", "applicationId")
        )
        if database and not _SLOT.fullmatch(names.stream_slot(database, "")):
            yield FieldError(f"spec.streams[{index}].database", database, _SLOT_ACCEPTED)
        elif application and not _SLOT.fullmatch(names.stream_slot(database, application)):
            accepted = f"what makes `fes_<database>_<applicationId>` {_SLOT_ACCEPTED}"
            yield FieldError(f"spec.streams[{index}].applicationId", application, accepted)


def _pooler(spec: Mapping[str, Any]) -> Iterator[FieldError]:
    if spec.get("enableConnectionPooler") is False and not spec.get(
        "enableReplicaConnectionPooler"
    ):
        return
    pooler = mapping(spec.get("connectionPooler"))
    user = text(pooler.get("user"))
    if user and not (_POOLER_USER.fullmatch(user) and len(user) <= names.LONGEST_IN_POSTGRES):
        accepted = (
            "a role that a Secret can be named after: a-z, 0-9, _, - and ., "
            f"at most {names.LONGEST_IN_POSTGRES} characters"
        )
        yield FieldError("spec.connectionPooler.user", user, accepted)
    most = pooler.get("maxDBConnections")
    if isinstance(most, int) and most < 0:
        yield FieldError(
            "spec.connectionPooler.maxDBConnections", most, "a whole number of at least 0"
        )


def _standby(standby: Mapping[str, Any]) -> Iterator[FieldError]:
    """Without a host to stream from neither is used."""
    if not standby.get("standby_host"):
        return
    port, slot = text(standby.get("standby_port")), text(standby.get("standby_primary_slot_name"))
    if port and not (re.fullmatch("[0-9]{1,5}", port) and 0 < int(port) <= _LAST_PORT):
        yield FieldError("spec.standby.standby_port", port, f"a port from 1 to {_LAST_PORT}")
    if slot and not _SLOT.fullmatch(slot):
        yield FieldError("spec.standby.standby_primary_slot_name", slot, _SLOT_ACCEPTED)


def _restore(clone: Mapping[str, Any]) -> Iterator[FieldError]:
    time = text(clone.get("timestamp"))
    date = re.match("([0-9]{4})-([0-9]{2})-([0-9]{2})", time)
    if not clone.get("cluster") or date is None:
        return
    year, month, day = map(int, date.groups())
    if 0 < year <= _LAST_YEAR and 0 < month <= 12 and day > monthrange(year, month)[1]:
        yield FieldError("spec.clone.timestamp", time, "a day that the month has")
