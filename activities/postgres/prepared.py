"""What is inside a prepared database: schemas, extensions, privileges and default privileges.

Pure but for `read`. Every part is looked at by itself, so what an interrupted run left out is
made up for, whenever that run was. Only missing privileges are granted, none is taken away.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.databases import subject
from activities.postgres.prepared_roles import Prepared, Schema
from workflows.model.names import PreparedRoles


@dataclass(frozen=True)
class ObjectType:
    """One kind of object for which default privileges are given."""

    code: str
    """In pg_default_acl."""
    words: sql.SQL
    reader: tuple[str, ...]
    writer: tuple[str, ...]


SCHEMAS = ObjectType("n", sql.SQL("SCHEMAS"), ("USAGE",), ("USAGE",))
# a writer is a member of the reader and needs no SELECT of its own
IN_SCHEMA = (
    ObjectType("r", sql.SQL("TABLES"), ("SELECT",), ("INSERT", "UPDATE", "DELETE")),
    ObjectType("S", sql.SQL("SEQUENCES"), ("SELECT",), ("USAGE", "UPDATE")),
    ObjectType("f", sql.SQL("FUNCTIONS"), ("EXECUTE",), ("EXECUTE",)),
    ObjectType("T", sql.SQL("TYPES"), ("USAGE",), ("USAGE",)),
)
_PRIVILEGES = {
    "SELECT": sql.SQL("SELECT"),
    "INSERT": sql.SQL("INSERT"),
    "UPDATE": sql.SQL("UPDATE"),
    "DELETE": sql.SQL("DELETE"),
    "USAGE": sql.SQL("USAGE"),
    "EXECUTE": sql.SQL("EXECUTE"),
}


@dataclass(frozen=True, order=True)
class DefaultPrivilege:
    """What a role gets on objects that another one will create."""

    creator: str
    schema: str
    """Empty for objects in any schema."""
    type_code: str
    grantee: str
    privilege: str


@dataclass(frozen=True)
class Content:
    """What a database has of what a prepared one needs."""

    schemas: frozenset[str]
    usage: frozenset[tuple[str, str]]
    """(schema, role) pairs with USAGE."""
    default_privileges: frozenset[DefaultPrivilege]
    extensions: Mapping[str, str]
    """Installed ones, each with its schema."""
    available: frozenset[str]
    """Those of the wanted extensions that the server could install."""


def read(connection: Connection, wanted: Prepared) -> Content:
    """Look with a few queries; `connection` is to the database itself."""
    rows = connection.execute
    wished = [name for name, _ in wanted.extensions]
    return Content(
        schemas=frozenset(row["nspname"] for row in rows(_SCHEMAS)),
        usage=frozenset((row["nspname"], row["grantee"]) for row in rows(_USAGE)),
        default_privileges=frozenset(DefaultPrivilege(**row) for row in rows(_DEFAULT_PRIVILEGES)),
        extensions={row["extname"]: row["nspname"] for row in rows(_EXTENSIONS)},
        available=frozenset(row["name"] for row in rows(_AVAILABLE, [wished])),
    )


_SCHEMAS = "SELECT nspname FROM pg_catalog.pg_namespace"
_USAGE = """
    SELECT schema.nspname, grantee.rolname AS grantee
    FROM pg_catalog.pg_namespace AS schema,
         LATERAL pg_catalog.aclexplode(schema.nspacl) AS acl
    JOIN pg_catalog.pg_authid AS grantee ON grantee.oid = acl.grantee
    WHERE acl.privilege_type = 'USAGE'
"""
_DEFAULT_PRIVILEGES = """
    SELECT creator.rolname AS creator, coalesce(schema.nspname, '') AS schema,
           defaults.defaclobjtype::text AS type_code, grantee.rolname AS grantee,
           acl.privilege_type AS privilege
    FROM pg_catalog.pg_default_acl AS defaults
    JOIN pg_catalog.pg_authid AS creator ON creator.oid = defaults.defaclrole
    LEFT JOIN pg_catalog.pg_namespace AS schema ON schema.oid = defaults.defaclnamespace,
         LATERAL pg_catalog.aclexplode(defaults.defaclacl) AS acl
    JOIN pg_catalog.pg_authid AS grantee ON grantee.oid = acl.grantee
"""
_EXTENSIONS = """
    SELECT extension.extname, schema.nspname
    FROM pg_catalog.pg_extension AS extension
    JOIN pg_catalog.pg_namespace AS schema ON schema.oid = extension.extnamespace
