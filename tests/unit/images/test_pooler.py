"""The pooler's start script, with a stand-in for PgBouncer that writes down what happens to it."""

import configparser
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.field.waiting import until

SCRIPT = Path(__file__).parents[3] / "deploy" / "images" / "pooler" / "start.sh"
STAND_IN = f"""#!{sys.executable}
import os, signal, sys
from pathlib import Path

told = Path(os.environ["TOLD"])
def tell(number, frame):
    with told.open("a") as file:
        file.write(signal.Signals(number).name + "\\n")
    if number == signal.SIGINT:
        sys.exit(int(os.environ.get("EXIT_CODE", "0")))
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, tell)
told.write_text("started\\n")
while True:
    signal.pause()
"""
OPERATOR = {
    "PGHOST": "acid-shop",
    "PGPORT": "5432",
    "PGUSER": "pooler",
    "PGSCHEMA": "pooler",
    "PGPASSWORD": 'its "own"',
    "CONNECTION_POOLER_PORT": "5432",
    "CONNECTION_POOLER_MODE": "session",
    "CONNECTION_POOLER_DEFAULT_SIZE": "15",
    "CONNECTION_POOLER_MIN_SIZE": "7",
    "CONNECTION_POOLER_RESERVE_SIZE": "7",
    "CONNECTION_POOLER_MAX_CLIENT_CONN": "10000",
    "CONNECTION_POOLER_MAX_DB_CONN": "30",
}
TLS = {
    "CONNECTION_POOLER_CLIENT_TLS_CRT": "tls.crt",
    "CONNECTION_POOLER_CLIENT_TLS_KEY": "tls.key",
    "CONNECTION_POOLER_CLIENT_CA_FILE": "ca.crt",
}


class Pooler:
    """The script in a folder of its own; `start` returns once the stand-in runs."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.told = home / "told"
        program = home / "pgbouncer"
        program.write_text(STAND_IN)
        program.chmod(0o755)
        self.running: subprocess.Popen[bytes] | None = None

    def environment(self, **more: str) -> dict[str, str]:
        own = {
            "PATH": f"{self.home}:/usr/bin:/bin",
            "TOLD": str(self.told),
            "RW_DIR": str(self.home / "run"),
            "USERS_FILE": str(self.home / "userlist.txt"),
            "CHECK_SECONDS": "0.05",
            "DRAIN_SECONDS": "0.05",
        }
        return own | OPERATOR | more

    def start(self, **environment: str) -> "Pooler":
        # a test run in the background ignores SIGINT, which its children would inherit
        command = ["env", "--default-signal=HUP,INT,TERM", "sh", str(SCRIPT)]
        self.running = subprocess.Popen(command, env=self.environment(**environment))
        until("the start", lambda: self.signals is not None, within=20)
        return self

    @property
    def signals(self) -> list[str] | None:
        """What the stand-in got since its start."""
        text = self.told.read_text() if self.told.exists() else ""
        return text.split()[1:] if text else None

    @property
    def settings(self) -> dict[str, str]:
        parser = configparser.ConfigParser(delimiters="=", interpolation=None)
        parser.read(self.home / "run" / "pgbouncer.ini")
        return {**parser["databases"], **parser["pgbouncer"]}

    def stop(self) -> int:
        assert self.running is not None
        self.running.terminate()
        return self.running.wait(20)

    def files(self) -> dict[str, str]:
        """The TLS files of a mounted Secret, and the variables that name them."""
        for name in TLS.values():
            (self.home / name).write_text(name)
        return {variable: str(self.home / name) for variable, name in TLS.items()}


@pytest.fixture
def pooler(tmp_path: Path) -> Iterator[Pooler]:
    pooler = Pooler(tmp_path)
    yield pooler
    if pooler.running is not None:
        with suppress(ProcessLookupError):
            pooler.running.terminate()
        pooler.running.wait(20)


def test_the_operators_environment_becomes_the_configuration(pooler: Pooler) -> None:
    settings = pooler.start(INFRASTRUCTURE_ROLES="monitor,robot").settings
    expected = {
        "*": "host=acid-shop port=5432",
        "auth_type": "md5",
        "auth_dbname": "postgres",
        "auth_user": "pooler",
        "auth_query": 'SELECT uname, phash FROM "pooler".user_lookup($1)',
        "admin_users": "pooler",
        "stats_users": "monitor,robot",
        "client_tls_sslmode": "require",
        "server_tls_sslmode": "require",
        "pool_mode": "session",
        "default_pool_size": "15",
        "reserve_pool_size": "7",
        "max_client_conn": "10000",
        "max_db_connections": "30",
        "max_prepared_statements": "200",
        "idle_transaction_timeout": "600",
        "server_login_retry": "1",
        "ignore_startup_parameters": "extra_float_digits,options",
    }
    assert {name: settings.get(name) for name in expected} == expected
    assert {"min_pool_size", "client_tls_ca_file"}.isdisjoint(settings)


def test_no_share_of_the_connections_means_one_and_not_all(pooler: Pooler) -> None:
    shares = {"CONNECTION_POOLER_DEFAULT_SIZE": "0", "CONNECTION_POOLER_MAX_DB_CONN": "0"}
    settings = pooler.start(**shares).settings
    assert (settings["default_pool_size"], settings["max_db_connections"]) == ("1", "1")


def test_a_schema_of_any_name_is_quoted(pooler: Pooler) -> None:
    query = pooler.start(PGSCHEMA='My-"Schema').settings["auth_query"]
    assert 'FROM "My-""Schema".user_lookup' in query


def test_without_a_mounted_list_the_pooler_knows_its_own_user(pooler: Pooler) -> None:
    file = Path(pooler.start().settings["auth_file"])
    assert file.read_text() == '"pooler" "its ""own"""\n'
    assert file.stat().st_mode & 0o077 == 0


