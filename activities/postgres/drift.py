"""What the next sync would change in a cluster's database server: looks, touches nothing.

One connection, and one more for each prepared database, with four queries of a few rows each.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.postgres import databases, passwords, prepared, roles
from activities.postgres.changes import Change, announced
from activities.postgres.connection import Connection, Primaries, Server
from activities.postgres.prepared_roles import Prepared, prepared_databases
from activities.postgres.scram import Encryption
from activities.postgres.wanted import Role, refused, wanted_roles
from activities.vault import Vault
from workflows.model.configuration import Configuration
from workflows.model.errors import Conflict, Forbidden, MatriarchError, NotYet, Unavailable
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class Outlook:
    """Sentences on what is to be done, and on what can't be done whatever is tried."""

    pending: Sequence[str] = ()
    refused: Sequence[str] = ()


class SqlDrift:
    """Compares roles and databases with what resource and configuration ask for."""

    def __init__(self, *, vault: Vault, primaries: Primaries) -> None:
        self._vault = vault
        self._primaries = primaries

    def pending(
        self, *, cluster: Postgresql, configuration: Configuration, hosts: Sequence[str] = ()
    ) -> list[str]:
        """What would be changed now, a sentence per role and database.

        `hosts` are addresses of pods labelled as the primary, if they are known already. Raises
        Unavailable when nobody could tell.
        """
        return list(self.look(cluster=cluster, configuration=configuration, hosts=hosts).pending)

    def look(
        self, *, cluster: Postgresql, configuration: Configuration, hosts: Sequence[str] = ()
    ) -> Outlook:
        """The same with what can't be done."""
        try:
            return self._look(cluster, configuration, hosts)
        except (NotYet, Forbidden, Conflict) as error:
            raise Unavailable(str(error)) from None

    def _look(
        self, cluster: Postgresql, configuration: Configuration, hosts: Sequence[str]
    ) -> Outlook:
        wanted = wanted_roles(cluster=cluster, configuration=configuration)
        known = passwords.gather(
            wanted, vault=self._vault, cluster=cluster, configuration=configuration
        )
        server = self._primaries.locate(
            cluster=cluster,
            configuration=configuration,
            password=known.known.get(configuration.super_username),
            hosts=hosts,
        )
        target = databases.wanted_databases(cluster, wanted)
        with server.connect() as connection:
            existing = databases.read(connection)
            changes = role_changes(connection, known.usable(wanted), known, cluster, configuration)
        changes += databases.plan(existing, target.owners)
        inside = [
            _inside(server, database, exists=database.name in existing)
            for database in prepared_databases(cluster)
        ]
        return Outlook(
            pending=announced([*changes, *(change for found, _ in inside for change in found)]),
            refused=[
                *refused(cluster=cluster, configuration=configuration),
                *known.missing.values(),
                *target.refused,
                *(sentence for _, sentences in inside for sentence in sentences),
            ],
        )


def role_changes(
    connection: Connection,
    wanted: Sequence[Role],
    known: passwords.Passwords,
    cluster: Postgresql,
    configuration: Configuration,
) -> list[Change]:
    """What the server's roles lack."""
    return roles.plan(
        roles.read(connection, wanted),
        wanted,
        passwords=known.known,
        encryption=Encryption.of(cluster.spec.postgresql.parameters.get("password_encryption")),
        owner_roles=configuration.additional_owner_roles,
    )


def _inside(server: Server, database: Prepared, *, exists: bool) -> tuple[list[Change], list[str]]:
    """Changes within one prepared database; nothing is known of one that doesn't exist yet."""
    if not exists:
        return [], []
    try:
        with server.connect(database.name) as connection:
            content = prepared.read(connection, database)
    except MatriarchError as error:
        return [], [f"{databases.subject(database.name)}: {error}"]
    return prepared.plan(content, database), prepared.refused(content, database)
