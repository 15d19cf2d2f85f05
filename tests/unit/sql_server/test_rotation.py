"""Passwords are renewed on a real server: it learns of each before the Secret does."""

import base64
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import psycopg
import pytest

from activities.kube.credentials import generated
from activities.kube.rotated import Rotated
from activities.postgres import steps
from tests.unit.postgres.objects import secret
from tests.unit.sql_server import snapshot
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import NAMESPACE, World
from workflows.model.errors import Unavailable
from workflows.model.names import ROLLING_UPDATE_REQUIRED


@pytest.fixture
def world(sql_server: Server) -> World:
    """A role whose rotation has been scheduled and is due by now."""
    world = World(
        sql_server, spec={"users": {"foo": []}}, options={"enable_password_rotation": "true"}
    )
    synced(world)
    world.now += timedelta(days=90)
    return world


def synced(world: World) -> list[str]:
    result = world.steps.sync_roles(world.order)
    assert result.failed == []
    return result.changed


def secret_of(world: World, role: str) -> dict[str, str]:
    name = f"{role}.acid-test.credentials.postgresql.acid.zalan.do"
    data = world.kube.stored["Secret", NAMESPACE, name]["data"]
    return {key: base64.b64decode(value).decode() for key, value in data.items()}


def enters(world: World, user: str, password: str) -> bool:
    try:
        with world.server.connect(user=user, password=password):
            return True
    except psycopg.OperationalError:
        return False


def enters_by_secret(world: World, role: str) -> bool:
    data = secret_of(world, role)
    return enters(world, data["username"], data["password"])


def roles(world: World) -> list[str]:
    return [name for name in snapshot.roles(world.server) if name.startswith("foo")]


def test_the_first_sync_writes_the_date_and_no_password(world: World) -> None:
    assert secret_of(world, "foo") == {
        "username": "foo",
        "password": world.password_of("foo"),
        "nextRotation": "2026-05-30T12:00:00Z",
    }
    world.now -= timedelta(days=1)
    assert (synced(world), world.pending()) == ([], [])


def test_on_the_date_a_new_user_has_all_that_the_role_has(world: World) -> None:
    world.server.sql('ALTER ROLE foo SET search_path = data, "$user"')
    world.server.sql("ALTER ROLE foo SET application_name = '''x'''")
    assert world.pending() == ["role foo is to be replaced in its Secret by the new user foo260530"]

    assert synced(world) == ["role foo replaced in its Secret by the new user foo260530"]

    data = secret_of(world, "foo")
    assert (data["username"], data["nextRotation"]) == ("foo260530", "2026-08-28T12:00:00Z")
    assert len(data["password"]) == 64
    assert enters_by_secret(world, "foo")
    assert enters(world, "foo", world.password_of("foo")), "what runs may go on with the old login"
    assert snapshot.roles(world.server)["foo260530"]["member_of"] == ["foo"]
    stored = world.server.sql(
        "SELECT setconfig FROM pg_db_role_setting JOIN pg_roles ON oid = setrole "
        "WHERE rolname LIKE 'foo%'"
    )
    first, second = (sorted(row["setconfig"]) for row in stored)
    assert first == second == ["application_name='x'", 'search_path=data, "$user"']
    assert (synced(world), world.pending()) == ([], [])


def test_in_place_the_same_user_gets_a_new_password(world: World) -> None:
    world.spec["usersWithInPlaceSecretRotation"] = ["foo"]
    world.kube.put(world._resource())

    assert synced(world) == ["role foo given a new password"]

    assert secret_of(world, "foo")["username"] == "foo"
    assert enters_by_secret(world, "foo")
    assert not enters(world, "foo", world.password_of("foo"))
    assert (synced(world), roles(world)) == ([], ["foo"])


def test_switched_off_the_role_itself_is_in_the_secret_again(world: World) -> None:
    synced(world)
    world.options["enable_password_rotation"] = "false"
    world.kube.put(world._config_map())

    assert synced(world) == [
        "role foo given a new password and put back into its Secret, as rotation is off"
    ]
    assert (secret_of(world, "foo")["username"], secret_of(world, "foo")["nextRotation"]) == (
        "foo",
        "",
    )
    assert enters_by_secret(world, "foo")
    assert synced(world) == []


def test_a_secret_that_names_a_user_the_server_has_lost_gets_it_back(world: World) -> None:
    synced(world)
    world.server.sql("DROP ROLE foo260530")

    assert synced(world) == ["role foo260530 created, made a member of foo"]
    assert enters_by_secret(world, "foo")


def test_a_password_written_by_hand_is_that_of_the_user_in_the_secret(world: World) -> None:
    synced(world)
    name = "foo.acid-test.credentials.postgresql.acid.zalan.do"
    written = {"password": base64.b64encode(b"Written-By-Hand-4711").decode()}
    world.kube.patch("Secret", NAMESPACE, name, {"metadata": {}, "data": written})

    assert world.pending() == ["role foo260530 is to be given the password of its Secret"]
    synced(world)
    assert enters(world, "foo260530", "Written-By-Hand-4711")
    assert enters(world, "foo", world.password_of("foo"))


