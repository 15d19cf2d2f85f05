"""Why a member's Postgres does not run or receives nothing, in its own words.

It tells nobody but its log: that the volume is full, a library is missing, the primary refuses its
password, or the WAL it needs is gone. Read is only what the processes say that start, receive and
replay; none of them quotes anybody's statements.
"""

import csv
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final

from activities.kube.client import Kube
from activities.patroni.sight import Sight
from workflows.model.errors import MatriarchError
from workflows.model.names import POSTGRES_CONTAINER
from workflows.tripwire import TRIPWIRE

SECONDS_UNTIL_ASKED: Final = 10.0
"""A member that has just started says nothing of interest."""
SECONDS_BETWEEN: Final = 15.0
_FOLDER: Final = "${PGLOG:-/home/postgres/pgdata/pgroot/pg_log}"
COMMAND: Final = [
    "sh",
    "-c",
    f'cd "{_FOLDER}" && tail -c 65536 "$(ls -t *.csv | head -n 1)"',
]
"""Prints the end of the newest log; by Spilo's contract it is CSV and lies there."""

_BEGINS: Final = re.compile(r"^(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )", re.MULTILINE)
_SEVERITY, _MESSAGE, _PROCESS = 11, 13, 23
_SPEAKS: Final = frozenset({"postmaster", "startup", "walreceiver", "checkpointer", "walwriter"})
_SERIOUS: Final = frozenset({"ERROR", "FATAL", "PANIC"})
_WELL: Final = ("started streaming", "database system is ready")
_LONGEST: Final = 300
_WAL_IS_GONE: Final = "has already been removed"
_WAY_OUT: Final = "; it can't catch up: ask for a PostgresOperation of kind reinitialise"
_NUMBER: Final = re.compile(r"\d+")


class Complaints:
    """Of the members of one cluster during one wait."""

    def __init__(self, sight: Sight, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._sight = sight
        self._clock = clock
        self._ask_at: dict[str, float] = {}
        self._known: dict[str, str] = {}

    def of(self, member: str) -> str:
        """What it complains of, or nothing. To be called while something is wrong with it."""
        now = self._clock()
        if now >= self._ask_at.setdefault(member, now + SECONDS_UNTIL_ASKED):
            self._ask_at[member] = now + SECONDS_BETWEEN
            self._hear(member)
        return self._known.get(member, "")

    def _hear(self, member: str) -> None:
        """The same complaint keeps its first text: it often names another process each time."""
        with suppress(MatriarchError):
            told = heard(self._sight.kube, self._sight.ref.namespace, member)
            if _NUMBER.sub("", told) != _NUMBER.sub("", self._known.get(member, "")):
                self._known[member] = told


def heard(kube: Kube, namespace: str, member: str) -> str:
    """What it complains of now, or nothing. Raises what `Kube.exec` raises."""
    return complaint(kube.exec(namespace, member, POSTGRES_CONTAINER, COMMAND, seconds=10.0))


def complaint(log: str) -> str:
    """The last thing that keeps it from working, or nothing."""
    found = ""
    for line in _lines(log):
        if line[_PROCESS] not in _SPEAKS:
            continue
        if line[_SEVERITY] in _SERIOUS:
            found = TRIPWIRE.scrub(" ".join(line[_MESSAGE].split()))[:_LONGEST]
        elif line[_MESSAGE].startswith(_WELL):
            found = ""
    return f"{found}{_WAY_OUT}" if _WAL_IS_GONE in found else found


def _lines(log: str) -> Iterator[list[str]]:
    """Whole lines, of which one may have several in its message; the first may be cut off."""
    for part in _BEGINS.split(log):
        line = next(csv.reader([part], strict=False), [])
        if len(line) > _PROCESS:
            yield line
