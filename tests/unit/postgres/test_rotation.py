"""When a login is renewed, and what its Secret is to say then."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from activities.postgres.infrastructure import InfrastructureRole
from activities.postgres.passwords import Login
from activities.postgres.role import Role
from activities.postgres.rotation import Mode, Renewal, keeps_stand_ins, mode_of, plan, retired
from activities.postgres.wanted import infrastructure_roles, wanted_roles
from activities.vault import Contents
from tests.unit.postgres.manifests import cluster, configuration
from tests.unit.postgres.objects import secret
from workflows.model.postgresql import Postgresql

NOW = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
ON = {"enable_password_rotation": "true"}


def role(name: str, resource: Postgresql, **options: str) -> Role:
    """One of the roles of the manifest, or the infrastructure role `robot`."""
    robot = infrastructure_roles(
        [InfrastructureRole("robot", "robots-secret")], resource, configuration(**options)
    )
    wanted = wanted_roles(cluster=resource, configuration=configuration(**options), elsewhere=robot)
    return next(role for role in wanted if role.name == name)


def login(of: Role, *, user: str = "", next_rotation: str | None = None) -> Login:
    text = {} if next_rotation is None else {"nextRotation": next_rotation}
    contents = Contents.of(secret("x", **text) | {"metadata": {"name": "x"}})
    return Login(of, "the-present-password", contents, user or of.name)


def renewal(
    name: str = "foo",
    *,
    user: str = "",
    next_rotation: str | None = None,
    options: dict[str, str] | None = None,
    **spec: Any,
) -> Renewal | None:
    resource = cluster(**{"users": {"foo": []}, **spec})
    settings = ON if options is None else options
    present = login(role(name, resource, **settings), user=user, next_rotation=next_rotation)
    found = plan([present], resource, configuration(**settings), now=NOW)
    assert len(found) <= 1
    return found[0] if found else None


# --------------------------------------------------------------------------------- which roles

PREPARED: dict[str, Any] = {"preparedDatabases": {"db": {"defaultUsers": True}}}
LISTED: dict[str, Any] = {"usersWithSecretRotation": ["foo"]}
IN_PLACE: dict[str, Any] = {"usersWithInPlaceSecretRotation": ["foo"]}


@pytest.mark.parametrize(
    ("name", "options", "spec", "mode"),
    [
        ("foo", {}, {}, None),
        ("foo", ON, {}, Mode.USER),
        ("foo", ON, {"databases": {"db": "foo"}}, None),
        ("foo", ON, {"databases": {"db": "foo"}, **LISTED}, Mode.USER),
        ("foo", ON, {"users": {"foo": ["nologin"]}}, None),
        ("db_owner_user", ON, PREPARED, Mode.USER),
        ("db_reader_user", ON, PREPARED, Mode.USER),
        ("foo", {}, LISTED, Mode.USER),
        ("foo", {}, IN_PLACE, Mode.IN_PLACE),
        ("foo", ON, IN_PLACE, Mode.IN_PLACE),
        ("foo", ON, {"usersIgnoringSecretRotation": ["foo"]}, None),
        ("foo", ON, {**IN_PLACE, "usersIgnoringSecretRotation": ["foo"]}, None),
        ("postgres", ON, {}, None),
        ("standby", ON, {}, None),
        ("postgres", {}, {"usersWithSecretRotation": ["postgres"]}, Mode.IN_PLACE),
        ("standby", {}, {"usersWithInPlaceSecretRotation": ["standby"]}, Mode.IN_PLACE),
        ("pooler", {}, {"enableConnectionPooler": True, "usersWithSecretRotation": ["pooler"]},
         Mode.IN_PLACE),
        ("robot", ON, {"usersWithSecretRotation": ["robot"]}, None),
        ("f" * 58, ON, {"users": {"f" * 58: []}}, Mode.IN_PLACE),
    ],
)  # fmt: skip
def test_who_is_renewed_how(
    name: str, options: dict[str, str], spec: dict[str, Any], mode: Mode | None
) -> None:
    resource = cluster(**{"users": {"foo": []}, **spec})

    found = mode_of(role(name, resource, **options), resource, configuration(**options))

    assert found is mode


# ----------------------------------------------------------------------------------- and when


def shape(found: Renewal | None) -> tuple[str, str, bool, bool] | None:
    """User, next date, whether the password is a new one, whether the server is told."""
    if found is None:
        return None
    return (found.user, found.next_rotation, not found.password, found.in_server)


@pytest.mark.parametrize("written", [None, "", "some day"])
def test_the_first_time_only_the_date_is_written(written: str | None) -> None:
    assert shape(renewal(next_rotation=written)) == ("foo", "2026-05-30T12:30:15Z", False, False)


def test_nothing_is_done_before_the_date() -> None:
    assert renewal(next_rotation="2026-03-01T12:30:16Z") is None


def test_on_the_date_a_new_user_stands_in() -> None:
    found = renewal(next_rotation="2026-03-01T12:30:15Z")

    assert shape(found) == ("foo260301", "2026-05-30T12:30:15Z", True, True)


def test_the_next_user_follows_the_former() -> None:
    found = renewal(user="foo251201", next_rotation="2026-02-01T00:00:00+01:00")

    assert shape(found) == ("foo260301", "2026-05-30T12:30:15Z", True, True)


def test_in_place_the_user_stays() -> None:
    found = renewal(next_rotation="2026-02-01T00:00:00Z", **IN_PLACE)

    assert shape(found) == ("foo", "2026-05-30T12:30:15Z", True, True)


def test_a_change_to_in_place_takes_effect_at_once() -> None:
    found = renewal(user="foo251201", next_rotation="2026-05-01T00:00:00Z", **IN_PLACE)

    assert shape(found) == ("foo", "2026-05-30T12:30:15Z", True, True)


def test_a_shorter_interval_pulls_the_date_in() -> None:
    options = {**ON, "password_rotation_interval": "10"}

    found = renewal(next_rotation="2026-05-01T00:00:00Z", options=options)

    assert shape(found) == ("foo", "2026-03-11T12:30:15Z", False, False)


def test_switched_off_the_role_itself_comes_back_with_a_new_password() -> None:
    found = renewal(user="foo251201", next_rotation="2026-05-01T00:00:00Z", options={})

    assert shape(found) == ("foo", "", True, True)


def test_switched_off_without_a_stand_in_nothing_is_done() -> None:
    assert renewal(next_rotation="2026-05-01T00:00:00Z", options={}) is None


def test_an_infrastructure_role_gets_what_its_source_says() -> None:
    found = renewal("robot")

    assert found is not None
    assert (found.user, found.password, found.in_server) == ("robot", "robots-secret", False)


# ----------------------------------------------------------------------------------- retention

MEMBERS = ["foo250831", "foo250901", "foo260228", "foo99x", "foobar250101", "other", "foo251399"]


@pytest.mark.parametrize(
    ("options", "gone"),
    [
        ({}, ["foo250831", "foo250901"]),
        ({"password_rotation_user_retention": "181"}, ["foo250831"]),
        ({"password_rotation_user_retention": "10"}, ["foo250831", "foo250901"]),
        ({"password_rotation_user_retention": "0", "password_rotation_interval": "100"}, []),
    ],
)
def test_members_of_old_dates_are_retired_and_nobody_else(
    options: dict[str, str], gone: list[str]
) -> None:
    present = login(role("foo", cluster(users={"foo": []})), user="foo260228")
    settings = configuration(**{"password_rotation_user_retention": "178", **options})

    assert retired(present, MEMBERS, settings, today=date(2026, 3, 1)) == gone


def test_the_user_of_the_secret_is_never_retired() -> None:
    present = login(role("foo", cluster(users={"foo": []})), user="foo200101")

    assert retired(present, ["foo200101"], configuration(), today=date(2026, 3, 1)) == []


@pytest.mark.parametrize(
    ("next_rotation", "mode", "kept"),
    [(None, None, False), (None, Mode.USER, True), ("", None, True), ("2026-05-01", None, True)],
)
def test_members_are_only_looked_at_where_there_has_been_a_rotation(
    next_rotation: str | None, mode: Mode | None, kept: bool
) -> None:
    present = login(role("foo", cluster(users={"foo": []})), next_rotation=next_rotation)

    assert keeps_stand_ins(present, mode) is kept
