"""Publications of event streams, on a real server."""

from typing import Any

from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World
from workflows.model.orders import SqlResult

NAME = "fes_db_shop"


def stream(*tables: str, application: str = "shop") -> dict[str, Any]:
    events = {table: {"eventType": "e"} for table in tables}
    return {"applicationId": application, "database": "db", "tables": events}


def world_with_tables(server: Server, *streams: dict[str, Any]) -> World:
    world = World(server, spec={"users": {"foo": []}, "databases": {"db": "foo"}})
    synced(world)
    server.sql("CREATE SCHEMA data", database="db")
    for table in ("data.a", "data.b", "plain"):
        server.sql(f"CREATE TABLE {table} (id int)", database="db")
    world.apply(streams=list(streams))
    return world


def synced(world: World) -> SqlResult:
    assert world.steps.sync_roles(world.order).failed == []
    return world.steps.sync_databases(world.order)


def published(server: Server) -> dict[str, set[str]]:
    rows = server.sql("SELECT pubname, tablename FROM pg_publication_tables", database="db")
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["pubname"], set()).add(row["tablename"])
    return found


def seen(world: World) -> list[str]:
    outlook = world.drift.look(cluster=world.cluster, configuration=world.configuration)
    return [*outlook.published]


def test_a_publication_is_made_follows_the_streams_and_goes(sql_server: Server) -> None:
    world = world_with_tables(sql_server, stream("data.a", "plain"))
    assert (seen(world), f"publication {NAME} is to be created" in world.pending()) == ([], True)
    assert f"publication {NAME} created" in synced(world).changed
    assert published(sql_server) == {NAME: {"a", "plain"}}
    assert (seen(world), world.pending(), synced(world)) == ([NAME], [], SqlResult())

    world.apply(streams=[stream("data.b")])
    assert synced(world).changed == [f"publication {NAME} given its tables"]
    assert published(sql_server) == {NAME: {"b"}}

    world.apply(streams=[])
    assert synced(world).changed == [f"publication {NAME} dropped"]
    assert (published(sql_server), world.pending()) == ({}, [])


def test_only_insertions_and_updates_are_published(sql_server: Server) -> None:
    world = world_with_tables(sql_server, stream("plain"))
    synced(world)
    sql_server.sql(f"ALTER PUBLICATION {NAME} SET (publish = 'delete')", database="db")
    assert len(synced(world).changed) == 1
    (row,) = sql_server.sql("SELECT pubinsert, pubupdate, pubdelete FROM pg_publication", "db")
    assert tuple(row.values()) == (True, True, False)


def test_a_table_that_is_missing_is_told_and_stops_nothing_else(sql_server: Server) -> None:
    lost = stream("nowhere", application="lost")
    world = world_with_tables(sql_server, stream("plain"), lost)
    result = synced(world)
    assert published(sql_server).keys() == {NAME}
    (failure,) = result.failed
    assert failure.startswith("publication fes_db_lost could not be created")
    assert seen(world) == [NAME]


def test_publications_of_others_stay(sql_server: Server) -> None:
    world = world_with_tables(sql_server, stream("plain"))
    sql_server.sql("CREATE PUBLICATION feed FOR TABLE plain", database="db")
    synced(world)
    world.apply(streams=[])
    synced(world)
    assert published(sql_server).keys() == {"feed"}
