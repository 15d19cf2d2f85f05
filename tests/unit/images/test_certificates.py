"""TLS files of the database image: found at the start, and read again when they change."""

import subprocess
from pathlib import Path

import pytest

from deploy.images.database.appliance import certificates
from deploy.images.database.appliance.environment import BadEnvironment, Layout

SCRIPT = Path(certificates.__file__).parents[1] / "scripts" / "test_reload_ssl.sh"
RELOADED = ["pg_ctl reload --silent --pgdata /data", "pkill -HUP -x patroni"]


class Container:
    """A folder with a mounted Secret, and programs that only write down how they were called."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.layout = Layout.of({"RW_DIR": str(home / "run")})
        self.layout.certificates.mkdir(parents=True)
        self.called = home / "called"
        self.called.touch()
        for program in ("pg_ctl", "pkill"):
            self.program(program, "exit 0")
        self.environment = {
            "PATH": f"{home}:/usr/bin:/bin",
            "RW_DIR": str(home / "run"),
            "PGDATA": "/data",
        }

    def program(self, name: str, end: str) -> None:
        file = self.home / name
        file.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.called}\n{end}\n')
        file.chmod(0o755)

    def mount(self, variable: str, text: str) -> None:
        file = self.home / variable.lower()
        file.write_text(text)
        self.environment[variable] = str(file)

    def note(self) -> None:
        certificates.note_mounted(self.environment, self.layout, str(SCRIPT))

    def look(self) -> list[str]:
        """One run of the job: what it has called, if it went well."""
        self.called.write_text("")
        done = subprocess.run([SCRIPT], env=self.environment, capture_output=True)
        return self.called.read_text().splitlines() if done.returncode == 0 else ["failed"]


@pytest.fixture
def container(tmp_path: Path) -> Container:
    container = Container(tmp_path)
    container.mount("SSL_CERTIFICATE_FILE", "certificate")
    container.mount("SSL_PRIVATE_KEY_FILE", "key")
    return container


def test_what_the_server_starts_with_is_not_read_again(container: Container) -> None:
    container.note()
    assert container.look() == []


@pytest.mark.parametrize(
    "variable",
    [
        "SSL_CERTIFICATE_FILE",
        "SSL_PRIVATE_KEY_FILE",
        "SSL_CA_FILE",
        "SSL_CRL_FILE",
        "SSL_RESTAPI_CERTIFICATE_FILE",
    ],
)
def test_a_file_that_changes_after_the_start_is_read_once(
    container: Container, variable: str
) -> None:
    container.mount(variable, "old")
    container.note()
    container.mount(variable, "renewed")
    assert container.look() == RELOADED
    assert container.look() == []


def test_a_reload_that_fails_is_tried_again(container: Container) -> None:
    container.note()
    container.mount("SSL_CERTIFICATE_FILE", "renewed")
    container.program("pg_ctl", "exit 1")
    assert container.look() == ["failed"]
    container.program("pg_ctl", "exit 0")
    assert container.look() == RELOADED


def test_a_container_that_starts_again_forgets_what_the_last_one_saw(container: Container) -> None:
    container.note()
    container.mount("SSL_CERTIFICATE_FILE", "renewed")
    container.note()
    assert container.look() == []


def test_a_missing_file_is_named(container: Container) -> None:
    container.environment["SSL_CA_FILE"] = "/tls/nothing"
    with pytest.raises(BadEnvironment, match="SSL_CA_FILE: /tls/nothing is not there"):
        container.note()


def test_without_mounted_files_there_is_nothing_to_note(tmp_path: Path) -> None:
    layout = Layout.of({"RW_DIR": str(tmp_path)})
    certificates.note_mounted({"SSL_CERTIFICATE": "text"}, layout, "/nowhere")
