"""What a prepared database consists of: its schemas, and the roles that own, read and write.

`ledger` gets the group roles `ledger_owner`, `ledger_reader` and `ledger_writer`; with default
users a login role `..._user` stands in each. A schema with default roles has the same set,
`ledger_books_owner` and so on. The owner administers the others; the image's `admin` the owner.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from activities.postgres.role import LOGIN, LONGEST_NAME, NOLOGIN, Origin, Role
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import PreparedDatabase, PreparedSchema
from workflows.model.secrets import SecretRef

ADMIN = "admin"
DEFAULT_SCHEMA = "data"
DATABASE_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
"""Of databases and schemas."""


@dataclass(frozen=True)
class Schema:
    """A schema with the set of roles made for it, or none when the database's roles do."""

    name: str
    roles: names.PreparedRoles | None
    users: bool


@dataclass(frozen=True)
class Prepared:
    """A prepared database, with defaults filled in."""

    name: str
    roles: names.PreparedRoles
    users: bool
    schemas: tuple[Schema, ...]
    extensions: tuple[tuple[str, str], ...]
    """Pairs of extension and its schema."""
    secret_namespace: str

    @property
    def owner(self) -> str:
        return self.roles.owner

    @property
    def search_path(self) -> str:
        return ", ".join(['"$user"', *(schema.name for schema in self.schemas)])


def prepared_databases(cluster: Postgresql) -> list[Prepared]:
    """All that can be made, by name; an empty section stands for one named like the cluster."""
    return [database for database in _described(cluster) if not _flaw(database)]


def left_out(cluster: Postgresql) -> list[str]:
    """Those that can't be made, one sentence each."""
    return [
        f"prepared database {database.name} is left out: {flaw}"
        for database in _described(cluster)
        if (flaw := _flaw(database))
    ]


def _described(cluster: Postgresql) -> list[Prepared]:
    wanted = cluster.spec.prepared_databases
    if wanted is None:
        return []
    if not wanted:
        wanted = {names.default_prepared_database(cluster.metadata.name): PreparedDatabase()}
    return [_prepared(name, wanted[name]) for name in sorted(wanted)]


def _flaw(database: Prepared) -> str:
    """Why a prepared database can't be made, or nothing."""
    for name in (database.name, *(schema.name for schema in database.schemas)):
        if not DATABASE_NAME.fullmatch(name):
            return f"{name} is not a name of letters, digits and _, not beginning with a digit"
        if len(name) > LONGEST_NAME:
            return f"{name} has more than {LONGEST_NAME} characters"
    sets = [(database.roles, database.users)]
    sets += [(schema.roles, schema.users) for schema in database.schemas if schema.roles]
    for roles, users in sets:
        for name in (*roles.groups, *(roles.users if users else ())):
            if len(name) > LONGEST_NAME:
                return f"its role {name} has more than {LONGEST_NAME} characters"
        if users and roles.prefix != roles.prefix.lower():
            return f"no Secret can be named after the users of {roles.prefix}: use lower case"
    return ""


def _prepared(name: str, database: PreparedDatabase) -> Prepared:
    schemas = database.schemas or {DEFAULT_SCHEMA: PreparedSchema()}
    return Prepared(
        name=name,
        roles=names.prepared_roles(name),
        users=database.default_users,
        schemas=tuple(_schema(name, schema, schemas[schema]) for schema in sorted(schemas)),
        extensions=tuple(sorted(database.extensions.items())),
        secret_namespace=database.secret_namespace or "",
    )


def _schema(database: str, name: str, schema: PreparedSchema) -> Schema:
    if schema.default_roles is False:
        return Schema(name, roles=None, users=False)
    return Schema(name, roles=names.prepared_roles(database, name), users=schema.default_users)


def roles_of(
    database: Prepared, *, cluster: Postgresql, configuration: Configuration
) -> Iterator[Role]:
    """All roles of one prepared database."""
    seed = _Seed(database, cluster, configuration)
    yield from seed.roles(
        database.roles, users=database.users, admin=ADMIN, search_path=database.search_path
    )
    for schema in database.schemas:
        if schema.roles is not None:
            yield from seed.roles(
                schema.roles,
                users=schema.users,
                admin=database.owner,
                search_path=f'"$user", {schema.name}',
            )


@dataclass(frozen=True)
class _Seed:
    database: Prepared
    cluster: Postgresql
    configuration: Configuration

    def roles(
        self, of: names.PreparedRoles, *, users: bool, admin: str, search_path: str
    ) -> Iterator[Role]:
        """Owner, reader and writer, each followed by its login role when there are users."""
        for group, user in zip(of.groups, of.users, strict=True):
            administered_by = admin if group == of.owner else of.owner
            reads = (of.reader,) if group == of.writer else ()
            yield self._role(group, reads, administered_by, search_path)
            if users:
                yield self._role(user, (group,), administered_by, search_path, login=True)

    def _role(
        self,
        name: str,
        member_of: tuple[str, ...],
        administered_by: str,
        search_path: str,
        *,
        login: bool = False,
    ) -> Role:
        return Role(
            name=name,
            origin=Origin.PREPARED,
            namespace=self.namespace,
            flags=(LOGIN,) if login else (NOLOGIN,),
            member_of=member_of,
            administered_by=administered_by,
            parameters={"search_path": search_path},
            secret=self._secret(name) if login else None,
        )

    @property
    def namespace(self) -> str:
        elsewhere = self.database.secret_namespace
        if elsewhere and self.configuration.enable_cross_namespace_secret:
            return elsewhere
        return self.cluster.metadata.namespace

    def _secret(self, name: str) -> SecretRef:
        secret = names.credentials_secret(
            name,
            cluster=self.cluster.metadata.name,
            namespace=self.cluster.metadata.namespace,
            template=self.configuration.secret_name_template,
        )
        return SecretRef(namespace=self.namespace, name=secret)
