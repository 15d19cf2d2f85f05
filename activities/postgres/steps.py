"""The steps that change roles and databases."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from temporalio import activity

from activities.configuration import ConfigurationSource
from activities.kube.resource import Resources
from activities.postgres import databases, passwords, prepared
from activities.postgres.changes import carry_out
from activities.postgres.connection import Primaries, Server
from activities.postgres.drift import role_changes
from activities.postgres.prepared_roles import Prepared, prepared_databases
from activities.postgres.wanted import refused, wanted_roles
from activities.progress import beat
from activities.vault import Vault
from workflows import steps
from workflows.model.configuration import Configuration
from workflows.model.errors import MatriarchError
from workflows.model.operations import SqlOrder, SqlResult
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class PostgresSteps(steps.PostgresSteps):
    """SQL as the superuser on the primary."""

    resources: Resources
    configuration: ConfigurationSource
    vault: Vault
    primaries: Primaries

    @activity.defn(name="postgres.sync-roles")
    def sync_roles(self, order: SqlOrder) -> SqlResult:
        """A second run finds all roles as wanted and alters none: verifiers are compared."""
        cluster, configuration = self._target(order)
        wanted = wanted_roles(cluster=cluster, configuration=configuration)
        known = passwords.gather(
            wanted, vault=self.vault, cluster=cluster, configuration=configuration
        )
        server = self.primaries.locate(
            cluster=cluster,
            configuration=configuration,
            password=known.known.get(configuration.super_username),
        )
        with server.connect() as connection:
            changes = role_changes(connection, known.usable(wanted), known, cluster, configuration)
            result = carry_out(connection, changes, beating("roles"))
        impossible = refused(cluster=cluster, configuration=configuration)
        return _with_failures(result, [*impossible, *known.missing.values()])

    @activity.defn(name="postgres.sync-databases")
    def sync_databases(self, order: SqlOrder) -> SqlResult:
        """A second run finds every part in place, or makes what the first left out."""
        cluster, configuration = self._target(order)
        wanted = databases.wanted_databases(
            cluster, wanted_roles(cluster=cluster, configuration=configuration)
        )
        server = self.primaries.locate(cluster=cluster, configuration=configuration)
        with server.connect() as connection:
            changes = databases.plan(databases.read(connection), wanted.owners)
            result = carry_out(connection, changes, beating("databases"))
            existing = databases.read(connection)
        inside = [
            _prepare(server, database)
            for database in prepared_databases(cluster)
            if database.name in existing
        ]
        return _with_failures(_united([result, *inside]), wanted.refused)

    def _target(self, order: SqlOrder) -> tuple[Postgresql, Configuration]:
        cluster = self.resources.required(order.ref, uid=order.uid)
        return cluster, self.configuration.current()


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
