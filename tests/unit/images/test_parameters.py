"""PostgreSQL's parameters."""

from pathlib import Path

import pytest

from deploy.images.database.appliance import parameters
from deploy.images.database.appliance.environment import Layout

GIB = 1024**3
LAYOUT = Layout.of({"PGROOT": "/data"})


def local(**environment: str) -> dict[str, object]:
    return parameters.local(
        environment, layout=LAYOUT, memory=GIB, kubernetes=True, archiver="/bin/true"
    )


@pytest.mark.parametrize(("kubernetes", "size"), [(True, "100MB"), (False, "125MB")])
def test_shared_buffers_are_a_share_of_the_memory(kubernetes: bool, size: str) -> None:
    assert parameters.shared_buffers(500 * 1024**2, kubernetes=kubernetes) == size


@pytest.mark.parametrize(
    ("memory", "connections"), [(GIB // 2, 100), (6 * GIB, 204), (100 * GIB, 1000)]
)
def test_connections_grow_with_memory_within_bounds(memory: int, connections: int) -> None:
    assert parameters.max_connections(memory) == connections


def test_libraries_that_are_not_installed_are_not_preloaded() -> None:
    present = {"pg_stat_statements", "pg_cron", "plpgsql"}
    assert parameters.preloaded(None, present=present) == "pg_stat_statements,pg_cron"


def test_the_users_list_is_final_but_for_what_is_missing(caplog: pytest.LogCaptureFixture) -> None:
    found = parameters.preloaded("bg_mon, auto_explain", present={"auto_explain", "pg_cron"})
    assert found == "auto_explain"
    assert "bg_mon" in caplog.text


def test_an_empty_list_of_the_user_stays_empty() -> None:
    assert parameters.preloaded("", present={"pg_cron"}) == ""


def test_the_monitor_is_loaded_when_asked_for() -> None:
    assert parameters.preloaded(None, present={"pg_mon"}, monitor=True) == "pg_mon"


def test_mounted_certificates_win_over_own_ones() -> None:
    found = local(SSL_CERTIFICATE_FILE="/tls/tls.crt", SSL_PRIVATE_KEY_FILE="/tls/tls.key")
    assert (found["ssl_cert_file"], found["ssl_key_file"]) == ("/tls/tls.crt", "/tls/tls.key")


def test_without_certificates_own_ones_are_used() -> None:
    assert local()["ssl_key_file"] == str(LAYOUT.certificates / "server.key")


def test_clients_are_checked_only_against_a_given_authority() -> None:
    assert "ssl_ca_file" not in local()
    assert local(SSL_CA_FILE="/tls/ca.crt")["ssl_ca_file"] == "/tls/ca.crt"


def test_logs_go_to_a_file_for_each_day_or_hour() -> None:
    assert local()["log_filename"] == "postgresql-%u.log"
    assert local(LOG_SHIP_HOURLY="true")["log_filename"] == "postgresql-%u-%H.log"


def test_sockets_lie_where_sidecars_look_for_them() -> None:
    assert local()["unix_socket_directories"] == str(Path("/run/postgresql"))
