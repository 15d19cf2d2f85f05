"""Dropping the dated users of former rotations, once nobody can be using them any more.

Only members of the role they stood in for are looked at, never names alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from psycopg import sql

from activities.postgres import rotation
from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.passwords import Login
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class Retirement:
    """Users to drop, and sentences on those that can't be."""

    changes: Sequence[Change] = ()
    refused: Sequence[str] = ()


def plan(
    connection: Connection,
    logins: Sequence[Login],
    cluster: Postgresql,
    configuration: Configuration,
    *,
    today: date,
) -> Retirement:
    """Only looks; one query if there has ever been a rotation, else none."""
    rotated = {
        login.role.name: login
        for login in logins
        if rotation.keeps_stand_ins(login, rotation.mode_of(login.role, cluster, configuration))
    }
    members = _members(connection, list(rotated)) if rotated else {}
    retired = {
        user: members[name][user]
        for name, login in rotated.items()
        if name in members
        for user in rotation.retired(login, list(members[name]), configuration, today=today)
    }
    return Retirement(
        changes=[_drop(user) for user, needed in sorted(retired.items()) if not needed],
        refused=[
            f"role {user} of a former rotation is not dropped, because it owns objects or has "
            "privileges of its own"
            for user, needed in sorted(retired.items())
            if needed
        ],
    )


def _members(connection: Connection, names: list[str]) -> Mapping[str, Mapping[str, bool]]:
    """Role to its members, each with whether anything in some database depends on it."""
    found: dict[str, dict[str, bool]] = {}
    for row in connection.execute(_MEMBERS, [names]):
        found.setdefault(row["granted"], {})[row["member"]] = row["needed"]
    return found


_MEMBERS = """
    SELECT granted.rolname AS granted, member.rolname AS member, EXISTS (
        SELECT FROM pg_catalog.pg_shdepend AS needs
        WHERE needs.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
          AND needs.refobjid = member.oid
          AND needs.classid <> 'pg_catalog.pg_auth_members'::pg_catalog.regclass) AS needed
    FROM pg_catalog.pg_auth_members AS membership
    JOIN pg_catalog.pg_authid AS granted ON granted.oid = membership.roleid
    JOIN pg_catalog.pg_authid AS member ON member.oid = membership.member
    WHERE granted.rolname = ANY (%s)
"""


def _drop(user: str) -> Change:
    statement = sql.SQL("DROP ROLE {}").format(sql.Identifier(user))
    return Change(f"role {user}", "dropped, as its time is over", (statement,))
