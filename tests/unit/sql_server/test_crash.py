"""A sync that dies anywhere is completed by the next one."""

from collections.abc import Iterator

import pytest

from activities.postgres import steps
from activities.postgres.connection import Connection
from activities.postgres.role_plan import Planner, RolePlan
from tests.unit.sql_server import snapshot
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World
from workflows.model.errors import NotYet, Precondition, Unavailable
from workflows.model.orders import SqlOrder

ENOUGH = 500


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world(sql_server: Server) -> World:
    prepared = {"defaultUsers": True, "extensions": {"cube": "books"}, "schemas": {"books": {}}}
    return World(
        sql_server,
        spec={
            "users": {"foo": ["createdb"]},
            "databases": {"db": "foo"},
            "preparedDatabases": {"ledger": prepared},
        },
    )


def dying_after(monkeypatch: pytest.MonkeyPatch, changes: int) -> None:
    """Each sync from now on gets this far and no further."""

    def beats() -> Iterator[None]:
        for _ in range(changes):
            yield
        raise Killed

    def beating(what: str) -> object:
        steady = beats()
        return lambda: next(steady)

    monkeypatch.setattr(steps, "beating", beating)


def test_syncs_that_die_after_each_change_end_where_an_undisturbed_one_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths = 0
    with monkeypatch.context() as dying:
        dying_after(dying, 1)
        while world.pending() and deaths < ENOUGH:
            deaths += _dies(world)
    piecemeal = snapshot.taken(world.server)
    assert deaths > len(piecemeal["roles"])

    world.server.reset()
    world.steps.sync_roles(world.order)
    world.steps.sync_databases(world.order)

    assert snapshot.taken(world.server) == piecemeal


def _dies(world: World) -> bool:
    try:
        world.steps.sync_roles(world.order)
        world.steps.sync_databases(world.order)
    except Killed:
        return True
    return False


def test_a_lost_connection_is_told_as_such_and_made_up_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'"

    def cutting(what: str) -> object:
        return lambda: world.server.sql(ours.format("postgres-operator"))

    with monkeypatch.context() as cut:
        cut.setattr(steps, "beating", cutting)
        with pytest.raises(Unavailable, match="the connection to the primary was lost"):
            world.steps.sync_roles(world.order)

    assert world.steps.sync_roles(world.order).failed == []


def test_a_primary_that_takes_no_writes_is_awaited(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = Planner.plan

    def read_only(planner: Planner, connection: Connection) -> RolePlan:
        connection.execute("SET default_transaction_read_only = on")
        return planned(planner, connection)

    monkeypatch.setattr(Planner, "plan", read_only)

    with pytest.raises(NotYet, match="the primary does not accept writes"):
        world.steps.sync_roles(world.order)


def test_an_order_for_another_resource_of_that_name_is_refused(world: World) -> None:
    with pytest.raises(Precondition):
        world.steps.sync_roles(SqlOrder(ref=world.order.ref, uid="another"))