def test_the_mounted_list_of_users_is_read_where_it_lies(pooler: Pooler) -> None:
    users = pooler.home / "userlist.txt"
    users.write_text('"pooler" "x"\n')
    assert pooler.start().settings["auth_file"] == str(users)


def test_a_certificate_signed_by_itself_is_made_and_kept(pooler: Pooler) -> None:
    certificate = Path(pooler.start().settings["client_tls_cert_file"])
    key = Path(pooler.settings["client_tls_key_file"])
    made = certificate.read_text()
    assert "BEGIN CERTIFICATE" in made
    assert "PRIVATE KEY" in key.read_text()
    assert key.stat().st_mode & 0o077 == 0
    pooler.stop()
    pooler.told.unlink()
    assert Path(pooler.start().settings["client_tls_cert_file"]).read_text() == made


def test_mounted_certificates_are_used_where_they_lie(pooler: Pooler) -> None:
    files = pooler.files()
    settings = pooler.start(**files).settings
    names = ("client_tls_cert_file", "client_tls_key_file", "client_tls_ca_file")
    assert [settings[name] for name in names] == list(files.values())


def test_a_missing_certificate_is_named_and_ends_the_container(pooler: Pooler) -> None:
    files = pooler.files()
    (pooler.home / "tls.crt").unlink()
    done = subprocess.run(
        ["sh", str(SCRIPT)], env=pooler.environment(**files), capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "tls.crt: No such file" in done.stderr
    assert pooler.signals is None


@pytest.mark.parametrize("name", ["tls.crt", "tls.key", "ca.crt", "userlist.txt"])
def test_a_changed_file_is_read_again_once(pooler: Pooler, name: str) -> None:
    (pooler.home / "userlist.txt").write_text('"pooler" "x"\n')
    pooler.start(**pooler.files())
    renewed = pooler.home / "renewed"
    renewed.write_text("renewed")
    renewed.rename(pooler.home / name)
    until("the reload", lambda: pooler.signals == ["SIGHUP"], within=20)
    pooler.stop()
    assert pooler.signals == ["SIGHUP", "SIGINT"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_transactions_end(pooler: Pooler, number: signal.Signals) -> None:
    pooler.start()
    assert pooler.running is not None
    pooler.running.send_signal(number)
    assert pooler.running.wait(20) == 0
    assert pooler.signals == ["SIGINT"]


def test_the_container_ends_as_pgbouncer_did(pooler: Pooler) -> None:
    assert pooler.start(EXIT_CODE="3").stop() == 3