def test_a_changed_source_of_an_infrastructure_role_reaches_server_and_secret(
    sql_server: Server,
) -> None:
    world = World(sql_server, options={"infrastructure_roles_secret_name": "infra"})
    world.kube.put(secret("infra", user1="robot", password1="The-First-Of-The-Robot"))
    world.passwords["robot"] = "The-First-Of-The-Robot"
    world.apply()
    synced(world)
    world.kube.put(secret("infra", user1="robot", password1="The-Second-Of-The-Robot"))

    assert synced(world) == [
        "role robot given the password of its source",
        "role robot given the new password of its source in its Secret",
    ]

    assert secret_of(world, "robot")["password"] == "The-Second-Of-The-Robot"
    assert enters_by_secret(world, "robot")
    assert (synced(world), world.pending()) == ([], [])


# ------------------------------------------------------------------------------------ retention


def test_old_members_are_dropped_and_names_alone_mean_nothing(world: World) -> None:
    for user in ("foo250101", "foo250102", "foo260201"):
        world.server.sql(f"CREATE ROLE {user} LOGIN IN ROLE foo")
    world.server.sql("CREATE ROLE foo250103 LOGIN")  # somebody else's
    world.server.sql("CREATE SCHEMA kept AUTHORIZATION foo250102")

    result = world.steps.sync_roles(world.order)

    assert "role foo250101 dropped, as its time is over" in result.changed
    assert roles(world) == ["foo", "foo250102", "foo250103", "foo260201", "foo260530"]
    assert result.failed == [
        "role foo250102 of a former rotation is not dropped, because it owns objects or has "
        "privileges of its own"
    ]
    assert (world.pending(), world.refused()) == ([], result.failed)
    world.server.sql("DROP SCHEMA kept")


# -------------------------------------------------------------------------------- system roles


@pytest.mark.parametrize("role", ["postgres", "standby"])
def test_a_system_role_is_renewed_in_place_and_the_pods_are_marked(
    sql_server: Server, role: str
) -> None:
    world = World(sql_server, spec={"usersWithSecretRotation": [role]})
    synced(world)
    world.now += timedelta(days=90)

    assert synced(world) == [f"role {role} given a new password"]

    assert secret_of(world, role)["username"] == role
    assert enters_by_secret(world, role)
    pod = world.kube.stored["Pod", NAMESPACE, f"{world.name}-0"]
    assert pod["metadata"]["annotations"] == {ROLLING_UPDATE_REQUIRED: "true"}
    assert synced(world) == [], "the operator still gets in"


def test_pods_stay_unmarked_while_no_password_of_theirs_changes(world: World) -> None:
    synced(world)

    assert "annotations" not in world.kube.stored["Pod", NAMESPACE, f"{world.name}-0"]["metadata"]


# ------------------------------------------------------------------------------- interruptions


@pytest.mark.parametrize("in_place", [True, False])
def test_a_secret_that_can_not_be_written_leaves_the_old_login_valid(
    world: World, in_place: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.spec["usersWithInPlaceSecretRotation"] = ["foo"] if in_place else []
    world.kube.put(world._resource())

    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("the API server does not answer")

    with monkeypatch.context() as refusing:
        refusing.setattr(Rotated, "write", refuse)
        (failed,) = world.steps.sync_roles(world.order).failed

    assert failed.endswith(": the API server does not answer")
    assert enters_by_secret(world, "foo")
    synced(world)
    assert enters_by_secret(world, "foo")
    assert secret_of(world, "foo")["nextRotation"] == "2026-08-28T12:00:00Z"


class Killed(BaseException):
    """The process is gone."""


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("steps_done", range(4))
def test_a_rotation_that_dies_anywhere_is_completed(
    world: World, in_place: bool, steps_done: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.spec["usersWithInPlaceSecretRotation"] = ["foo"] if in_place else []
    world.kube.put(world._resource())

    def beats() -> Iterator[None]:
        yield from [None] * steps_done
        raise Killed

    steady = beats()
    with monkeypatch.context() as dying:
        dying.setattr(steps, "beating", lambda what: lambda: next(steady, None))
        with suppress(Killed):
            world.steps.sync_roles(world.order)
    synced(world)

    assert enters_by_secret(world, "foo")
    assert secret_of(world, "foo")["nextRotation"] == "2026-08-28T12:00:00Z"
    assert (synced(world), world.pending()) == ([], [])


def test_no_new_password_is_in_the_servers_log(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    def remembered() -> str:
        made.append(generated())
        return made[-1]

    monkeypatch.setattr("activities.postgres.role_sync.generated", remembered)
    synced(world)

    log = world.server.log.read_text()
    assert len(made) == 1
    assert made[0] not in log
    assert "SCRAM-SHA-256$" not in log
