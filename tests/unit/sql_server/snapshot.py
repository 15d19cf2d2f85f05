"""What is in a server, in the form of the captures: roles, settings, databases."""

from typing import Any

from tests.unit.sql_server.server import Server

Snapshot = dict[str, Any]
_FLAGS = {
    "rolsuper": "SUPERUSER",
    "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB",
    "rolreplication": "REPLICATION",
    "rolbypassrls": "BYPASSRLS",
}
_FLAG_ORDER = ("SUPERUSER", "CREATEROLE", "CREATEDB", "LOGIN", "NOLOGIN", "REPLICATION")


def taken(server: Server) -> Snapshot:
    """Everything of the server that a capture holds."""
    names = server.sql("SELECT datname FROM pg_database WHERE datallowconn ORDER BY 1")
    return {
        "databases": {
            row["datname"]: database(server, row["datname"])
            for row in names
            if row["datname"] != "template1"
        },
        "roles": roles(server),
        "settings": server.sql(_SETTINGS),
    }


def roles(server: Server) -> Snapshot:
    memberships = server.sql(_MEMBERSHIPS)
    found: Snapshot = {}
    for row in server.sql("SELECT * FROM pg_authid WHERE rolname !~ '^pg_' ORDER BY rolname"):
        name, password = row["rolname"], row["rolpassword"]
        flags = {word for column, word in _FLAGS.items() if row[column]}
        flags.add("LOGIN" if row["rolcanlogin"] else "NOLOGIN")
        groups = [group["text"] for group in memberships if group["member"] == name]
        found[name] = {
            "flags": sorted(flags, key=(*_FLAG_ORDER, "BYPASSRLS").index),
            **({"member_of": groups} if groups else {}),
            **({"password": password.split("$")[0]} if password else {}),
        }
    return found


def database(server: Server, name: str) -> Snapshot:
    def rows(query: str) -> list[Snapshot]:
        return server.sql(query, name)

    (owner,) = rows(
        "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
    )
    defaults = [_with_acl(row, server) for row in rows(_DEFAULT_PRIVILEGES)]
    return {
        **({"defaultPrivileges": defaults} if defaults else {}),
        "extensions": rows(_EXTENSIONS),
        "owner": owner["datdba"],
        "schemas": [_with_acl(row, server) for row in rows(_SCHEMAS)],
    }


def _with_acl(row: Snapshot, server: Server) -> Snapshot:
    """Sorted; without MAINTAIN, a privilege on tables that came with version 17."""
    if row["acl"] is None:
        return {key: value for key, value in row.items() if key != "acl"}
    acl = [item.replace("xtm/", "xt/") if server.major >= 17 else item for item in row["acl"]]
    return {**row, "acl": sorted(acl)}


_MEMBERSHIPS = """
    SELECT member::regrole::text AS member,
           roleid::regrole::text || CASE WHEN admin_option THEN ' WITH ADMIN' ELSE '' END AS text
    FROM pg_auth_members WHERE member::regrole::text !~ '^pg_' ORDER BY 2
"""
_SETTINGS = """
    SELECT coalesce(datname, '*') AS database, setrole::regrole::text AS role, setconfig
    FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase
    ORDER BY 2, 1
"""
_EXTENSIONS = """
    SELECT extname AS name, nspname AS schema
    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace ORDER BY 1
"""
_SCHEMAS = """
    SELECT nspacl::text[] AS acl, nspname AS name, nspowner::regrole::text AS owner
    FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 2
"""
_DEFAULT_PRIVILEGES = """
    SELECT defaclacl::text[] AS acl, defaclrole::regrole::text AS role, nspname AS schema,
           defaclobjtype::text AS type
    FROM pg_default_acl LEFT JOIN pg_namespace ON pg_namespace.oid = defaclnamespace
    ORDER BY 2, nspname IS NULL, 3, 4
"""
