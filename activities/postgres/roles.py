"""Roles: what the server has, what it lacks, and the statements that close the gap.

Pure but for `read`. Attributes, memberships and settings are only ever added; a role may have
more than anybody asked for. Roles come first and memberships after, so that it does not matter
which role is needed by which.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from psycopg import sql

from activities.postgres import scram, settings
from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.role import Origin, Role
from activities.postgres.scram import Encryption

_COLUMNS: Mapping[str, str] = {
    "SUPERUSER": "rolsuper",
    "INHERIT": "rolinherit",
    "CREATEROLE": "rolcreaterole",
    "CREATEDB": "rolcreatedb",
    "LOGIN": "rolcanlogin",
    "REPLICATION": "rolreplication",
    "BYPASSRLS": "rolbypassrls",
}


@dataclass(frozen=True)
class ExistingRole:
    """A row of pg_authid with the settings that hold in all databases."""

    attributes: frozenset[str]
    verifier: str | None = field(repr=False)
    settings: Mapping[str, str]

    def has(self, flag: str) -> bool:
        """Whether a flag such as LOGIN or NOLOGIN already holds."""
        if flag in _COLUMNS:
            return flag in self.attributes
        return flag.removeprefix("NO") not in self.attributes


@dataclass(frozen=True)
class Existing:
    """What the server knows of the wanted roles."""

    roles: Mapping[str, ExistingRole]
    memberships: Mapping[tuple[str, str], bool]
    """(group, member) to whether it is with ADMIN OPTION."""


def read(
    connection: Connection, wanted: Sequence[Role], *, renamed: Mapping[str, str] | None = None
) -> Existing:
    """Look up all wanted roles with two queries; those that are about to come back under another
    name, as if they had done so.
    """
    later = renamed or {}
    known = [role.name for role in wanted] + list(later)
    return Existing(
        roles={
            later.get(row["rolname"], row["rolname"]): _existing(
                row | {"rolcanlogin": row["rolcanlogin"] or row["rolname"] in later}
            )
            for row in connection.execute(_ROLES, [known])
        },
        memberships={
            (later.get(row["granted"], row["granted"]), later.get(row["member"], row["member"])): (
                row["admin"]
            )
            for row in connection.execute(_MEMBERSHIPS, [known, known])
        },
    )


_ROLES = """
    SELECT role.rolname, role.rolsuper, role.rolinherit, role.rolcreaterole, role.rolcreatedb,
           role.rolcanlogin, role.rolreplication, role.rolbypassrls, role.rolpassword,
           setting.setconfig
    FROM pg_catalog.pg_authid AS role
    LEFT JOIN pg_catalog.pg_db_role_setting AS setting
           ON setting.setrole = role.oid AND setting.setdatabase = 0
    WHERE role.rolname = ANY (%s)
"""
_MEMBERSHIPS = """
    SELECT granted.rolname AS granted, member.rolname AS member, bool_or(admin_option) AS admin
    FROM pg_catalog.pg_auth_members AS membership
    JOIN pg_catalog.pg_authid AS granted ON granted.oid = membership.roleid
    JOIN pg_catalog.pg_authid AS member ON member.oid = membership.member
    WHERE granted.rolname = ANY (%s) OR member.rolname = ANY (%s)
    GROUP BY 1, 2