"""
_AVAILABLE = "SELECT name FROM pg_catalog.pg_available_extensions WHERE name = ANY (%s)"


def plan(content: Content, wanted: Prepared) -> list[Change]:
    """What is missing, in an order that works: a schema takes over global default privileges."""
    schema_privileges = (
        privilege for schema in wanted.schemas for privilege in in_schema(wanted, schema)
    )
    return [
        *_defaults(content, wanted, everywhere(wanted)),
        *_schemas(content, wanted),
        *_defaults(content, wanted, schema_privileges),
        *_extensions(content, wanted),
    ]


def refused(content: Content, wanted: Prepared) -> list[str]:
    """Extensions that this server does not have, one sentence each."""
    return [
        f"{subject(wanted.name)}: extension {name} is not available on this server"
        for name, _ in wanted.extensions
        if name not in content.available
    ]


# ------------------------------------------------------------------------- default privileges


def everywhere(wanted: Prepared) -> Iterator[DefaultPrivilege]:
    """For what the database's owners create in any schema, schemas included."""
    for creator in _owners(wanted.roles, users=wanted.users):
        yield from _for(creator, "", wanted.roles, (SCHEMAS, *IN_SCHEMA))


def in_schema(wanted: Prepared, schema: Schema) -> Iterator[DefaultPrivilege]:
    """For what is created in one schema by its owners and by those of the database."""
    database_owners = _owners(wanted.roles, users=wanted.users)
    if schema.roles is None:
        for creator in database_owners:
            yield from _for(creator, schema.name, wanted.roles, IN_SCHEMA)
        return
    for creator in _owners(schema.roles, users=schema.users):
        yield from _for(creator, schema.name, wanted.roles, IN_SCHEMA)
        yield from _for(creator, schema.name, schema.roles, IN_SCHEMA)
    for creator in database_owners:  # these give to the database's roles wherever they create
        yield from _for(creator, schema.name, schema.roles, IN_SCHEMA)


def _owners(roles: PreparedRoles, *, users: bool) -> list[str]:
    return [roles.owner, roles.users[0]] if users else [roles.owner]


def _for(
    creator: str, schema: str, roles: PreparedRoles, types: Sequence[ObjectType]
) -> Iterator[DefaultPrivilege]:
    for of in types:
        for grantee, privileges in ((roles.reader, of.reader), (roles.writer, of.writer)):
            for privilege in privileges:
                yield DefaultPrivilege(creator, schema, of.code, grantee, privilege)


def _defaults(
    content: Content, wanted: Prepared, privileges: Iterable[DefaultPrivilege]
) -> Iterator[Change]:
    """One change per creator and schema, with one statement per type of object and grantee."""
    missing: dict[tuple[str, str], list[DefaultPrivilege]] = defaultdict(list)
    for privilege in privileges:
        if privilege not in content.default_privileges:
            missing[privilege.creator, privilege.schema].append(privilege)
    for (creator, schema), group in missing.items():
        where = f" in schema {schema}" if schema else ""
        yield Change(
            subject(wanted.name),
            f"given default privileges on what {creator} creates{where}",
            tuple(_grants(creator, schema, group)),
        )


def _grants(
    creator: str, schema: str, missing: Sequence[DefaultPrivilege]
) -> Iterator[sql.Composed]:
    head = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {}").format(sql.Identifier(creator))
    if schema:
        head += sql.SQL(" IN SCHEMA {}").format(sql.Identifier(schema))
    words = {of.code: of.words for of in (SCHEMAS, *IN_SCHEMA)}
    together: dict[tuple[str, str], list[str]] = defaultdict(list)
    for privilege in missing:
        together[privilege.type_code, privilege.grantee].append(privilege.privilege)
    for (type_code, grantee), privileges in together.items():
        yield head + sql.SQL(" GRANT {} ON {} TO {}").format(
            sql.SQL(", ").join(_PRIVILEGES[name] for name in privileges),
            words[type_code],
            sql.Identifier(grantee),
        )


# --------------------------------------------------------------------- schemas and extensions


def _schemas(content: Content, wanted: Prepared) -> Iterator[Change]:
    for schema in wanted.schemas:
        owner = schema.roles.owner if schema.roles else wanted.owner
        if schema.name not in content.schemas:
            statement = sql.SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(
                sql.Identifier(schema.name), sql.Identifier(owner)
            )
            yield Change(subject(wanted.name), f"given schema {schema.name}", (statement,))
        yield from _usage(content, wanted, schema)


def _usage(content: Content, wanted: Prepared, schema: Schema) -> Iterator[Change]:
    sets = [wanted.roles, *([schema.roles] if schema.roles else [])]
    users = [role for roles in sets for role in (roles.reader, roles.writer)]
    missing = [role for role in users if (schema.name, role) not in content.usage]
    if missing:
        statement = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(
            sql.Identifier(schema.name), sql.SQL(", ").join(map(sql.Identifier, missing))
        )
        yield Change(
            subject(wanted.name),
            f"opened in schema {schema.name} to {', '.join(missing)}",
            (statement,),
        )


def _extensions(content: Content, wanted: Prepared) -> Iterator[Change]:
    for name, schema in wanted.extensions:
        where = content.extensions.get(name)
        if where == schema or name not in content.available:
            continue
        verb = (
            "CREATE EXTENSION {} SCHEMA {}" if where is None else "ALTER EXTENSION {} SET SCHEMA {}"
        )
        statement = sql.SQL(verb).format(sql.Identifier(name), sql.Identifier(schema))
        yield Change(
            subject(wanted.name), f"given extension {name} in schema {schema}", (statement,)
        )
