"""A real PostgreSQL server on the loopback interface, run by an unprivileged user."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from tests.apiserver.processes import Died, Process
from tests.unit.sql_server import programs
from workflows.model.errors import Precondition

HOST = "127.0.0.1"
SUPERUSER = "postgres"
SUPERUSER_PASSWORD = "Superuser-of-the-Test-Server"
# the roles that a database image makes by itself
IMAGE_ROLES = ("admin CREATEDB", "robot_zmon", "zalandos")
_KEPT_DATABASES = ("postgres", "template0", "template1")
# It writes down all it can, so that a password in the log would be seen.
_SETTINGS = {
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "30",
    "ssl": "on",
    "log_statement": "all",
    "log_duration": "on",
    "log_min_duration_statement": "0",
    "log_min_error_statement": "debug5",
    "log_connections": "on",
    "log_checkpoints": "on",
    "wal_level": "replica",
    "max_wal_senders": "5",
    "checkpoint_timeout": "1h",
}
_HBA = """
local   all         all                 trust
hostssl all         all   127.0.0.1/32  scram-sha-256
host    replication all   127.0.0.1/32  scram-sha-256
"""


class Server:
    """One server of one major version; start it, and `reset` it between tests."""

    def __init__(self, major: str) -> None:
        self.major = int(major)
        self._user = _unprivileged()
        self._home = Path(tempfile.mkdtemp(prefix=f"postgres-{major}-"))
        self._programs = self._home / "programs" / "bin"
        self.port = _free_port()
        self.log = self._home / "server.log"
        self._process: Process | None = None

    def start(self) -> None:
        self.log.touch()
        shutil.chown(self._home, self._user)
        # the cache may lie where only its owner may go
        cached = programs.ensure(str(self.major)).parent
        shutil.copytree(cached, self._programs.parent, symlinks=True)
        password = self._home / "password"
        password.write_text(SUPERUSER_PASSWORD)
        password.chmod(0o644)
        self._run("initdb", "--username", SUPERUSER, "--pwfile", password, "--no-sync",
                  "--auth", "trust", "--encoding", "UTF8", "--locale", "C", self.data)  # fmt: skip
        self._certificate()
        (self.data / "pg_hba.conf").write_text(_HBA)
        options = [word for key, value in _SETTINGS.items() for word in ("-c", f"{key}={value}")]
        place = ["-k", str(self._home), "-h", HOST, "-p", str(self.port)]
        program = ["setpriv", "--pdeathsig", "KILL", str(self._programs / "postgres")]
        words = [*self._as_user(), *program, "-D", str(self.data), *place, *options]
        self._process = Process(f"postgres {self.major}", words, log=self.log)
        self._process.until(self._answers, seconds=30)
        for role in IMAGE_ROLES:
            self.sql(f"CREATE ROLE {role}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self._home)

    @property
    def data(self) -> Path:
        return self._home / "data"

    def connect(
        self, database: str = "postgres", *, user: str = SUPERUSER, password: str = ""
    ) -> psycopg.Connection[dict[str, Any]]:
        """With a password over TLS as applications do, without one through the socket."""
        host = HOST if password else str(self._home)
        return psycopg.connect(
            host=host,
            port=self.port,
            user=user,
            password=password,
            dbname=database,
            sslmode="require" if password else "disable",
            connect_timeout=5,
            autocommit=True,
            row_factory=dict_row,
        )

    def sql(self, query: str, database: str = "postgres") -> list[dict[str, Any]]:
        """Run any statement as the superuser; its rows, if it has any."""
        with self.connect(database) as connection:
            done = connection.execute(query.encode())
            return done.fetchall() if done.description else []

    def run(self, command: Sequence[str], given: str) -> str:
        """A command as it is run inside the database's container, with the server's programs."""
        place = {"PATH": f"{self._programs}:{os.environ['PATH']}", "PGHOST": str(self._home)}
        done = subprocess.run(
            command,
            input=given,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=place | {"PGPORT": str(self.port)},
        )
        if done.returncode != 0:
            raise Precondition(f"{command}: {done.stdout}")
        return done.stdout

    def reset(self) -> None:
        """Drop what a test has made. The log begins anew."""
        identifier = sql.Identifier
        with self.connect() as connection:
            run = connection.execute
            for row in run("SELECT datname FROM pg_database").fetchall():
                if row["datname"] not in _KEPT_DATABASES:
                    run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier(row["datname"])))
            run("ALTER DATABASE postgres OWNER TO postgres")
            kept = [SUPERUSER, *(role.split()[0] for role in IMAGE_ROLES)]
            roles = run("SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'").fetchall()
            for name in {row["rolname"] for row in roles} - set(kept):
                run(sql.SQL("DROP OWNED BY {}").format(identifier(name)))
                run(sql.SQL("DROP ROLE {}").format(identifier(name)))
            run(sql.SQL("ALTER ROLE postgres PASSWORD {}").format(SUPERUSER_PASSWORD))
        os.truncate(self.log, 0)

    @contextmanager
    def streaming_as(self, name: str) -> Iterator[None]:
        """Somebody receives the WAL under this name, as a replica does."""
        place = Path(tempfile.mkdtemp(dir=self._home))
        shutil.chown(place, self._user)
        words = ["pg_receivewal", "-D", str(place), "--no-loop", "-d"]
        with self._client(*words, f"{self._replication} application_name={name}"):
            query = f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}'"
            _until(lambda: bool(self.sql(f"{query} AND state = 'streaming'")))
            yield

    @contextmanager
    def base_backup(self) -> Iterator[subprocess.Popen[bytes]]:
        """Somebody takes a base backup, in no hurry."""
        place = tempfile.mkdtemp(dir=self._home)
        shutil.chown(place, self._user)
        words = ["pg_basebackup", "-D", place, "--checkpoint=spread", "--no-sync", "-P", "-d"]
        with self._client(*words, self._replication) as running:
            yield running

    @property
    def _replication(self) -> str:
        way = f"host={HOST} port={self.port} user={SUPERUSER} password={SUPERUSER_PASSWORD}"
        return f"{way} sslmode=require"

    @contextmanager
    def _client(self, program: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
        command = [*self._as_user(), str(self._programs / program), *words]
        with (self._home / "client.log").open("w") as log:
            home = {**os.environ, "HOME": str(self._home)}
            running = subprocess.Popen(command, stdout=log, stderr=log, env=home)
        try:
            yield running
        finally:
            running.kill()
            running.wait()

    def _answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _certificate(self) -> None:
        key, certificate = self.data / "server.key", self.data / "server.crt"
        self._checked(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                       "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test",
                       "-keyout", str(key), "-out", str(certificate)])  # fmt: skip
        for file in (key, certificate):
            shutil.chown(file, self._user)
            file.chmod(0o600)

    def _run(self, program: str, *words: str | Path) -> None:
        self._checked([*self._as_user(), str(self._programs / program), *map(str, words)])

    def _checked(self, words: list[str]) -> None:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Died(f"{words}: {done.stdout[-1500:]}")

    def _as_user(self) -> list[str]:
        if os.geteuid() != 0:
            return []
        user = pwd.getpwnam(self._user)
        ids = ["--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups"]
        return ["setpriv", *ids]


def _until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise Died(f"nothing came of it within {seconds:.0f} s")
        time.sleep(0.05)


def _unprivileged() -> str:
    """PostgreSQL refuses to run as root."""
    return "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
