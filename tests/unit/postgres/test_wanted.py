"""Which roles a manifest and a configuration ask for."""

from collections.abc import Sequence
from typing import Any

import pytest

from activities.postgres.role import Origin, Role
from activities.postgres.wanted import refused, team_roles, wanted_roles
from activities.teams.people import Person
from tests.unit.postgres.manifests import cluster, configuration
from workflows.model.secrets import SecretRef


def roles(options: dict[str, str] | None = None, **spec: Any) -> dict[str, Role]:
    found = wanted_roles(cluster=cluster(**spec), configuration=configuration(**(options or {})))
    return {role.name: role for role in found}


def refusals(options: dict[str, str] | None = None, **spec: Any) -> list[str]:
    return refused(cluster=cluster(**spec), configuration=configuration(**(options or {})))


def credentials(user: str, namespace: str = "default") -> SecretRef:
    name = f"{user}.acid-test.credentials.postgresql.acid.zalan.do"
    return SecretRef(namespace=namespace, name=name)


# ------------------------------------------------------------------------------- system roles


def test_every_cluster_has_the_system_roles_with_secrets() -> None:
    found = roles()

    assert [(role.name, role.origin, role.flags) for role in found.values()] == [
        ("postgres", Origin.SYSTEM, ()),
        ("standby", Origin.SYSTEM, ("LOGIN",)),
    ]
    assert found["standby"].secret == credentials("standby")


def test_system_roles_are_named_by_the_configuration() -> None:
    options = {"super_username": "root_of_it", "replication_username": "copier"}

    assert list(roles(options)) == ["root_of_it", "copier"]


STREAM = {"applicationId": "app", "database": "db", "tables": {"t": {"eventType": "e"}}}


@pytest.mark.parametrize(
    ("spec", "user"),
    [
        ({"enableConnectionPooler": True}, "pooler"),
        ({"enableReplicaConnectionPooler": True}, "pooler"),
        ({"connectionPooler": {"user": "bouncer"}}, "bouncer"),
        ({"connectionPooler": {"user": "postgres"}}, "pooler"),
        ({"connectionPooler": {"user": "admin"}}, "pooler"),
    ],
)
def test_a_pooler_has_a_role_that_is_nothing_else(spec: dict[str, Any], user: str) -> None:
    found = roles(**spec)

    assert list(found) == ["postgres", "standby", user]
    assert (found[user].origin, found[user].flags) == (Origin.POOLER, ("LOGIN",))
    assert found[user].secret == credentials(user)


def test_without_a_pooler_there_is_no_role_of_it() -> None:
    assert list(roles(connectionPooler={}, enableConnectionPooler=False)) == ["postgres", "standby"]


def test_streams_have_a_role_that_may_replicate() -> None:
    found = roles(streams=[STREAM])["fes_user"]

    assert (found.origin, found.flags) == (Origin.STREAM, ("LOGIN", "REPLICATION"))
    assert found.secret == credentials("fes-user")


# ------------------------------------------------------------------------------ manifest users


def test_a_user_without_flags_may_log_in_and_has_a_secret_with_dashes() -> None:
    found = roles(users={"app_user": []})["app_user"]

    assert (found.origin, found.flags, found.login) == (Origin.MANIFEST, ("LOGIN",), True)
    assert found.secret == credentials("app-user")


@pytest.mark.parametrize(
    ("written", "flags"),
    [
        (["createdb", "superuser"], ("CREATEDB", "LOGIN", "SUPERUSER")),
        (["CREATEDB", "createdb"], ("CREATEDB", "LOGIN")),
        (["nologin"], ("NOLOGIN",)),
        (["nosuperuser"], ("LOGIN", "NOSUPERUSER")),
        (None, ("LOGIN",)),
    ],
)
def test_flags_are_upper_case_and_login_is_implied(
    written: list[str] | None, flags: tuple[str, ...]
) -> None:
    assert roles(users={"foo": written})["foo"].flags == flags


def test_a_role_that_cannot_log_in_has_a_secret_nevertheless() -> None:
    assert roles(users={"foo": ["nologin"]})["foo"].has_secret


def test_users_are_administered_by_the_team_admin_role_unless_switched_off() -> None:
    assert roles(users={"foo": []})["foo"].administered_by == "admin"
    assert roles({"team_admin_role": "boss"}, users={"foo": []})["foo"].administered_by == "boss"
    off = {"enable_admin_role_for_users": "false"}
    assert roles(off, users={"foo": []})["foo"].administered_by == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("admin", "the name is protected"),
        ("cron_admin", "the name is protected"),
        ("postgres", "the name belongs to a system role"),
        ("standby", "the name belongs to a system role"),
        ("x" * 64, "Postgres cuts names after 63 characters"),
    ],
)
def test_a_user_whose_name_is_taken_is_left_out_and_said_to_be(name: str, reason: str) -> None:
    users: dict[str, list[str]] = {name: ["superuser"], "foo": []}

    assert sorted(role for role in roles(users=users) if role != name) == [
        "foo", *(role for role in ("postgres", "standby") if role != name)
    ]  # fmt: skip
    assert refusals(users=users) == [f"user {name} of the manifest is not managed: {reason}"]


