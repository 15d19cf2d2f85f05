"""Publications of event streams: what the reader of a slot gets to see of a database.

A slot must not be made before its publication: its reader could never get past what happened in
between. So a look tells which publications are there, and only those get their slots.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from psycopg import sql

from activities.manifests import event_stream
from activities.manifests.instances import is_standby
from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.lookup import databases
from workflows.model import names
from workflows.model.names import STREAM_USER
from workflows.model.postgresql import Postgresql

Table = tuple[str, str]
"""Schema and name."""
ByDatabase = Mapping[str, Mapping[str, frozenset[Table]]]
"""Tables of each publication, by database and name."""

PUBLISHED: Final = "insert, update"


@dataclass(frozen=True)
class Publication:
    """As it is."""

    tables: frozenset[Table]
    publishes: bool
    """Whether it publishes insertions and updates, and nothing else."""


def wanted(cluster: Postgresql) -> ByDatabase:
    """One for each application in each database; none on a standby, which gets its source's."""
    found: dict[str, dict[str, frozenset[Table]]] = {}
    for stream in () if is_standby(cluster) else cluster.spec.streams:
        name = names.stream_slot(stream.database, stream.application_id)
        tables = frozenset(map(event_stream.schema_and_name, stream.tables))
        there = found.setdefault(stream.database, {})
        there[name] = there.get(name, frozenset()) | tables
    return found


def to_look_into(connection: Connection, wanted: ByDatabase) -> list[str]:
    """Where publications are wanted or may be left; nowhere if there were never any streams."""
    if not wanted and connection.execute(_STREAMED, {"user": STREAM_USER}).fetchone() is None:
        return []
    return databases(connection)


_STREAMED = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %(user)s"


def read(connection: Connection) -> dict[str, Publication]:
    """Those of one database that this operator, or Zalando's, has made."""
    return {
        row["pubname"]: Publication(
            tables=frozenset((schema, name) for schema, name in row["tables"]),
            publishes=row["publishes"],
        )
        for row in connection.execute(_PUBLICATIONS)
    }


_PUBLICATIONS = r"""
    SELECT pubname, pubinsert AND pubupdate AND NOT pubdelete AND NOT pubtruncate AS publishes,
           ARRAY(SELECT ARRAY[schemaname::text, tablename::text]
                 FROM pg_catalog.pg_publication_tables AS member
                 WHERE member.pubname = publication.pubname) AS tables
    FROM pg_catalog.pg_publication AS publication
    JOIN pg_catalog.pg_roles AS owner ON owner.oid = publication.pubowner
    WHERE owner.rolname = CURRENT_USER AND pubname LIKE 'fes\_%'
    ORDER BY pubname
"""


def plan(
    existing: Mapping[str, Publication], wanted: Mapping[str, frozenset[Table]]
) -> list[Change]:
    """What one database lacks, or has too much."""
    changes = [
        change
        for name, tables in sorted(wanted.items())
        for change in _aligned(name, tables, existing.get(name))
    ]
    for name in sorted(existing.keys() - wanted.keys()):
        changes.append(_change(name, "dropped", "DROP PUBLICATION {name}"))
    return changes


def _aligned(name: str, tables: frozenset[Table], existing: Publication | None) -> Sequence[Change]:
    if existing is None:
        text = "CREATE PUBLICATION {name} FOR TABLE {tables} WITH (publish = {publish})"
        return [_change(name, "created", text, tables)]
    changes = []
    if existing.tables != tables:
        text = "ALTER PUBLICATION {name} SET TABLE {tables}"
        changes.append(_change(name, "given its tables", text, tables))
    if not existing.publishes:
        text = "ALTER PUBLICATION {name} SET (publish = {publish})"
        changes.append(_change(name, "set to publish insertions and updates", text))
    return changes


def _change(name: str, deed: str, text: str, tables: frozenset[Table] = frozenset()) -> Change:
    statement = sql.SQL(text).format(
        name=sql.Identifier(name),
        tables=sql.SQL(", ").join(sql.Identifier(*table) for table in sorted(tables)),
        publish=sql.Literal(PUBLISHED),
    )
    return Change(f"publication {name}", deed, (statement,))
