"""Connections to a cluster's primary, and what their errors mean.

The superuser connects with TLS to the pod that carries the primary's label. What is done then
leaves no secret in the server's log, depends on nobody's search_path, and does not wait for
synchronous replicas.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg import errors
from psycopg.rows import dict_row

from activities.kube import children
from activities.manifests.metadata import role_selector
from activities.vault import Object, ReadsObjects, Vault
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.children import Stage
from workflows.model.configuration import Configuration
from workflows.model.errors import Forbidden, LockedOut, MatriarchError, NotYet, Unavailable
from workflows.model.postgresql import Postgresql
from workflows.model.secrets import SecretRef
from workflows.tripwire import TRIPWIRE

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

APPLICATION: Final = "postgres-operator"
MAINTENANCE_DATABASE: Final = "postgres"
PORT: Final = 5432

# As options of the start-up packet they are in force before the first statement, and stronger
# than what ALTER ROLE or ALTER DATABASE have set.
_SETTINGS: Final[Mapping[str, str]] = {
    "search_path": "pg_catalog",
    "synchronous_commit": "local",
    "default_transaction_read_only": "off",
    "statement_timeout": "50s",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "60s",
    "log_statement": "none",
    "log_duration": "off",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_min_error_statement": "panic",
    "pgaudit.log": "none",
    "pg_stat_statements.track_utility": "off",
}
OPTIONS: Final = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())
# A server that vanished without a word is noticed within about ten seconds.
_TRANSPORT: Final[Mapping[str, Any]] = {
    "sslmode": "require",
    "sslcertmode": "disable",  # or else one in the home folder would be tried
    "gssencmode": "disable",
    "connect_timeout": 5,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "target_session_attrs": "primary",
}
_WRONG_PASSWORD: Final = "password authentication failed"
_REFUSALS: Final = ("authentication failed", "no pg_hba.conf entry", "permission denied")


@dataclass(frozen=True)
class Server:
    """A primary and the superuser's way in."""

    hosts: tuple[str, ...]
    user: str
    password: str = field(repr=False)
    port: int = PORT

    @contextmanager
    def connect(self, database: str = MAINTENANCE_DATABASE) -> Iterator[Connection]:
        """An open connection in autocommit mode. Raises only errors of `workflows.model.errors`:
        also what the body lets through of the database's errors is translated.
        """
        with self.open(database) as connection:
            try:
                yield connection
            except psycopg.Error as error:
                raise ours(error, connection) from None

    def open(self, database: str = MAINTENANCE_DATABASE) -> Connection:
        """The same to be closed by the caller, who translates errors with `ours`."""
        try:
            return psycopg.connect(
                host=",".join(self.hosts),
                port=self.port,
                user=self.user,
                password=self.password,
                dbname=database,
                application_name=APPLICATION,
                client_encoding="utf8",
                options=OPTIONS,
                autocommit=True,
                prepare_threshold=None,
                row_factory=dict_row,
                **_TRANSPORT,
            )
        except psycopg.OperationalError as error:
            raise _not_connected(error, database) from None


class Primaries:
    """Finds the primary of a cluster and the superuser's password."""

    def __init__(self, kube: ReadsObjects, vault: Vault, *, port: int = PORT) -> None:
        self._kube = kube
        self._vault = vault
        self._port = port

    def locate(
        self,
        *,
        cluster: Postgresql,
        configuration: Configuration,
        password: str | None = None,
        hosts: Sequence[str] = (),
    ) -> Server:
        """Read afresh what isn't given. `NotYet` when no pod is primary or there is no password."""
        found = tuple(hosts) or self._hosts(cluster, configuration)
        if not found:
            raise NotYet(f"no pod of {cluster.metadata.name} is labelled as the primary")
        if password is None:
            password = self._vault.read(_superuser_secret(cluster, configuration))
        return Server(found, configuration.super_username, password, self._port)

    def pods(self, cluster: Postgresql, configuration: Configuration) -> list[str]:
        """Names of the pods that are labelled as the primary."""
        return [pod["metadata"]["name"] for pod in self._labelled(cluster, configuration)]

    def _hosts(self, cluster: Postgresql, configuration: Configuration) -> tuple[str, ...]:
        return tuple(pod["status"]["podIP"] for pod in self._labelled(cluster, configuration))

    def _labelled(self, cluster: Postgresql, configuration: Configuration) -> list[Object]:
        """Usually one; two while a failover is going on, and then only one takes writes."""
        ref = ClusterRef(namespace=cluster.metadata.namespace, name=cluster.metadata.name)
        labels = role_selector(cluster, configuration, names.Role.MASTER)
        pods = self._kube.list("Pod", cluster.metadata.namespace, labels, fresh=True)
        return [
            pod
            for pod in pods
            if children.belongs(Stage.PODS, "Pod", pod, ref=ref, configuration=configuration)
            and pod.get("status", {}).get("podIP")
            and not pod["metadata"].get("deletionTimestamp")
        ]


def _superuser_secret(cluster: Postgresql, configuration: Configuration) -> SecretRef:
    name = names.credentials_secret(
        configuration.super_username,
        cluster=cluster.metadata.name,
        namespace=cluster.metadata.namespace,
        template=configuration.secret_name_template,
    )
    return SecretRef(namespace=cluster.metadata.namespace, name=name)


def reason(error: psycopg.Error) -> str:
    """Why the server refused, in its own words, without the statement it would quote."""
    text = error.diag.message_primary or " ".join(str(error).split())
    return TRIPWIRE.scrub(text)


def translated(error: psycopg.Error, connection: Connection) -> MatriarchError | None:
    """Our error when nothing else can be done on this connection; None when others may succeed."""
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return NotYet(f"the primary does not accept writes: {reason(error)}")
    if connection.closed or isinstance(error, errors.AdminShutdown | errors.CrashShutdown):
        return Unavailable(f"the connection to the primary was lost: {reason(error)}")
    return None


def ours(error: psycopg.Error, connection: Connection) -> MatriarchError:
    """The error of `workflows.model.errors` for whatever the database has answered."""
    fatal = translated(error, connection)
    if fatal is not None:
        return fatal
    if isinstance(error, errors.InsufficientPrivilege):
        return Forbidden(f"the primary refuses: {reason(error)}")
    return Unavailable(f"the primary answers: {reason(error)} ({error.sqlstate or 'no code'})")


def _not_connected(error: psycopg.OperationalError, database: str) -> MatriarchError:
    """libpq gives no error code for a failed connection, so its text has to do."""
    text = reason(error)
    if "hot standby" in text:
        return NotYet("the pod labelled as the primary is still in recovery")
    if _WRONG_PASSWORD in text:
        return LockedOut(f"database {database}: {text}")
    if any(refusal in text for refusal in _REFUSALS):
        return Forbidden(f"database {database}: {text}")
    return Unavailable(f"database {database}: {text}")