def test_users_may_not_take_the_names_of_pooler_and_streams_while_these_are_wanted() -> None:
    users: dict[str, list[str]] = {"pooler": ["superuser"], "fes_user": []}

    found = roles(users=users, enableConnectionPooler=True, streams=[STREAM])

    assert (found["pooler"].origin, found["fes_user"].origin) == (Origin.POOLER, Origin.STREAM)
    assert roles(users=users)["pooler"].origin is Origin.MANIFEST
    assert refusals(users=users, enableConnectionPooler=True) == [
        "user pooler of the manifest is not managed: the name belongs to a system role"
    ]


def test_a_dot_names_a_namespace_only_where_that_is_switched_on() -> None:
    on = {"enable_cross_namespace_secret": "true"}

    near, far = roles(users={"apps.foo": []}), roles(on, users={"apps.foo": []})

    assert near["apps.foo"].secret == credentials("apps.foo")
    assert (far["apps.foo"].namespace, far["apps.foo"].secret) == (
        "apps",
        credentials("apps.foo", namespace="apps"),
    )


def test_of_two_names_with_one_secret_the_higher_origin_gets_it() -> None:
    spec: dict[str, Any] = {
        "users": {"db-owner-user": []},
        "preparedDatabases": {"db": {"defaultUsers": True}},
    }

    assert "db-owner-user" not in roles(**spec)
    assert refusals(**spec) == [
        "role db-owner-user is not managed: its Secret would be that of role db_owner_user"
    ]


# -------------------------------------------------------------------------------------- people


def people(*persons: Person, users: Sequence[str] = (), **options: str) -> dict[str, Role]:
    resource, settings = cluster(users={name: [] for name in users}), configuration(**options)
    elsewhere = team_roles(persons, resource, settings)
    found = wanted_roles(cluster=resource, configuration=settings, elsewhere=elsewhere)
    return {role.name: role for role in found if role.origin is Origin.TEAMS}


def test_people_log_in_without_a_secret_and_are_in_the_groups_of_the_configuration() -> None:
    found = people(Person("ann"), Person("rhea", superuser=True))

    assert {
        name: (role.flags, role.member_of, role.parameters, role.has_secret)
        for name, role in found.items()
    } == {
        "ann": (("LOGIN",), ("zalandos", "admin"), {"log_statement": "all"}, False),
        "rhea": (("LOGIN", "SUPERUSER"), ("zalandos",), {"log_statement": "all"}, False),
    }


def test_groups_and_settings_of_people_are_configured() -> None:
    options = {
        "pam_role_name": "humans",
        "team_admin_role": "boss",
        "team_api_role_configuration": "log_statement:none,search_path:public",
    }

    ann = people(Person("ann"), **options)["ann"]

    assert ann.member_of == ("humans", "boss")
    assert ann.parameters == {"log_statement": "none", "search_path": "public"}


def test_without_an_admin_role_people_are_in_their_group_only() -> None:
    assert people(Person("ann"), team_admin_role="")["ann"].member_of == ("zalandos",)


def test_a_person_goes_before_a_user_of_the_manifest_of_that_name() -> None:
    assert people(Person("ann"), users=["ann", "app"])["ann"].secret is None


@pytest.mark.parametrize("name", ["admin", "cron_admin", "postgres", "standby", "x" * 64])
def test_a_person_whose_name_is_taken_gets_no_role(name: str) -> None:
    assert people(Person(name)) == {}


# -------------------------------------------------------------------------- prepared databases


def test_an_empty_section_prepares_one_database_named_like_the_cluster() -> None:
    assert [name for name in roles(preparedDatabases={}) if name.startswith("acid")] == [
        "acid_test_owner",
        "acid_test_reader",
        "acid_test_writer",
        "acid_test_data_owner",
        "acid_test_data_reader",
        "acid_test_data_writer",
    ]


def test_no_section_prepares_nothing() -> None:
    assert list(roles()) == ["postgres", "standby"]


def test_database_roles_read_write_and_own() -> None:
    found = roles(preparedDatabases={"db": {"schemas": {"s": {"defaultRoles": False}}}})

    shape = {
        name: (role.flags, role.member_of, role.administered_by, role.has_secret)
        for name, role in found.items()
        if role.origin is Origin.PREPARED
    }
    assert shape == {
        "db_owner": (("NOLOGIN",), (), "admin", False),
        "db_reader": (("NOLOGIN",), (), "db_owner", False),
        "db_writer": (("NOLOGIN",), ("db_reader",), "db_owner", False),
    }


