"""The supervised services of a database container."""

import subprocess
from pathlib import Path

import pytest

from deploy.images.database.appliance import callback, certificates, crontab, services, wake
from deploy.images.database.appliance.environment import Layout

LAYOUT = Layout.of({})


def scripts(*, jobs: bool = False, **environment: str) -> dict[str, str]:
    found = services.scripts(environment, layout=LAYOUT, as_user="as-user", jobs=jobs)
    return {str(file.relative_to(LAYOUT.services)): text for file, text in found.items()}


def test_patroni_is_always_supervised_and_others_on_demand() -> None:
    assert set(scripts()) == {"patroni/run", "patroni/finish"}
    assert "cron/run" in scripts(jobs=True)
    assert "pgbouncer/run" in scripts(PGBOUNCER_CONFIGURATION="[pgbouncer]")


def test_patroni_sees_the_pod_but_no_secrets() -> None:
    run = scripts(POD_IP="1.2.3.4", PGPASSWORD_SUPERUSER="secret", WAL_S3_BUCKET="b")["patroni/run"]
    assert "POD_IP=1.2.3.4" in run
    assert "secret" not in run and "WAL_S3_BUCKET" not in run


def test_values_are_quoted_for_the_shell() -> None:
    assert services.assignments({"A": "x y", "B": "it's"}) == "'A=x y' 'B=it'\"'\"'s'"


@pytest.fixture
def finish(tmp_path: Path) -> Path:
    (tmp_path / "supervise").mkdir()
    (tmp_path / "supervise" / "control").touch()
    layout = Layout.of({"RW_DIR": str(tmp_path)})
    texts = services.scripts({}, layout=layout, as_user="", jobs=False)
    script = tmp_path / "finish"
    script.write_text(texts[layout.services / "patroni" / "finish"])
    (tmp_path / "stopping").touch()  # an end in the middle of a stop waits for nothing
    return script


def ended(finish: Path, *, code: int, signal: int = 0, times: int = 1) -> str:
    for _ in range(times):
        subprocess.run(["sh", str(finish), str(code), str(signal)], cwd=finish.parent, check=True)
    return (finish.parent / "supervise" / "control").read_text()


@pytest.mark.parametrize("code", [0, 2])
def test_a_meant_end_is_for_good(finish: Path, code: int) -> None:
    assert ended(finish, code=code) == "d"


def test_a_killed_patroni_comes_back(finish: Path) -> None:
    assert ended(finish, code=-1, signal=9, times=10) == ""


def test_a_failing_patroni_comes_back_five_times(finish: Path) -> None:
    assert ended(finish, code=1, times=5) == ""
    assert ended(finish, code=1) == "d"


def test_mounted_certificates_are_looked_at_from_time_to_time() -> None:
    assert crontab.lines({"SSL_CERTIFICATE_FILE": "/tls/tls.crt"}) == [crontab.RELOAD]
    assert crontab.lines({}) == []


def test_the_users_jobs_come_last() -> None:
    assert crontab.lines({"CRONTAB": '["0 1 * * * /x"]'}) == ["0 1 * * * /x"]


@pytest.mark.parametrize("text", ["{", "0 1 * * * /x"])
def test_a_crontab_that_is_no_list_is_left_out(text: str) -> None:
    assert crontab.lines({"CRONTAB": text}) == []


def test_certificates_in_variables_become_files_unless_files_are_mounted() -> None:
    environment = {"SSL_CERTIFICATE": "c", "SSL_PRIVATE_KEY": "k", "SSL_CA": "a"}
    assert certificates.given(environment) == {
        "server.crt": "c",
        "server.key": "k",
        "ca.crt": "a",
    }
    assert not certificates.given({"SSL_CERTIFICATE": "c", "SSL_CERTIFICATE_FILE": "/f"})


def test_a_pair_is_made_only_where_none_is_given() -> None:
    assert certificates.needs_own({"SSL_CERTIFICATE": "c"})
    assert not certificates.needs_own({"SSL_CERTIFICATE": "c", "SSL_PRIVATE_KEY_FILE": "/k"})


@pytest.mark.parametrize(
    ("action", "role", "value"),
    [
        ("on_start", "replica", "replica"),
        ("on_role_change", "primary", "master"),
        ("on_role_change", "standby_leader", "master"),
        ("on_stop", "demoted", None),
    ],
)
def test_the_callback_calls_leaders_master(action: str, role: str, value: str | None) -> None:
    assert callback.label(action, role) == value


def test_the_leader_is_woken_by_a_change_that_is_none() -> None:
    request = wake.request("10.0.0.5", {"connect_address": "10.0.0.6:8008"})
    assert (request.get_method(), request.full_url) == ("PATCH", "http://10.0.0.5:8008/config")
    assert request.data == b'{"wake": null}'


def test_a_protected_leader_is_woken_with_the_own_password() -> None:
    restapi = {
        "connect_address": "[fd00::6]:8009",
        "certfile": "/x",
        "authentication": {"username": "u", "password": "p"},
    }
    request = wake.request("fd00::5", restapi)
    assert request.full_url == "https://[fd00::5]:8009/config"
    assert request.get_header("Authorization") == "Basic dTpw"
