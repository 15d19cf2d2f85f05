"""What a primary tells of its replicas, and how a base backup is hastened."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from activities.postgres.connection import Server as Primary
from activities.postgres.replication import BaseBackup, Observer, Replication
from tests.unit.sql_server.server import HOST, SUPERUSER, SUPERUSER_PASSWORD, Server
from workflows.model.errors import Unavailable

SECONDS = 60.0


@pytest.fixture
def observer(sql_server: Server) -> Iterator[Observer]:
    primary = Primary((HOST,), SUPERUSER, SUPERUSER_PASSWORD, sql_server.port)
    with closing(Observer(lambda: primary)) as observer:
        yield observer


def test_replicas_that_stream_are_known_by_name(sql_server: Server, observer: Observer) -> None:
    assert observer.look() == Replication()

    with sql_server.streaming_as("acid-test-1"):
        assert observer.look().streaming == {"acid-test-1"}


def test_a_base_backup_does_not_wait_for_a_spread_checkpoint(
    sql_server: Server, observer: Observer
) -> None:
    """Checkpoints are an hour apart here, and a spread one takes nearly as long."""
    sql_server.sql("CREATE TABLE heap AS SELECT generate_series(1, 50000)")
    seen: list[BaseBackup] = []

    with sql_server.base_backup() as backup:
        deadline = time.monotonic() + SECONDS
        while backup.poll() is None and time.monotonic() < deadline:
            seen += observer.look().backups

    sql_server.sql("DROP TABLE heap")
    assert backup.returncode == 0
    assert {one.address for one in seen} == {HOST}
    assert sql_server.log.read_text().count("checkpoint starting: immediate") == 1


def test_a_lost_connection_is_opened_anew(sql_server: Server, observer: Observer) -> None:
    observer.look()
    sql_server.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE application_name = 'postgres-operator'"
    )

    with pytest.raises(Unavailable):
        observer.look()

    assert observer.look() == Replication()
