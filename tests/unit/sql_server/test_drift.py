"""The look that tells what a sync would do."""

import pytest

from tests.unit.sql_server.server import HOST, Server
from tests.unit.sql_server.world import World
from workflows.model.errors import Unavailable


@pytest.fixture
def world(sql_server: Server) -> World:
    return World(
        sql_server,
        spec={
            "users": {"foo": []},
            "databases": {"db": "foo"},
            "preparedDatabases": {"ledger": {"schemas": {"books": {"defaultRoles": False}}}},
        },
    )


def test_nothing_is_pending_after_a_sync(world: World) -> None:
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)

    assert world.pending() == []
    assert world.refused() == []


def test_everything_is_pending_before_it_and_looking_changes_nothing(world: World) -> None:
    first = world.pending()

    assert first == [
        "database db is to be created for foo",
        "database ledger is to be created for ledger_owner",
        "role foo is to be created, put in the hands of admin",
        "role ledger_owner is to be created, given its search_path, put in the hands of admin",
        "role ledger_reader is to be created, given its search_path, put in the hands of "
        "ledger_owner",
        "role ledger_writer is to be created, given its search_path, made a member of "
        "ledger_reader, put in the hands of ledger_owner",
        "role standby is to be created",
    ]
    assert world.pending() == first


def test_each_edit_shows_as_what_it_means(world: World) -> None:
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)
    world.server.sql("DROP SCHEMA books", "ledger")
    world.passwords["foo"] = "Another-Password"
    world.apply(users={"foo": ["createdb"], "bar": []}, databases={"db": "bar"})

    assert world.pending() == [
        "database db is to be given to bar",
        "database ledger is to be given schema books, opened in schema books to "
        "ledger_reader, ledger_writer, given default privileges on what ledger_owner creates "
        "in schema books",
        "role bar is to be created, put in the hands of admin",
        "role foo is to be given CREATEDB, given the password of its Secret",
    ]


def test_what_can_not_be_done_is_refused_and_not_pending(world: World) -> None:
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)
    world.apply(databases={"db": "foo", "orphan": "nobody"}, users={"foo": [], "admin": []})

    assert world.pending() == []
    assert world.refused() == [
        "user admin of the manifest is not managed: the name is protected",
        "database orphan: its owner nobody is none of this cluster's roles; add it to `users`",
    ]


def test_parameters_that_nobody_has_taken_are_told_by_name(world: World) -> None:
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)
    world.server.sql("ALTER SYSTEM SET work_mem = '5MB'")
    asked = {"max_conections": "10", "Work_Mem": "5MB", "wal_keep_size": "x", "a.b": "c"}
    world.apply(postgresql={"version": "17", "parameters": asked})

    assert world.pending() == []
    assert world.refused() == [
        "max_conections: this Postgres has no such parameter",
        "wal_keep_size: Patroni has left it out, as its value can't be, or as it is not to be "
        "set here",
    ]


def test_it_is_cheap(world: World) -> None:
    world.apply(preparedDatabases=None)
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)
    world.kube.asked.clear()
    connections = "SELECT sessions FROM pg_stat_database WHERE datname = 'postgres'"
    (before,) = world.server.sql(connections)

    world.drift.pending(cluster=world.cluster, configuration=world.configuration, hosts=[HOST])

    (after,) = world.server.sql(connections)
    assert world.kube.asked == ["list Secret"]
    assert after["sessions"] - before["sessions"] <= 2  # the drift's, and that of the first count


@pytest.mark.parametrize("trouble", ["no primary", "no secret"])
def test_nobody_can_tell_without_a_way_in(world: World, trouble: str) -> None:
    if trouble == "no primary":
        del world.kube.stored["Pod", world.namespace, f"{world.name}-0"]
    else:
        name = "postgres.acid-test.credentials.postgresql.acid.zalan.do"
        del world.kube.stored["Secret", world.namespace, name]

    with pytest.raises(Unavailable):
        world.pending()
