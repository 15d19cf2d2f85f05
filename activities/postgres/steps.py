"""The steps that change roles and databases."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube.resource import Resources
from activities.kube.rotated import Rotated
from activities.postgres import databases, lookup, passwords, prepared, publications
from activities.postgres.changes import carry_out
from activities.postgres.connection import Primaries, Server
from activities.postgres.lookup import Lookup
from activities.postgres.prepared_roles import Prepared, prepared_databases
from activities.postgres.role_plan import Planner
from activities.postgres.role_sync import RoleSync
from activities.postgres.sources import RoleSources
from activities.postgres.way_in import WayIn
from activities.progress import beat
from activities.vault import Vault
from workflows import steps
from workflows.model.configuration import Configuration
from workflows.model.errors import LockedOut, MatriarchError
from workflows.model.orders import SqlOrder, SqlResult
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class PostgresSteps(steps.PostgresSteps):
    """SQL as the superuser on the primary."""

    resources: Resources
    configuration: ConfigurationSource
    vault: Vault
    primaries: Primaries
    sources: RoleSources
    rotated: Rotated
    way_in: WayIn
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    @activity.defn(name="postgres.sync-roles")
    def sync_roles(self, order: SqlOrder) -> SqlResult:
        """A second run finds all roles as wanted and alters none: verifiers are compared.

        A rotation that was interrupted is due as before, and is done again.
        """
        cluster, configuration = self._target(order)
        planner = self._planner(cluster, configuration)
        known, wanted = planner.known, planner.wanted
        password = known.known.get(configuration.super_username)
        server = self.primaries.locate(
            cluster=cluster, configuration=configuration, password=password
        )
        try:
            result = self._sync_roles(server, planner)
        except LockedOut:
            let_in = self._let_in(server, cluster, configuration)
            result = _united([let_in, self._sync_roles(server, planner)])
        impossible = [sentence for _, sentence in wanted.concerns]
        return _with_failures(result, [*impossible, *known.missing.values()])

    def _planner(self, cluster: Postgresql, configuration: Configuration) -> Planner:
        wanted = self.sources.wanted(cluster, configuration)
        known = passwords.gather(
            wanted.roles, vault=self.vault, cluster=cluster, configuration=configuration
        )
        return Planner(
            wanted=wanted,
            known=known,
            cluster=cluster,
            configuration=configuration,
            now=self.now(),
        )

    def _sync_roles(self, server: Server, planner: Planner) -> SqlResult:
        sync = RoleSync(planner=planner, rotated=self.rotated, beat=beating("roles"))
        with server.connect() as connection:
            return sync.run(connection)

    def _let_in(
        self, server: Server, cluster: Postgresql, configuration: Configuration
    ) -> SqlResult:
        """Its pods have an older password in their environment, too."""
        self.rotated.outdate_pods(cluster, configuration)
        done = self.way_in.give_password(
            server.user,
            server.password,
            namespace=cluster.metadata.namespace,
            pods=self.primaries.pods(cluster, configuration),
        )
        return SqlResult(changed=[done])

    @activity.defn(name="postgres.sync-databases")
    def sync_databases(self, order: SqlOrder) -> SqlResult:
        """A second run finds every part in place, or makes what the first left out."""
        cluster, configuration = self._target(order)
        roles = self.sources.wanted(cluster, configuration).roles
        wanted = databases.wanted_databases(cluster, roles)
        function = lookup.wanted(cluster, configuration)
        streamed = publications.wanted(cluster)
        server = self.primaries.locate(cluster=cluster, configuration=configuration)
        with server.connect() as connection:
            changes = databases.plan(databases.read(connection), wanted.owners)
            result = carry_out(connection, changes, beating("databases"))
            existing = databases.read(connection)
            pooled = lookup.databases(connection) if function else []
            published = publications.to_look_into(connection, streamed)
        inside = [
            _prepare(server, database)
            for database in prepared_databases(cluster)
            if database.name in existing
        ]
        if function:
            inside += [_install(server, database, function) for database in pooled]
        inside += [_publish(server, database, streamed.get(database, {})) for database in published]
        return _with_failures(_united([result, *inside]), wanted.refused)

    def _target(self, order: SqlOrder) -> tuple[Postgresql, Configuration]:
        cluster = self.resources.required(order.ref, uid=order.uid)
        return cluster, self.configuration.recent()


def _prepare(server: Server, database: Prepared) -> SqlResult:
    """What is inside one prepared database; its failures are its own."""
    try:
        with server.connect(database.name) as connection:
            content = prepared.read(connection, database)
            changes = prepared.plan(content, database)
            result = carry_out(connection, changes, beating(databases.subject(database.name)))
    except MatriarchError as error:
        return SqlResult(failed=[f"{databases.subject(database.name)}: {error}"])
    return _with_failures(result, prepared.refused(content, database))


def _install(server: Server, database: str, function: Lookup) -> SqlResult:
    """The look-up function of one database; its failures are its own."""
    try:
        with server.connect(database) as connection:
            changes = lookup.plan(connection, database, function)
            return carry_out(connection, changes, beating(databases.subject(database)))
    except MatriarchError as error:
        return SqlResult(failed=[f"{databases.subject(database)}: {error}"])


def _publish(
    server: Server, database: str, wanted: Mapping[str, frozenset[publications.Table]]
) -> SqlResult:
    """The publications of one database; its failures are its own."""
    try:
        with server.connect(database) as connection:
            changes = publications.plan(publications.read(connection), wanted)
            return carry_out(connection, changes, beating(databases.subject(database)))
    except MatriarchError as error:
        return SqlResult(failed=[f"{databases.subject(database)}: {error}"])


def _united(results: Iterable[SqlResult]) -> SqlResult:
    together = list(results)
    return SqlResult(
        changed=[sentence for result in together for sentence in result.changed],
        failed=[sentence for result in together for sentence in result.failed],
    )


def _with_failures(result: SqlResult, failed: Iterable[str]) -> SqlResult:
    return _united([result, SqlResult(failed=list(failed))])


def beating(what: str) -> Callable[[], None]:
    """Tells Temporal before each change that we are alive."""
    return lambda: beat(what)
