"""The way to the primary, and what the session is like."""

import socket

import pytest

from activities.postgres.connection import Server as Primary
from tests.unit.sql_server.server import HOST, SUPERUSER, SUPERUSER_PASSWORD, Server
from tests.unit.sql_server.world import LABELS, World
from workflows.model.errors import Forbidden, NotYet, Unavailable


def primary(server: Server, *hosts: str, port: int | None = None) -> Primary:
    return Primary(hosts or (HOST,), SUPERUSER, SUPERUSER_PASSWORD, port or server.port)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("search_path", "pg_catalog"),
        ("synchronous_commit", "local"),
        ("log_statement", "none"),
        ("log_min_error_statement", "panic"),
        ("log_min_duration_statement", "-1"),
        ("application_name", "postgres-operator"),
        ("default_transaction_read_only", "off"),
        ("statement_timeout", "50s"),
    ],
)
def test_settings_hold_whatever_the_superuser_has_set_for_itself(
    sql_server: Server, setting: str, value: str
) -> None:
    overridden = {"search_path": "evil", "log_statement": "all", "synchronous_commit": "on"}
    for name, other in overridden.items():
        sql_server.sql(f"ALTER ROLE postgres SET {name} = '{other}'")
    try:
        with primary(sql_server).connect() as connection:
            row = connection.execute(f"SHOW {setting}".encode()).fetchone()
    finally:
        sql_server.sql("ALTER ROLE postgres RESET ALL")

    assert row == {setting: value}


def test_a_connection_is_encrypted(sql_server: Server) -> None:
    with primary(sql_server).connect() as connection:
        row = connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")

        assert row.fetchone() == {"ssl": True}


def test_a_closed_port_is_unavailable(sql_server: Server) -> None:
    with socket.socket() as unused:
        unused.bind((HOST, 0))
        nobody = primary(sql_server, port=unused.getsockname()[1])

        with pytest.raises(Unavailable, match="Connection refused"), nobody.connect():
            pass


def test_a_missing_database_is_named(sql_server: Server) -> None:
    with (
        pytest.raises(Unavailable, match='database "nowhere" does not exist'),
        primary(sql_server).connect("nowhere"),
    ):
        pass


def test_a_role_without_rights_is_told_so(sql_server: Server) -> None:
    sql_server.sql("CREATE ROLE weak LOGIN PASSWORD 'Weak-Password'")
    weak = Primary((HOST,), "weak", "Weak-Password", sql_server.port)

    with pytest.raises(Forbidden, match="permission denied to set parameter"), weak.connect():
        pass


def test_an_error_in_the_body_comes_out_as_ours(sql_server: Server) -> None:
    with (
        pytest.raises(Unavailable, match="division by zero \\(22012\\)"),
        primary(sql_server).connect() as connection,
    ):
        connection.execute("SELECT 1/0")


# --------------------------------------------------------------------------------- which pod


def test_the_pod_with_the_primarys_label_is_asked(sql_server: Server) -> None:
    world = World(sql_server)

    found = world.primaries.locate(cluster=world.cluster, configuration=world.configuration)

    assert (found.hosts, found.user, found.port) == ((HOST,), "postgres", sql_server.port)


@pytest.mark.parametrize("change", ["gone", "unlabelled", "deleted", "no address", "pooler"])
def test_other_pods_are_not(sql_server: Server, change: str) -> None:
    world = World(sql_server)
    pod = world.kube.stored.pop(("Pod", world.namespace, f"{world.name}-0"))
    meta = pod["metadata"]
    if change == "unlabelled":
        meta["labels"] = {**LABELS, "spilo-role": "replica"}
    elif change == "deleted":
        meta["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    elif change == "no address":
        pod["status"] = {}
    elif change == "pooler":
        meta["name"] = f"{world.name}-pooler-7d9f-x2x"
    if change != "gone":
        world.kube.put(pod)

    with pytest.raises(NotYet, match="no pod of acid-test is labelled as the primary"):
        world.primaries.locate(cluster=world.cluster, configuration=world.configuration)


def test_a_label_of_another_name_is_looked_for_when_so_configured(sql_server: Server) -> None:
    world = World(sql_server, options={"pod_role_label": "role-of-it"})

    with pytest.raises(NotYet):
        world.primaries.locate(cluster=world.cluster, configuration=world.configuration)
