"""People come and go on a real server, told from the server and not from memory."""

from collections.abc import Iterator

import pytest

from tests.field.teams_api import TeamsApi, serving
from tests.unit.postgres.objects import secret
from tests.unit.sql_server import snapshot
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World

TOKEN = "Token-Of-The-Teams-Api"


@pytest.fixture
def api() -> Iterator[TeamsApi]:
    with serving(TOKEN) as running:
        running.teams["acid"] = ["ann", "bo"]
        yield running


@pytest.fixture
def world(sql_server: Server, api: TeamsApi) -> World:
    options = {
        "enable_teams_api": "true",
        "teams_api_url": api.url,
        "enable_team_member_deprecation": "true",
    }
    world = World(sql_server, options=options)
    keys = {"read-only-token-type": "Bearer", "read-only-token-secret": TOKEN}
    world.kube.put(secret("postgresql-operator", **keys))
    return world


def synced(world: World) -> list[str]:
    world.sources.forget()
    result = world.steps.sync_roles(world.order)
    assert result.failed == []
    return result.changed


def login(world: World, name: str) -> bool | None:
    """None when there is no such role."""
    found = world.server.sql(f"SELECT rolcanlogin FROM pg_authid WHERE rolname = '{name}'")
    return found[0]["rolcanlogin"] if found else None


def test_members_get_roles_without_a_password_that_log_what_they_do(world: World) -> None:
    assert "role ann created, given its log_statement, made a member of zalandos, made a member " \
        "of admin" in synced(world)  # fmt: skip
    (ann,) = world.server.sql(
        "SELECT rolpassword, setconfig FROM pg_authid JOIN pg_db_role_setting ON setrole = oid "
        "WHERE rolname = 'ann'"
    )
    assert ann == {"rolpassword": None, "setconfig": ["log_statement=all"]}
    assert snapshot.roles(world.server)["ann"]["flags"] == ["LOGIN"]
    assert synced(world) == []


def test_superusers_are_members_of_the_people_only(world: World, api: TeamsApi) -> None:
    api.teams["root"] = ["rhea"]
    world.options["postgres_superuser_teams"] = "root"
    world.apply()

    assert "role rhea created, given its log_statement, made a member of zalandos" in synced(world)
    assert snapshot.roles(world.server)["rhea"]["flags"] == ["SUPERUSER", "LOGIN"]


def test_who_left_may_not_log_in_and_is_renamed_and_comes_back(world: World, api: TeamsApi) -> None:
    synced(world)
    world.server.sql("GRANT pg_monitor TO bo")
    api.teams["acid"] = ["ann"]

    assert synced(world) == [
        "role bo forbidden to log in and renamed to bo_deleted, as its owner left"
    ]
    assert (login(world, "bo"), login(world, "bo_deleted")) == (None, False)
    assert synced(world) == []

    api.teams["acid"] = ["ann", "bo"]
    assert synced(world) == ["role bo brought back from bo_deleted"]
    assert (login(world, "bo"), login(world, "bo_deleted")) == (True, None)
    assert "pg_monitor" in snapshot.roles(world.server)["bo"]["member_of"]
    assert synced(world) == []


def test_somebody_who_left_unseen_is_found_on_the_server(world: World) -> None:
    world.server.sql("CREATE ROLE zoe LOGIN IN ROLE zalandos")

    assert "role zoe forbidden to log in and renamed to zoe_deleted, as its owner left" in synced(
        world
    )


def test_groups_and_wanted_roles_among_the_people_stay(world: World) -> None:
    world.server.sql("CREATE ROLE team_of_zoe IN ROLE zalandos")
    world.server.sql("CREATE ROLE app LOGIN IN ROLE zalandos")
    world.apply(users={"app": []})

    synced(world)

    assert (login(world, "team_of_zoe"), login(world, "app")) == (False, True)


def test_a_name_that_is_taken_costs_the_login_and_is_told(world: World, api: TeamsApi) -> None:
    synced(world)
    world.server.sql("CREATE ROLE bo_deleted")
    api.teams["acid"] = ["ann"]
    world.sources.forget()

    first, second = (world.steps.sync_roles(world.order) for _ in range(2))

    told = (
        "role bo is of somebody who left, and can't be renamed: there is a role bo_deleted already"
    )
    assert first.changed == ["role bo forbidden to log in, as its owner left"]
    assert (second.changed, first.failed, second.failed) == ([], [told], [told])
    assert (login(world, "bo"), world.refused()) == (False, [told])

    api.teams["acid"] = ["ann", "bo"]
    assert synced(world) == ["role bo given LOGIN"]


def test_nobody_leaves_because_the_teams_api_is_down(world: World, api: TeamsApi) -> None:
    synced(world)
    api.teams["acid"] = ["ann", "carl"]
    api.faults["acid"] = (500, b"")
    world.sources.forget()

    result = world.steps.sync_roles(world.order)

    assert (result.changed, login(world, "bo")) == ([], True)
    assert result.failed == ["the Teams API on team acid: Internal Server Error (500)"]


def test_nobody_leaves_where_leaving_has_no_consequences(world: World, api: TeamsApi) -> None:
    synced(world)
    world.options["enable_team_member_deprecation"] = "false"
    world.apply()
    api.teams["acid"] = []

    assert synced(world) == []
    assert login(world, "bo") is True


def test_departures_are_pending_before_they_are_carried_out(world: World, api: TeamsApi) -> None:
    synced(world)
    api.teams["acid"] = ["ann"]
    world.sources.forget()

    assert world.pending() == [
        "role bo is to be forbidden to log in and renamed to bo_deleted, as its owner left"
    ]


def test_a_person_without_the_group_of_people_does_not_stop_the_others(
    world: World, api: TeamsApi
) -> None:
    world.options["pam_role_name"] = "nobody_here"
    world.apply(users={"app": []})

    result = world.steps.sync_roles(world.order)

    assert "role app created, put in the hands of admin" in result.changed
    assert "role ann could not be made a member of nobody_here" in result.failed[0]
