"""Databases: which ought to be there, who owns them, and the statements that make it so.

Pure but for `read`. Nothing is dropped. Each database is a change of its own, so that one that
can't be made does not stop the others.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.prepared_roles import DATABASE_NAME, left_out, prepared_databases
from activities.postgres.role import LONGEST_NAME, Role
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class Databases:
    """Database to owner, and a sentence for each entry that can't be followed."""

    owners: Mapping[str, str]
    refused: Sequence[str]


def wanted_databases(cluster: Postgresql, roles: Sequence[Role]) -> Databases:
    """Those of `databases` and `preparedDatabases`; a prepared one belongs to its own owner."""
    prepared = {database.name: database.owner for database in prepared_databases(cluster)}
    eligible = {role.name for role in roles if not role.is_system}
    owners: dict[str, str] = {}
    refused = left_out(cluster)
    for name, owner in sorted(cluster.spec.databases.items()):
        flaw = _flaw(name, owner, eligible=eligible, prepared=prepared)
        if flaw:
            refused.append(f"database {name}: {flaw}")
        else:
            owners[name] = owner
    return Databases({**owners, **prepared}, refused)


def _flaw(name: str, owner: str, *, eligible: Collection[str], prepared: Mapping[str, str]) -> str:
    if not DATABASE_NAME.fullmatch(name):
        return "its name is not made of letters, digits and _, or begins with a digit"
    if len(name) > LONGEST_NAME:
        return f"Postgres cuts names after {LONGEST_NAME} characters"
    if owner not in eligible:
        return f"its owner {owner} is none of this cluster's roles; add it to `users`"
    if prepared.get(name, owner) != owner:
        return f"its owner is {prepared[name]}, because it is also a prepared database"
    return ""


def read(connection: Connection) -> Mapping[str, str]:
    """All databases with their owners."""
    return {row["datname"]: row["owner"] for row in connection.execute(_DATABASES)}


_DATABASES = """
    SELECT database.datname, owner.rolname AS owner
    FROM pg_catalog.pg_database AS database
    JOIN pg_catalog.pg_authid AS owner ON owner.oid = database.datdba
"""


def plan(existing: Mapping[str, str], wanted: Mapping[str, str]) -> list[Change]:
    """Create what is missing, give others to the wanted owner."""
    return [
        _creation(name, owner) if name not in existing else _new_owner(name, owner)
        for name, owner in wanted.items()
        if existing.get(name) != owner
    ]


def subject(database: str) -> str:
    return f"database {database}"


def _creation(name: str, owner: str) -> Change:
    statement = sql.SQL("CREATE DATABASE {} OWNER {}").format(
        sql.Identifier(name), sql.Identifier(owner)
    )
    return Change(subject(name), f"created for {owner}", (statement,))


def _new_owner(name: str, owner: str) -> Change:
    statement = sql.SQL("ALTER DATABASE {} OWNER TO {}").format(
        sql.Identifier(name), sql.Identifier(owner)
    )
    return Change(subject(name), f"given to {owner}", (statement,))
