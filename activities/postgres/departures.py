"""People who left lose their login and their role's name; who comes back gets both again.

Told from the server alone: a member of the people's group whom nobody wants has left, whoever may
have seen them leave. What they own stays theirs, under the new name.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.role import LONGEST_NAME, Origin, Role
from workflows.model.configuration import Configuration


@dataclass(frozen=True)
class Departures:
    """Changes to come before all others, changes to come after, and what can't be done."""

    returns: Sequence[Change] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Who comes back: name on the server to name afterwards."""
    leaves: Sequence[Change] = ()
    refused: Sequence[str] = ()


def enabled(configuration: Configuration) -> bool:
    """Whether leaving has consequences at all."""
    return (
        configuration.enable_team_member_deprecation
        and configuration.pam_role_name != ""
        and configuration.role_deletion_suffix != ""
    )


def read(connection: Connection, configuration: Configuration) -> Mapping[str, bool]:
    """Members of the people's group, and all roles with the suffix, to whether they log in."""
    given = {
        "group": configuration.pam_role_name,
        "suffix": configuration.role_deletion_suffix,
    }
    return {row["rolname"]: row["rolcanlogin"] for row in connection.execute(_PEOPLE, given)}


# system roles and the connected superuser are nobody's to rename
_PEOPLE = """
    SELECT member.rolname, member.rolcanlogin
    FROM pg_catalog.pg_authid AS member
    WHERE (pg_catalog.right(member.rolname, pg_catalog.length(%(suffix)s)) = %(suffix)s
        OR EXISTS (
            SELECT FROM pg_catalog.pg_auth_members AS membership
            JOIN pg_catalog.pg_authid AS granted ON granted.oid = membership.roleid
            WHERE membership.member = member.oid AND granted.rolname = %(group)s))
      AND member.rolname <> CURRENT_USER AND member.rolname !~ '^pg_'
"""


def plan(
    found: Mapping[str, bool],
    wanted: Sequence[Role],
    configuration: Configuration,
    *,
    existing: Collection[str],
    complete: bool,
) -> Departures:
    """`existing` are those of the wanted roles that the server has; unless what is wanted is known
    to be `complete`, nobody is taken for gone.
    """
    suffix = configuration.role_deletion_suffix
    back = {
        role.name + suffix: role.name
        for role in wanted
        if role.origin is Origin.TEAMS and role.name not in existing and role.name + suffix in found
    }
    kept = {role.name for role in wanted}.union(configuration.protected_role_names)
    gone = sorted(_gone(found, kept, suffix)) if complete else []
    return Departures(
        returns=[_return(name, suffix) for name in back.values()],
        renamed=back,
        leaves=[_leave(name, found, suffix) for name in gone if found[name]],
        refused=[
            f"role {name} is of somebody who left, and can't be renamed: {flaw}"
            for name in gone
            if (flaw := _flaw(name, found, suffix))
        ],
    )


def _gone(found: Mapping[str, bool], kept: Collection[str], suffix: str) -> Iterator[str]:
    """A group without login is nobody, unless it has left under a name that was taken."""
    for name, login in found.items():
        if name in kept or name.endswith(suffix):
            continue
        if login or name + suffix in found:
            yield name


def _flaw(name: str, found: Mapping[str, bool], suffix: str) -> str:
    if name + suffix in found:
        return f"there is a role {name}{suffix} already"
    if len(f"{name}{suffix}".encode()) > LONGEST_NAME:
        return f"Postgres cuts names after {LONGEST_NAME} characters"
    return ""


def _leave(name: str, found: Mapping[str, bool], suffix: str) -> Change:
    """The login goes in any case; the name with it, unless that is impossible."""
    statements = [sql.SQL("ALTER ROLE {} NOLOGIN").format(sql.Identifier(name))]
    if _flaw(name, found, suffix):
        return Change(f"role {name}", "forbidden to log in, as its owner left", tuple(statements))
    statements.append(_rename(name, name + suffix))
    deed = f"forbidden to log in and renamed to {name}{suffix}, as its owner left"
    return Change(f"role {name}", deed, tuple(statements))


def _return(name: str, suffix: str) -> Change:
    former = name + suffix
    statements = (
        _rename(former, name),
        sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(name)),
    )
    return Change(f"role {name}", f"brought back from {former}", statements)


def _rename(name: str, to: str) -> sql.Composed:
    return sql.SQL("ALTER ROLE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to))
