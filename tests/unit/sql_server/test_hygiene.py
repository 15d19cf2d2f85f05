"""No secret is left in the server's log, in results, in errors or in histories."""

import pytest

from tests.unit.sql_server.server import SUPERUSER_PASSWORD, Server
from tests.unit.sql_server.world import World
from workflows.model.errors import Forbidden
from workflows.tripwire import TRIPWIRE

OLD, NEW = "Password-Before-The-Change", "Password-After-The-Change"


@pytest.fixture
def world(sql_server: Server) -> World:
    """One role can't be created, so that statements fail which hold a verifier."""
    return World(
        sql_server,
        spec={
            "users": {"foo": [], "pg_evil": []},
            "databases": {"db": "foo"},
            "preparedDatabases": {"ledger": {"defaultUsers": True}},
        },
        passwords={"foo": OLD, "pg_evil": "Password-Of-Nobody"},
    )


def test_the_servers_log_holds_neither_passwords_nor_verifiers(world: World) -> None:
    results = [world.steps.sync_roles(world.order), world.steps.sync_databases(world.order)]
    world.passwords["foo"] = NEW
    world.apply()
    results.append(world.steps.sync_roles(world.order))

    log = world.server.log.read_text()
    roles = ("foo", "pg_evil", "standby", "postgres", "ledger_owner_user", "ledger_reader_user")
    assert "application_name=postgres-operator" in log
    assert [role for role in roles if world.password_of(role) in log] == []
    assert OLD not in log
    assert "SCRAM-SHA-256$" not in log
    for result in results:
        said = result.model_dump_json()
        assert not TRIPWIRE.trips(said)
        assert "SCRAM" not in said


def test_the_log_would_have_shown_a_statement_of_anybody_else(world: World) -> None:
    world.server.sql("SELECT 'somebody else'")

    assert "somebody else" in world.server.log.read_text()


def test_every_password_that_was_read_is_known_to_the_tripwire(world: World) -> None:
    world.steps.sync_roles(world.order)

    assert TRIPWIRE.trips(f"x{OLD}x")
    assert TRIPWIRE.trips(SUPERUSER_PASSWORD)


def test_a_wrong_password_is_refused_without_being_shown(world: World) -> None:
    world.passwords["postgres"] = "Wrong-For-The-Superuser"
    world.apply()

    with pytest.raises(Forbidden, match="password authentication failed") as caught:
        world.steps.sync_databases(world.order)

    assert "Wrong-For-The-Superuser" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_the_way_in_hides_its_password(world: World) -> None:
    server = world.primaries.locate(cluster=world.cluster, configuration=world.configuration)

    assert server.password == SUPERUSER_PASSWORD
    assert SUPERUSER_PASSWORD not in repr(server)
