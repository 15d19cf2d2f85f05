"""The function with which connection poolers look passwords up: one in every database.

It is looked for each time, so databases that somebody else has made get it too. Who changes it,
or opens it to everybody, finds it put right again.
"""

from dataclasses import dataclass
from typing import Final

from psycopg import sql

from activities.manifests import pooler
from activities.manifests.instances import is_standby
from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.databases import subject
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

DEED: Final = "given the look-up function of the connection pooler"


@dataclass(frozen=True)
class Lookup:
    """Where the function lies, and the only role that is let to call it."""

    schema: str
    user: str


def wanted(cluster: Postgresql, configuration: Configuration) -> Lookup | None:
    """None without a pooler, and for a standby, which gets the function from its source."""
    if is_standby(cluster) or not any(pooler.wanted(cluster, role) for role in Role):
        return None
    return Lookup(pooler.schema(cluster, configuration), pooler.user(cluster, configuration))


def databases(connection: Connection) -> list[str]:
    """Those that are to have it: all that can be connected to, but for the templates."""
    return [row["datname"] for row in connection.execute(_DATABASES)]


# A limit of -2 marks what an interrupted DROP DATABASE has left.
_DATABASES = """
    SELECT datname FROM pg_catalog.pg_database
    WHERE datallowconn AND datconnlimit <> -2 AND datname NOT IN ('template0', 'template1')
    ORDER BY datname
"""


def plan(connection: Connection, database: str, lookup: Lookup) -> list[Change]:
    """What `database`, to which the connection is, lacks. Only looks."""
    seen = {"schema": lookup.schema, "user": lookup.user, "body": _BODY, "path": [_PATH]}
    in_place = connection.execute(_IN_PLACE, seen).fetchone() is not None
    return [] if in_place else [_installation(database, lookup)]


_PATH = "search_path=pg_catalog, pg_temp"
# The server refuses a role whose time is over, but not on a connection that waits in a pool.
_BODY = """
BEGIN
    SELECT usename, CASE WHEN valuntil <= now() THEN NULL ELSE passwd END
    FROM pg_catalog.pg_shadow WHERE usename = i_username INTO uname, phash;
    RETURN;
END;
"""
_IN_PLACE = """
    SELECT FROM pg_catalog.pg_proc AS function
    JOIN pg_catalog.pg_namespace AS schema ON schema.oid = function.pronamespace
    JOIN pg_catalog.pg_roles AS owner ON owner.oid = function.proowner
    JOIN pg_catalog.pg_roles AS pooler ON pooler.rolname = %(user)s
    WHERE schema.nspname = %(schema)s AND function.proname = 'user_lookup'
      AND pg_catalog.oidvectortypes(function.proargtypes) = 'text'
      AND function.proargnames = '{i_username,uname,phash}'
      AND function.prosrc = %(body)s AND function.prosecdef AND function.proconfig = %(path)s
      AND owner.rolname = CURRENT_USER
      AND EXISTS (SELECT FROM pg_catalog.aclexplode(function.proacl) AS acl
                  WHERE acl.grantee = pooler.oid)
      AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(function.proacl) AS acl
                      WHERE acl.grantee = 0)
      AND EXISTS (SELECT FROM pg_catalog.aclexplode(schema.nspacl) AS acl
                  WHERE acl.grantee = pooler.oid AND acl.privilege_type = 'USAGE')
"""


def _installation(database: str, lookup: Lookup) -> Change:
    """All of it at once: who calls it meanwhile sees the former one or the new one."""
    names = {
        "schema": sql.Identifier(lookup.schema),
        "function": sql.SQL("{}.user_lookup(text)").format(sql.Identifier(lookup.schema)),
        "user": sql.Identifier(lookup.user),
        "body": sql.Literal(_BODY),
    }
    statements = tuple(sql.SQL(statement).format(**names) for statement in _STATEMENTS)
    return Change(subject(database), DEED, statements)


# It lends the superuser's rights to its caller, so it looks into no schema of the caller's.
_STATEMENTS: Final = (
    "CREATE SCHEMA IF NOT EXISTS {schema}",
    "CREATE OR REPLACE FUNCTION {schema}.user_lookup"
    "(IN i_username text, OUT uname text, OUT phash text) RETURNS record"
    " LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS {body}",
    "ALTER FUNCTION {function} OWNER TO CURRENT_USER",
    "REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {user}",
    "GRANT EXECUTE ON FUNCTION {function} TO {user}",
    "GRANT USAGE ON SCHEMA {schema} TO {user}",
)
