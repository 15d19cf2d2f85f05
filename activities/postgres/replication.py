"""What the primary knows of its replicas: who streams, and whose base backup is on its way.

A base backup begins with a checkpoint that takes its time, half a minute or more even on an idle
server. An immediate one, asked for while it waits, ends that wait.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psycopg
from psycopg import errors

from activities.postgres.connection import Connection, Server, ours

_STREAMING = """
    SELECT application_name FROM pg_catalog.pg_stat_replication WHERE state = 'streaming'
"""
_BACKUPS = """
    SELECT backup.pid, host(activity.client_addr) AS address,
           backup.phase = 'waiting for checkpoint to finish' AS waits,
           100 * backup.backup_streamed / nullif(backup.backup_total, 0) AS percent
    FROM pg_catalog.pg_stat_progress_basebackup AS backup
    JOIN pg_catalog.pg_stat_activity AS activity USING (pid)
"""


@dataclass(frozen=True)
class BaseBackup:
    """A base backup that is being taken."""

    address: str
    """Of the pod that takes it."""
    percent: int | None
    """How much has been sent; None while the size is not known."""


@dataclass(frozen=True)
class Replication:
    """A look at the primary."""

    streaming: frozenset[str] = frozenset()
    """Names of replicas, as Patroni has them connect under their pods' names."""
    backups: tuple[BaseBackup, ...] = ()

    def backup_to(self, address: str) -> BaseBackup | None:
        return next((backup for backup in self.backups if backup.address == address), None)


@dataclass
class Observer:
    """Looks at one primary again and again over one connection. To be closed after use."""

    locate: Callable[[], Server]
    """Finds the primary; called again whenever the connection was lost."""
    _connection: Connection | None = None
    _hastened: set[int] = field(default_factory=set)

    def look(self) -> Replication:
        """Raises Unavailable and the like; the next look tries a new connection."""
        connection = self._open()
        try:
            return self._look(connection)
        except psycopg.Error as error:
            self.close()
            raise ours(error, connection) from None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = self.locate().open()
        return self._connection

    def _look(self, connection: Connection) -> Replication:
        streaming = connection.execute(_STREAMING).fetchall()
        backups = connection.execute(_BACKUPS).fetchall()
        waiting = {row["pid"] for row in backups if row["waits"]} - self._hastened
        if waiting:
            self._hastened |= waiting
            _checkpoint(connection)
        return Replication(
            streaming=frozenset(row["application_name"] for row in streaming),
            backups=tuple(BaseBackup(row["address"], row["percent"]) for row in backups),
        )


def _checkpoint(connection: Connection) -> None:
    """Ask for it, without waiting long: once asked for it goes on by itself."""
    connection.execute("SET statement_timeout = '4s'")
    with suppress(errors.QueryCanceled):
        connection.execute("CHECKPOINT")
    connection.execute("RESET statement_timeout")
