"""A system role's Secret that somebody edited by hand: the operator finds its way in."""

import base64

import pytest

from tests.unit.sql_server.server import SUPERUSER_PASSWORD, Server
from tests.unit.sql_server.world import NAMESPACE, World
from workflows.model.errors import LockedOut, Precondition
from workflows.model.names import ROLLING_UPDATE_REQUIRED

WRITTEN = "Written-By-Hand-4711"


@pytest.fixture
def world(sql_server: Server) -> World:
    world = World(sql_server, spec={"users": {"foo": []}})
    world.steps.sync_roles(world.order)
    return world


def write(world: World, role: str) -> None:
    """As `kubectl edit` does."""
    name = f"{role}.acid-test.credentials.postgresql.acid.zalan.do"
    data = {"password": base64.b64encode(WRITTEN.encode()).decode()}
    world.kube.patch("Secret", NAMESPACE, name, {"metadata": {}, "data": data})


def annotations(world: World) -> dict[str, str]:
    pod = world.kube.stored["Pod", NAMESPACE, f"{world.name}-0"]
    found: dict[str, str] = pod["metadata"].get("annotations", {})
    return found


def test_the_superuser_takes_the_password_of_its_secret(world: World) -> None:
    write(world, "postgres")
    assert world.pending() == [
        "role postgres is to be given the password of its Secret, with which nobody can log in"
    ]

    result = world.steps.sync_roles(world.order)

    assert (result.failed, result.changed) == (
        [],
        ["role postgres given the password of its Secret in pod acid-test-0"],
    )
    with world.server.connect(user="postgres", password=WRITTEN) as connection:
        assert connection.info.user == "postgres"
    assert annotations(world) == {ROLLING_UPDATE_REQUIRED: "true"}
    assert world.pending() == []


def test_neither_commands_nor_the_servers_log_tell_the_password(world: World) -> None:
    write(world, "postgres")

    world.steps.sync_roles(world.order)

    log = world.server.log.read_text()
    said = " ".join(word for command in world.commands for word in command)
    assert "psql" in said
    for secret in (WRITTEN, SUPERUSER_PASSWORD, "SCRAM-SHA-256$"):
        assert secret not in said
        assert secret not in log


def test_the_replication_role_takes_its_password_and_the_pods_get_it_anew(world: World) -> None:
    write(world, "standby")

    result = world.steps.sync_roles(world.order)

    assert result.changed == ["role standby given the password of its Secret"]
    assert annotations(world) == {ROLLING_UPDATE_REQUIRED: "true"}
    assert world.commands == []


def test_without_a_pod_to_go_through_it_is_told_why(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(world, "postgres")

    def refuse(command: object, given: str) -> str:
        raise Precondition("exec is not allowed")

    monkeypatch.setattr(world.server, "run", refuse)

    with pytest.raises(LockedOut, match="acid-test-0: exec is not allowed"):
        world.steps.sync_roles(world.order)


def test_applications_take_their_passwords_meanwhile(world: World) -> None:
    write(world, "postgres")
    write(world, "foo")

    result = world.steps.sync_roles(world.order)

    assert "role foo given the password of its Secret" in result.changed
