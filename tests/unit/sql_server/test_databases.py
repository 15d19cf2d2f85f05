"""Databases on a real server, and what is inside prepared ones."""

from typing import Any

import pytest

from tests.unit.sql_server import snapshot
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World
from workflows.model.orders import SqlResult

LEDGER: dict[str, Any] = {
    "defaultUsers": True,
    "extensions": {"pgcrypto": "books"},
    "schemas": {"books": {}, "misc": {"defaultRoles": False}},
}


def synced(world: World) -> SqlResult:
    assert world.steps.sync_roles(world.order).failed == []
    return world.steps.sync_databases(world.order)


def owners(server: Server) -> dict[str, str]:
    query = "SELECT datname, datdba::regrole::text AS owner FROM pg_database"
    return {row["datname"]: row["owner"] for row in server.sql(query)}


def test_a_database_is_created_for_its_owner(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": []}, "databases": {"db": "foo"}})

    assert synced(world) == SqlResult(changed=["database db created for foo"])
    assert owners(sql_server)["db"] == "foo"
    assert synced(world) == SqlResult()


def test_a_new_owner_is_given_the_database(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": [], "bar": []}, "databases": {"db": "foo"}})
    synced(world)
    world.apply(databases={"db": "bar"})

    assert synced(world).changed == ["database db given to bar"]
    assert owners(sql_server)["db"] == "bar"


def test_a_removed_database_stays(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": []}, "databases": {"db": "foo"}})
    synced(world)
    world.apply(databases={})

    assert synced(world) == SqlResult()
    assert "db" in owners(sql_server)


@pytest.mark.parametrize(
    ("databases", "refusal"),
    [
        (
            {"db": "nobody"},
            "database db: its owner nobody is none of this cluster's roles; add it to `users`",
        ),
        (
            {"db": "postgres"},
            "database db: its owner postgres is none of this cluster's roles; add it to `users`",
        ),
        (
            {"1st": "foo"},
            "database 1st: its name is not made of letters, digits and _, or begins with a digit",
        ),
        (
            {"ledger": "foo"},
            "database ledger: its owner is ledger_owner, because it is also a prepared database",
        ),
    ],
)
def test_an_entry_that_cannot_be_followed_is_named_and_stops_no_other(
    sql_server: Server, databases: dict[str, str], refusal: str
) -> None:
    world = World(
        sql_server,
        spec={
            "users": {"foo": []},
            "databases": {**databases, "good": "foo"},
            "preparedDatabases": {"ledger": {}},
        },
    )

    result = synced(world)

    assert result.failed == [refusal]
    assert owners(sql_server)["good"] == "foo"
    assert world.refused() == [refusal]


def test_a_failing_database_does_not_stop_the_others(sql_server: Server) -> None:
    world = World(sql_server, spec={"users": {"foo": [], "bar": []}})
    synced(world)
    sql_server.sql("DROP ROLE foo")
    world.apply(databases={"a": "foo", "b": "bar"})

    result = world.steps.sync_databases(world.order)

    assert result == SqlResult(
        changed=["database b created for bar"],
        failed=['database a could not be created for foo: role "foo" does not exist'],
    )
    assert synced(world).changed == ["database a created for foo"]


# ------------------------------------------------------------------------------------ prepared


def test_what_somebody_took_from_a_prepared_database_is_given_back(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"ledger": LEDGER}})
    synced(world)
    whole = snapshot.database(sql_server, "ledger")
    for damage in (
        "DROP EXTENSION pgcrypto",
        "DROP SCHEMA misc CASCADE",
        "REVOKE ALL ON SCHEMA books FROM ledger_reader",
        "ALTER DEFAULT PRIVILEGES FOR ROLE ledger_owner REVOKE SELECT ON TABLES FROM ledger_reader",
        "ALTER DEFAULT PRIVILEGES FOR ROLE ledger_books_owner IN SCHEMA books"
        " REVOKE ALL ON SEQUENCES FROM ledger_writer",
    ):
        sql_server.sql(damage, "ledger")
    assert snapshot.database(sql_server, "ledger") != whole

    (pending,) = world.pending()
    result = synced(world)

    assert pending == "database ledger is to be " + result.changed[0].removeprefix(
        "database ledger "
    )
    assert snapshot.database(sql_server, "ledger") == whole
    assert world.pending() == []


def test_reader_and_writer_can_do_what_their_names_say(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"ledger": LEDGER}})
    synced(world)

    def run(user: str, query: str) -> list[dict[str, Any]]:
        with sql_server.connect(
            "ledger", user=user, password=world.password_of(user)
        ) as connection:
            done = connection.execute(query.encode())
            return done.fetchall() if done.description else []

    run("ledger_owner_user", "CREATE TABLE books.entry (id serial, amount int)")
    run("ledger_writer_user", "INSERT INTO books.entry (amount) VALUES (7)")
    assert run("ledger_reader_user", "SELECT amount FROM entry") == [{"amount": 7}]
    with pytest.raises(Exception, match="permission denied for table entry"):
        run("ledger_reader_user", "DELETE FROM entry")
    with pytest.raises(Exception, match="must be owner of table entry"):
        run("ledger_writer_user", "DROP TABLE entry")


def test_an_extension_moves_to_the_schema_it_is_wanted_in(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"ledger": LEDGER}})
    synced(world)
    world.apply(preparedDatabases={"ledger": {**LEDGER, "extensions": {"pgcrypto": "misc"}}})

    assert synced(world).changed == ["database ledger given extension pgcrypto in schema misc"]
    extensions = snapshot.database(sql_server, "ledger")["extensions"]
    assert {"name": "pgcrypto", "schema": "misc"} in extensions


def test_an_extension_that_fails_leaves_the_rest_alone(sql_server: Server) -> None:
    extensions = {"no_such_thing": "books", "pgcrypto": "nowhere", "cube": "books"}
    prepared = {"ledger": {**LEDGER, "extensions": extensions}, "other": {}}
    world = World(sql_server, spec={"preparedDatabases": prepared})

    result = synced(world)

    assert result.failed == [
        "database ledger could not be given extension pgcrypto in schema nowhere: "
        'schema "nowhere" does not exist',
        "database ledger: extension no_such_thing is not available on this server",
    ]
    assert owners(sql_server)["other"] == "other_owner"
    assert world.pending() == [
        "database ledger is to be given extension pgcrypto in schema nowhere"
    ]
    assert world.refused() == [
        "database ledger: extension no_such_thing is not available on this server"
    ]


def test_a_database_that_refuses_connections_fails_alone(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"closed": {}, "open": {}}})
    synced(world)
    sql_server.sql("ALTER DATABASE closed ALLOW_CONNECTIONS false")
    sql_server.sql("DROP SCHEMA data CASCADE", "open")

    result = synced(world)

    assert len(result.failed) == 1
    assert "not currently accepting connections" in result.failed[0]
    assert result.failed[0].startswith("database closed: ")
    assert "data" in [schema["name"] for schema in snapshot.database(sql_server, "open")["schemas"]]


def test_a_prepared_database_that_cannot_be_is_named(sql_server: Server) -> None:
    world = World(sql_server, spec={"preparedDatabases": {"with-dash": {}, "fine": {}}})

    result = synced(world)

    assert result.failed == [
        "prepared database with-dash is left out: with-dash is not a name of letters, digits "
        "and _, not beginning with a digit"
    ]
    assert "fine" in owners(sql_server)
