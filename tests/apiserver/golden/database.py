"""A real PostgreSQL server behind a pretended cluster, for cases in which SQL is possible.

TLS, everybody trusted: what is captured are roles and databases, not passwords.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.apiserver.golden.fake_patroni import Cluster
from tests.unit.sql_server import programs

# What Spilo's post_init script makes.
_POST_INIT = """
create role admin createdb nologin;
create role zalandos nologin;
create role robot_zmon nologin
"""
_SETTINGS = {
    "unix_socket_directories": "",
    "ssl": "on",
    "fsync": "off",
    "wal_level": "logical",
    "max_connections": "50",
    "shared_buffers": "16MB",
}
_READY_SECONDS = 20
_UNPRIVILEGED = "nobody"
"""PostgreSQL refuses to run as root."""
MAJOR = "15"
"""The captures show schemas as they are owned since this major, and privileges as before 17."""


def fetch() -> None:
    """Let the server's programs be in the cache; to be called where there is a network."""
    programs.ensure(MAJOR)


class Databases:
    """One server per cluster, copied from one that was initialised once."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._programs = home / "programs" / "bin"
        self._servers: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        self._as_user = ["runuser", "-u", _UNPRIVILEGED, "--"] if os.getuid() == 0 else []

    def start(self, cluster: Cluster, prepared: Sequence[tuple[str, str]]) -> None:
        """`prepared` is run first: database and statement."""
        address = cluster.database
        assert address is not None
        data = self._data(cluster)
        shutil.rmtree(data, ignore_errors=True)
        data.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", self._template(), data], check=True)
        settings = {**_SETTINGS, "listen_addresses": address}
        words = [f"-c{name}={value}" for name, value in settings.items()]
        server = [*self._as_user, str(self._programs / "postgres"), "-D", str(data), *words]
        with data.with_suffix(".log").open("w") as log:
            self._servers[cluster.namespace, cluster.name] = subprocess.Popen(
                server, stdout=log, stderr=subprocess.STDOUT, cwd="/"
            )
        self._wait(cluster)
        self.sql(cluster, "postgres", _POST_INIT)
        if cluster.superuser != "postgres":
            self.sql(cluster, "postgres", f'create role "{cluster.superuser}" superuser login')
        for database, statement in prepared:
            self.sql(cluster, database, statement)

    def stop(self, cluster: Cluster) -> None:
        server = self._servers.pop((cluster.namespace, cluster.name), None)
        if server is None:
            return
        data = self._data(cluster)
        try:
            # the server itself: the child may be runuser
            os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGQUIT)
        except (OSError, ValueError, IndexError):
            server.terminate()
        server.wait()
        shutil.rmtree(data, ignore_errors=True)

    def sql(self, cluster: Cluster, database: str, statement: str) -> str:
        """What psql prints, without any decoration."""
        psql = [str(self._programs / "psql"), "-XAtq", "-h", cluster.database or ""]
        words = [*psql, "-U", "postgres", "-d", database, "-c", statement]
        run = subprocess.run(words, capture_output=True, text=True)
        return run.stdout.strip()

    def _wait(self, cluster: Cluster) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while self.sql(cluster, "postgres", "select 1") != "1":
            if time.monotonic() > deadline:
                raise TimeoutError(f"no PostgreSQL server at {cluster.database}")
            time.sleep(0.1)

    def _data(self, cluster: Cluster) -> Path:
        return self._home / "data" / f"{cluster.namespace}.{cluster.name}"

    def _template(self) -> Path:
        template = self._home / "template"
        if template.exists():
            return template
        # the cache may lie where only its owner may go
        shutil.copytree(programs.ensure(MAJOR).parent, self._programs.parent, symlinks=True)
        fresh = self._home / "fresh"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir()
        self._give(fresh)
        initdb = [str(self._programs / "initdb"), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        self._run([*self._as_user, *initdb, "-N", "-D", str(fresh)])
        key, certificate = fresh / "server.key", fresh / "server.crt"
        request = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "365", "-subj", "/CN=fake"]
        files = ["-keyout", str(key), "-out", str(certificate)]
        self._run(["openssl", "req", *request, *files])
        key.chmod(0o600)
        (fresh / "pg_hba.conf").write_text("local all all trust\nhost all all all trust\n")
        for file in (key, certificate):
            self._give(file)
        return fresh.rename(template)

    def _give(self, path: Path) -> None:
        if self._as_user:
            shutil.chown(path, _UNPRIVILEGED)

    @staticmethod
    def _run(words: Sequence[str]) -> None:
        subprocess.run(words, check=True, capture_output=True, cwd="/")