"""


def _existing(row: Mapping[str, object]) -> ExistingRole:
    stored, config = row["rolpassword"], row["setconfig"]
    return ExistingRole(
        attributes=frozenset(flag for flag, column in _COLUMNS.items() if row[column]),
        verifier=stored if isinstance(stored, str) else None,
        settings=settings.parsed(config if isinstance(config, list) else []),
    )


def plan(
    existing: Existing,
    wanted: Sequence[Role],
    *,
    passwords: Mapping[str, str],
    encryption: Encryption,
    owner_roles: Collection[str] = (),
) -> list[Change]:
    """What brings the server to what is wanted, in an order that works.

    `passwords` holds those that are known; a role without one keeps what it has. `owner_roles`
    are those of which database owners become members, even if they were members of an owner.
    """
    return [
        *(change for role in wanted for change in _role(existing, role, passwords, encryption)),
        *(change for role in wanted for change in _settings(existing, role)),
        *(change for role in wanted for change in _memberships(existing, role, owner_roles)),
    ]


def _subject(role: Role) -> str:
    return f"role {role.name}"


# ---------------------------------------------------------------------------- the role itself


def _role(
    existing: Existing, role: Role, passwords: Mapping[str, str], encryption: Encryption
) -> Iterator[Change]:
    found = existing.roles.get(role.name)
    password = passwords.get(role.name)
    if found is None:
        yield _creation(role, password, encryption)
        return
    missing = [flag for flag in role.flags if not found.has(flag)]
    if missing:
        yield Change(
            _subject(role), f"given {', '.join(missing)}", (_alter(role, _words(missing)),)
        )
    if password is not None and not _is_stored(password, found, role, encryption):
        clause = _password(_verifier(password, role, encryption))
        origin = "source" if role.password else "Secret"
        yield Change(_subject(role), f"given the password of its {origin}", (_alter(role, clause),))


def _verifier(password: str, role: Role, encryption: Encryption) -> str:
    """A system role is never given the weaker one: see `_is_stored`."""
    kind = Encryption.SCRAM if role.origin is Origin.SYSTEM else encryption
    return scram.verifier(password, role=role.name, encryption=kind)


def _is_stored(password: str, found: ExistingRole, role: Role, encryption: Encryption) -> bool:
    """A system role keeps a SCRAM verifier even where others are to have md5: the weaker one
    gains nothing, and where pg_hba.conf asks for SCRAM it would lock the operator out.
    """
    enough = {encryption, Encryption.SCRAM} if role.origin is Origin.SYSTEM else {encryption}
    return any(
        scram.matches(found.verifier, password, role=role.name, encryption=kind) for kind in enough
    )


def knows(found: ExistingRole, role: Role, password: str) -> bool:
    """Whether a role can log in with a password, however that is stored."""
    return any(
        scram.matches(found.verifier, password, role=role.name, encryption=kind)
        for kind in Encryption
    )


def _creation(role: Role, password: str | None, encryption: Encryption) -> Change:
    clauses = [_words(role.flags)]
    if password is None and role.origin is Origin.PREPARED:
        # like Zalando's operator: should somebody let such a group log in, nobody knows how
        password = secrets.token_urlsafe(48)
    if password is not None:
        clauses.append(_password(_verifier(password, role, encryption)))
    statement = sql.SQL("CREATE ROLE {} {}").format(
        sql.Identifier(role.name), sql.SQL(" ").join(clauses)
    )
    return Change(_subject(role), "created", (statement,))


def _alter(role: Role, clause: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role.name), clause)


def _password(verifier: str) -> sql.Composed:
    return sql.SQL("PASSWORD {}").format(sql.Literal(verifier))


# the only words of SQL that come from a manifest: nothing outside this table is ever written
_WORDS: Mapping[str, sql.SQL] = {
    "SUPERUSER": sql.SQL("SUPERUSER"),
    "INHERIT": sql.SQL("INHERIT"),
    "CREATEROLE": sql.SQL("CREATEROLE"),
    "CREATEDB": sql.SQL("CREATEDB"),
    "LOGIN": sql.SQL("LOGIN"),
    "REPLICATION": sql.SQL("REPLICATION"),
    "BYPASSRLS": sql.SQL("BYPASSRLS"),
    "NOSUPERUSER": sql.SQL("NOSUPERUSER"),
    "NOINHERIT": sql.SQL("NOINHERIT"),
    "NOCREATEROLE": sql.SQL("NOCREATEROLE"),
    "NOCREATEDB": sql.SQL("NOCREATEDB"),
    "NOLOGIN": sql.SQL("NOLOGIN"),
    "NOREPLICATION": sql.SQL("NOREPLICATION"),
    "NOBYPASSRLS": sql.SQL("NOBYPASSRLS"),
}


def _words(flags: Sequence[str]) -> sql.Composed:
    return sql.SQL(" ").join(_WORDS[flag] for flag in flags)


# ------------------------------------------------------------------------------------ settings


def _settings(existing: Existing, role: Role) -> Iterator[Change]:
    """Settings of a role that has wanted ones; others are reset, as they are no longer wanted."""
    parameters = _parameters(existing, role)
    if not parameters:
        return
    found = existing.roles.get(role.name)
    current = found.settings if found else {}
    wanted = {name.lower() for name in parameters}
    for name in sorted(parameters):
        value = parameters[name]
        if not settings.same_value(name, current.get(name.lower()), value):
            clause = sql.SQL("SET {} TO {}").format(
                settings.name_of(name), settings.value_of(name, value)
            )
            yield Change(_subject(role), f"given its {name}", (_alter(role, clause),))
    for name in sorted(current.keys() - wanted):
        clause = sql.SQL("RESET {}").format(settings.name_of(name))
        yield Change(_subject(role), f"relieved of its {name}", (_alter(role, clause),))


def _parameters(existing: Existing, role: Role) -> Mapping[str, str]:
    """A stand-in has those of its role as well, whoever may have set them."""
    original = existing.roles.get(role.stands_in_for)
    if original is None:
        return role.parameters
    wanted = {name.lower(): value for name, value in role.parameters.items()}
    stored = {name: settings.as_written(value) for name, value in original.settings.items()}
    return {**stored, **wanted}


# --------------------------------------------------------------------------------- memberships


def _memberships(existing: Existing, role: Role, owner_roles: Collection[str]) -> Iterator[Change]:
    held = existing.memberships
    for group in role.member_of:
        if (group, role.name) in held:
            continue
        statements = [_grant(group, role.name)]
        if group in owner_roles and (role.name, group) in held:
            # the owner of a database goes into the additional role, not the other way round
            statements.insert(0, _revoke(role.name, group))
        yield Change(_subject(role), f"made a member of {group}", tuple(statements))
    if role.administered_by and not held.get((role.name, role.administered_by)):
        grant = _grant(role.name, role.administered_by) + sql.SQL(" WITH ADMIN OPTION")
        yield Change(_subject(role), f"put in the hands of {role.administered_by}", (grant,))


def _grant(group: str, member: str) -> sql.Composed:
    return sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), sql.Identifier(member))


def _revoke(group: str, member: str) -> sql.Composed:
    return sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group), sql.Identifier(member))
