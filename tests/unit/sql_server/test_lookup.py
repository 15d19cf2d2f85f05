"""The look-up function of the connection pooler, on a real server."""

from typing import Any

import psycopg
import pytest

from activities.postgres import lookup
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World
from workflows.model.orders import SqlResult

CALL = "SELECT uname, phash FROM {}.user_lookup('{}')"


def world_with_a_pooler(server: Server, **spec: Any) -> World:
    usual = {"users": {"foo": []}, "databases": {"db": "foo"}, "enableConnectionPooler": True}
    return World(server, spec={**usual, **spec})


def synced(world: World) -> SqlResult:
    assert world.steps.sync_roles(world.order).failed == []
    return world.steps.sync_databases(world.order)


def asked(
    world: World, role: str, *, user: str = "pooler", schema: str = "pooler", db: str = "db"
) -> tuple[Any, ...]:
    """What the function tells `user` of a role."""
    with world.server.connect(db, user=user, password=world.password_of(user)) as connection:
        row = connection.execute(CALL.format(schema, role).encode()).fetchone()
    assert row is not None
    return row["uname"], row["phash"]


def verifier(server: Server, role: str) -> str:
    (row,) = server.sql(f"SELECT rolpassword FROM pg_authid WHERE rolname = '{role}'")
    return str(row["rolpassword"])


def test_every_database_gets_it_and_the_pooler_may_call_it(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)

    result = synced(world)

    assert [told for told in result.changed if lookup.DEED in told] == [
        f"database db {lookup.DEED}",
        f"database postgres {lookup.DEED}",
    ]
    for database in ("db", "postgres"):
        assert asked(world, "foo", db=database) == ("foo", verifier(sql_server, "foo"))
    assert asked(world, "nobody") == (None, None)
    assert world.pending() == []
    assert synced(world) == SqlResult()


def test_nobody_else_may_call_it(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)

    with (
        sql_server.connect("db", user="foo", password=world.password_of("foo")) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(CALL.format("pooler", "postgres").encode())


def test_its_rights_are_those_of_the_original(sql_server: Server) -> None:
    synced(world_with_a_pooler(sql_server))

    (function,) = sql_server.sql(
        "SELECT oid::regprocedure::text AS name, prosecdef, proowner::regrole::text AS owner,"
        " proacl::text[] AS acl FROM pg_proc WHERE proname = 'user_lookup'",
        "db",
    )
    (schema,) = sql_server.sql(
        "SELECT nspacl::text[] AS acl FROM pg_namespace WHERE nspname = 'pooler'", "db"
    )

    assert function["name"] == "pooler.user_lookup(text)"
    assert (function["prosecdef"], function["owner"]) == (True, "postgres")
    assert sorted(function["acl"]) == ["pooler=X/postgres", "postgres=X/postgres"]
    assert sorted(schema["acl"]) == ["pooler=U/postgres", "postgres=UC/postgres"]


def test_names_are_quoted(sql_server: Server) -> None:
    section = {"schema": "My-Pool.er", "user": "pool-er"}
    world = world_with_a_pooler(sql_server, connectionPooler=section)

    assert synced(world).failed == []
    assert asked(world, "foo", user="pool-er", schema='"My-Pool.er"')[0] == "foo"
    assert world.pending() == []


def test_the_callers_search_path_leads_it_nowhere(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)
    sql_server.sql("GRANT CREATE ON DATABASE db TO pooler")

    with sql_server.connect(
        "db", user="pooler", password=world.password_of("pooler")
    ) as connection:
        connection.execute("CREATE SCHEMA trap")
        connection.execute(
            "CREATE FUNCTION trap.hijack(name, text) RETURNS boolean"
            " LANGUAGE plpgsql AS $$ BEGIN RAISE 'as %', current_user; END $$"
        )
        connection.execute(
            "CREATE OPERATOR trap.= (LEFTARG = name, RIGHTARG = text, FUNCTION = trap.hijack)"
        )
        connection.execute("SET search_path = trap, pg_catalog")
        row = connection.execute(CALL.format("pooler", "foo").encode()).fetchone()

    assert row is not None and row["uname"] == "foo"


def test_a_role_whose_time_is_over_has_no_password(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)
    sql_server.sql("ALTER ROLE foo VALID UNTIL '2020-01-01'")

    assert asked(world, "foo") == ("foo", None)


@pytest.mark.parametrize(
    "damage",
    [
        "DROP SCHEMA pooler CASCADE",
        "DROP FUNCTION pooler.user_lookup(text)",
        "GRANT EXECUTE ON FUNCTION pooler.user_lookup(text) TO PUBLIC",
        "REVOKE ALL ON FUNCTION pooler.user_lookup(text) FROM pooler",
        "REVOKE ALL ON SCHEMA pooler FROM pooler",
        "ALTER FUNCTION pooler.user_lookup(text) OWNER TO foo",
        "ALTER FUNCTION pooler.user_lookup(text) SECURITY INVOKER",
        "ALTER FUNCTION pooler.user_lookup(text) RESET ALL",
        "CREATE OR REPLACE FUNCTION pooler.user_lookup(IN i_username text, OUT uname text,"
        " OUT phash text) RETURNS record LANGUAGE plpgsql SECURITY DEFINER AS"
        " $$ BEGIN uname := 'other'; END $$",
    ],
)
def test_what_somebody_did_to_it_is_put_right(sql_server: Server, damage: str) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)
    sql_server.sql(damage, "db")

    assert world.pending() == [f"database db is to be {lookup.DEED}"]
    assert synced(world).changed == [f"database db {lookup.DEED}"]
    assert world.pending() == []
    assert asked(world, "foo")[0] == "foo"


def test_a_database_that_somebody_else_made_gets_it_too(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)
    sql_server.sql('CREATE DATABASE "By-Hand"')

    assert world.pending() == [f"database By-Hand is to be {lookup.DEED}"]
    assert synced(world).changed == [f"database By-Hand {lookup.DEED}"]
    assert world.pending() == []


def test_a_database_that_takes_no_connections_is_passed_over(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    sql_server.sql("CREATE DATABASE closed ALLOW_CONNECTIONS false")

    assert synced(world).failed == []
    assert world.pending() == []


def test_a_failing_database_is_named_and_does_not_stop_the_others(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    sql_server.sql("CREATE DATABASE broken")
    other = "CREATE FUNCTION pooler.user_lookup(who text) RETURNS text LANGUAGE sql AS 'SELECT $1'"
    sql_server.sql(f"CREATE SCHEMA pooler; {other}", "broken")

    result = synced(world)

    reason = "cannot change return type of existing function"
    assert result.failed == [f"database broken could not be {lookup.DEED}: {reason}"]
    assert world.pending() == [f"database broken is to be {lookup.DEED}"]
    assert asked(world, "foo")[0] == "foo"


@pytest.mark.parametrize(
    "spec",
    [
        {"enableConnectionPooler": False, "connectionPooler": {}},
        {"standby": {"standby_host": "elsewhere"}},
    ],
)
def test_without_a_pooler_and_on_a_standby_nothing_is_done(
    sql_server: Server, spec: dict[str, Any]
) -> None:
    world = world_with_a_pooler(sql_server, **spec)

    synced(world)

    assert world.pending() == []
    assert not sql_server.sql("SELECT FROM pg_namespace WHERE nspname = 'pooler'", "db")


def test_it_stays_when_the_pooler_is_switched_off(sql_server: Server) -> None:
    world = world_with_a_pooler(sql_server)
    synced(world)
    world.apply(enableConnectionPooler=False)

    assert synced(world) == SqlResult()
    assert asked(world, "foo")[0] == "foo"
