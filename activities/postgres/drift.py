"""What the next sync would change in a cluster's database server: looks, touches nothing.

One connection, and one more for each prepared database, with five queries of a few rows each.
Where there is a connection pooler, also one with one query for each database.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from activities.postgres import databases, lookup, passwords, prepared, publications
from activities.postgres.changes import Change, announced
from activities.postgres.connection import Primaries, Server
from activities.postgres.left_out import CONCERN as PARAMETERS
from activities.postgres.left_out import left_out
from activities.postgres.lookup import Lookup
from activities.postgres.prepared_roles import Prepared, prepared_databases
from activities.postgres.role_plan import Planner
from activities.postgres.sources import ROLES, RoleSources
from activities.vault import ReadsObjects, Vault
from workflows.model.configuration import Configuration
from workflows.model.errors import (
    Conflict,
    Forbidden,
    LockedOut,
    MatriarchError,
    NotYet,
    Unavailable,
)
from workflows.model.postgresql import Postgresql

DATABASES = "Databases"


@dataclass(frozen=True)
class Outlook:
    """Sentences on what is to be done; with its concern, what can't be done whatever is tried."""

    pending: Sequence[str] = ()
    refused: Sequence[tuple[str, str]] = ()
    published: Sequence[str] = ()
    """Publications of event streams that are there."""


class SqlDrift:
    """Compares roles and databases with what resource and configuration ask for."""

    def __init__(
        self,
        *,
        vault: Vault,
        primaries: Primaries,
        sources: RoleSources,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._vault = vault
        self._now = now
        self._sources = sources
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
        self,
        *,
        cluster: Postgresql,
        configuration: Configuration,
        hosts: Sequence[str] = (),
        secrets: ReadsObjects | None = None,
    ) -> Outlook:
        """The same with what can't be done; `secrets` may have been read already."""
        vault = Vault(secrets) if secrets else self._vault
        try:
            return self._look(cluster, configuration, hosts, vault)
        except LockedOut:
            return Outlook(
                pending=[
                    f"role {configuration.super_username} is to be given the password of its "
                    "Secret, with which nobody can log in"
                ]
            )
        except (NotYet, Forbidden, Conflict) as error:
            raise Unavailable(str(error)) from None

    def _look(
        self, cluster: Postgresql, configuration: Configuration, hosts: Sequence[str], vault: Vault
    ) -> Outlook:
        wanted = self._sources.wanted(cluster, configuration)
        known = passwords.gather(
            wanted.roles, vault=vault, cluster=cluster, configuration=configuration
        )
        server = self._primaries.locate(
            cluster=cluster,
            configuration=configuration,
            password=known.known.get(configuration.super_username),
            hosts=hosts,
        )
        planner = Planner(
            wanted=wanted,
            known=known,
            cluster=cluster,
            configuration=configuration,
            now=self._now(),
        )
        target = databases.wanted_databases(cluster, wanted.roles)
        function = lookup.wanted(cluster, configuration)
        streamed = publications.wanted(cluster)
        with server.connect() as connection:
            existing = databases.read(connection)
            pooled = lookup.databases(connection) if function else []
            published = publications.to_look_into(connection, streamed)
            plan = planner.plan(connection)
            not_taken = left_out(connection, cluster)
        changes = [*plan.announced, *databases.plan(existing, target.owners)]
        inside = [
            _inside(server, database, exists=database.name in existing)
            for database in prepared_databases(cluster)
        ]
        if function:
            inside += [_lookup(server, database, function) for database in pooled]
        seen = [_published(server, database, streamed.get(database, {})) for database in published]
        inside += [(changes, told) for changes, told, _ in seen]
        return Outlook(
            published=[name for _, _, names in seen for name in names],
            pending=announced([*changes, *(change for found, _ in inside for change in found)]),
            refused=[
                *wanted.concerns,
                *((ROLES, sentence) for sentence in known.missing.values()),
                *((ROLES, sentence) for sentence in plan.refused),
                *((DATABASES, sentence) for sentence in target.refused),
                *((PARAMETERS, sentence) for sentence in not_taken),
                *((DATABASES, sentence) for _, told in inside for sentence in told),
            ],
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


def _lookup(server: Server, database: str, function: Lookup) -> tuple[list[Change], list[str]]:
    """Whether a database lacks the look-up function of the connection pooler."""
    try:
        with server.connect(database) as connection:
            return lookup.plan(connection, database, function), []
    except MatriarchError as error:
        return [], [f"{databases.subject(database)}: {error}"]


def _published(
    server: Server, database: str, wanted: Mapping[str, frozenset[publications.Table]]
) -> tuple[list[Change], list[str], list[str]]:
    """What publications a database lacks, what went wrong, and which it has."""
    try:
        with server.connect(database) as connection:
            existing = publications.read(connection)
    except MatriarchError as error:
        return [], [f"{databases.subject(database)}: {error}"], []
    return publications.plan(existing, wanted), [], sorted(existing.keys() & wanted.keys())
