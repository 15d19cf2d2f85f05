"""How changes are carried out on a server."""

import pytest
from psycopg import sql

from activities.postgres.changes import Change, announced, carry_out
from activities.postgres.connection import Server as Primary
from tests.unit.sql_server.server import HOST, SUPERUSER, SUPERUSER_PASSWORD, Server
from workflows.model.errors import Unavailable


@pytest.fixture
def primary(sql_server: Server) -> Primary:
    return Primary((HOST,), SUPERUSER, SUPERUSER_PASSWORD, sql_server.port)


def change(deed: str, *statements: str, subject: str = "thing") -> Change:
    return Change(subject, deed, tuple(sql.Composed([sql.SQL(text)]) for text in statements))


def nothing() -> None:
    """Nobody listens."""


def test_what_needs_a_later_change_is_tried_again_after_it(primary: Primary) -> None:
    changes = [
        change("given earthdistance", "CREATE EXTENSION earthdistance SCHEMA public"),
        change("given cube", "CREATE EXTENSION cube SCHEMA public"),
    ]

    with primary.connect() as connection:
        result = carry_out(connection, changes, nothing)
        connection.execute("DROP EXTENSION cube CASCADE")

    assert (result.changed, result.failed) == (["thing given cube, given earthdistance"], [])


def test_statements_of_one_change_succeed_or_fail_together(primary: Primary) -> None:
    broken = change("half made", "CREATE ROLE half", "GRANT nobody_here TO half")

    with primary.connect() as connection:
        result = carry_out(connection, [broken], nothing)
        found = connection.execute("SELECT FROM pg_roles WHERE rolname = 'half'").fetchall()

    assert result.failed == ['thing could not be half made: role "nobody_here" does not exist']
    assert found == []


def test_it_is_beaten_before_each_change(primary: Primary) -> None:
    beats: list[None] = []
    changes = [change("looked at", "SELECT 1"), change("looked at again", "SELECT 2")]

    with primary.connect() as connection:
        carry_out(connection, changes, lambda: beats.append(None))

    assert len(beats) == 2


def test_an_announcement_has_one_sentence_per_subject() -> None:
    changes = [
        change("created", "SELECT 1", subject="role a"),
        change("created", "SELECT 1", subject="role b"),
        change("made a member of b", "SELECT 1", subject="role a"),
    ]

    assert announced(changes) == [
        "role a is to be created, made a member of b",
        "role b is to be created",
    ]


def test_no_statement_shows_in_the_text_of_a_change() -> None:
    assert "hidden" not in repr(change("created", "SELECT 'hidden'"))


def test_a_statement_that_takes_too_long_fails_by_itself(primary: Primary) -> None:
    changes = [change("slow", "SELECT pg_sleep(60)"), change("quick", "SELECT 1")]

    with primary.connect() as connection:
        connection.execute("SET statement_timeout = '2s'")
        result = carry_out(connection, changes, nothing)

    assert result.changed == ["thing quick"]
    assert result.failed == [
        "thing could not be slow: canceling statement due to statement timeout"
    ]


def test_a_server_that_goes_away_ends_everything(primary: Primary, sql_server: Server) -> None:
    def cut() -> None:
        sql_server.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'postgres-operator'"
        )

    with (
        pytest.raises(Unavailable, match="the connection to the primary was lost"),
        primary.connect() as connection,
    ):
        carry_out(connection, [change("done", "SELECT 1")], cut)