def test_default_users_log_in_as_members_of_the_roles() -> None:
    found = roles(
        preparedDatabases={"db": {"defaultUsers": True, "schemas": {"s": {"defaultRoles": False}}}}
    )

    assert {
        name: (role.flags, role.member_of, role.administered_by)
        for name, role in found.items()
        if name.endswith("_user")
    } == {
        "db_owner_user": (("LOGIN",), ("db_owner",), "admin"),
        "db_reader_user": (("LOGIN",), ("db_reader",), "db_owner"),
        "db_writer_user": (("LOGIN",), ("db_writer",), "db_owner"),
    }
    assert found["db_reader_user"].secret == credentials("db-reader-user")


def test_schema_roles_are_administered_within_the_schema_and_their_owner_by_the_database() -> None:
    found = roles(preparedDatabases={"db": {"schemas": {"s": {"defaultUsers": True}}}})

    assert {
        name: (role.member_of, role.administered_by)
        for name, role in found.items()
        if name.startswith("db_s_")
    } == {
        "db_s_owner": ((), "db_owner"),
        "db_s_owner_user": (("db_s_owner",), "db_owner"),
        "db_s_reader": ((), "db_s_owner"),
        "db_s_reader_user": (("db_s_reader",), "db_s_owner"),
        "db_s_writer": (("db_s_reader",), "db_s_owner"),
        "db_s_writer_user": (("db_s_writer",), "db_s_owner"),
    }


def test_search_paths_name_the_schemas_of_the_database_or_the_one() -> None:
    found = roles(preparedDatabases={"db": {"schemas": {"b": {}, "a": {"defaultRoles": False}}}})

    assert found["db_reader"].parameters == {"search_path": '"$user", a, b'}
    assert found["db_b_reader"].parameters == {"search_path": '"$user", b'}


def test_secrets_of_a_prepared_database_may_lie_elsewhere() -> None:
    prepared = {"db": {"defaultUsers": True, "secretNamespace": "apps"}}
    on = {"enable_cross_namespace_secret": "true"}

    assert roles(preparedDatabases=prepared)["db_owner_user"].namespace == "default"
    assert roles(on, preparedDatabases=prepared)["db_owner_user"].secret == credentials(
        "db-owner-user", namespace="apps"
    )


@pytest.mark.parametrize(
    "prepared",
    [
        {"1st": {}},
        {"db": {"schemas": {"with-dash": {}}}},
        {"Upper": {"defaultUsers": True}},
        {"d" * 60: {}},
    ],
)
def test_a_prepared_database_that_cannot_be_has_no_roles(prepared: dict[str, Any]) -> None:
    assert list(roles(preparedDatabases=prepared)) == ["postgres", "standby"]


# ----------------------------------------------------------------------- owners and precedence


def test_every_database_owner_and_nobody_else_gets_the_additional_roles() -> None:
    found = roles(
        {"additional_owner_roles": "cron_admin,auditor"},
        users={"foo": [], "bar": []},
        databases={"one": "foo"},
        preparedDatabases={"two": {}},
    )

    assert {name for name, role in found.items() if "cron_admin" in role.member_of} == {
        "foo",
        "two_owner",
    }
    assert found["foo"].member_of == ("cron_admin", "auditor")


def test_an_owner_is_not_administered_by_what_it_is_a_member_of() -> None:
    found = roles({"additional_owner_roles": "admin"}, users={"foo": []}, databases={"one": "foo"})[
        "foo"
    ]

    assert (found.member_of, found.administered_by) == (("admin",), "")


def test_an_additional_role_that_owns_a_database_is_not_its_own_member() -> None:
    found = roles({"additional_owner_roles": "foo"}, users={"foo": []}, databases={"one": "foo"})

    assert found["foo"].member_of == ()


@pytest.mark.parametrize(
    ("origin", "winner"),
    [
        (Origin.UNKNOWN, Origin.MANIFEST),
        (Origin.INFRASTRUCTURE, Origin.INFRASTRUCTURE),
        (Origin.TEAMS, Origin.TEAMS),
        (Origin.POOLER, Origin.POOLER),
        (Origin.MANIFEST, Origin.MANIFEST),
    ],
)
def test_of_two_wishes_for_one_name_the_higher_origin_wins(origin: Origin, winner: Origin) -> None:
    other = Role(name="foo", origin=origin, namespace="default", flags=("CREATEDB",))

    found = wanted_roles(
        cluster=cluster(users={"foo": []}), configuration=configuration(), elsewhere=[other]
    )

    (foo,) = (role for role in found if role.name == "foo")
    assert foo.origin is winner
