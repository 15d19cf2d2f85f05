"""Infrastructure roles: every form they are written in, and what is said of bad ones."""

import pytest

from activities.postgres import infrastructure
from activities.postgres.infrastructure import Infrastructure, InfrastructureRole
from activities.postgres.sources import INFRASTRUCTURE
from tests.unit.postgres.manifests import cluster, configuration, role_sources
from tests.unit.postgres.objects import Objects, config_map, secret
from workflows.model.configuration import Configuration
from workflows.model.errors import Unavailable
from workflows.tripwire import TRIPWIRE

NUMBERED = configuration(infrastructure_roles_secret_name="infra", enable_teams_api="false")


def listed(*definitions: dict[str, object], **sections: object) -> Configuration:
    kubernetes = {"infrastructure_roles_secrets": list(definitions), **sections}
    found = {"metadata": {}, "configuration": {"kubernetes": kubernetes}}
    return Configuration.from_object(found, operator_namespace="operators")


def read(settings: Configuration, *objects: dict[str, object]) -> Infrastructure:
    kube = Objects()
    for obj in objects:
        kube.put(obj)
    return infrastructure.read(kube, settings)


def shapes(found: Infrastructure) -> dict[str, tuple[str, tuple[str, ...], list[str]]]:
    """Name to password, flags and groups."""
    return {role.name: (role.password, role.flags, role.description.inrole) for role in found.roles}


def test_numbered_keys_count_until_the_first_gap() -> None:
    numbers = {
        "user1": "robot", "password1": "robots-secret", "inrole1": "robot_zmon",
        "user2": "other", "password2": "others-secret",
        "user4": "beyond", "password4": "beyonds-secret",
    }  # fmt: skip

    found = read(NUMBERED, secret("infra", **numbers))

    assert shapes(found) == {
        "robot": ("robots-secret", ("LOGIN",), ["robot_zmon"]),
        "other": ("others-secret", ("LOGIN",), []),
    }
    assert found.problems == []


def test_a_config_map_of_the_same_name_describes_roles_whose_passwords_the_secret_has() -> None:
    described = (
        "inrole: [admin]\nuser_flags:\n- createdb\ndb_parameters:\n  log_statement: all\n"
        "admin_role: boss\n"
    )

    found = read(
        NUMBERED, secret("infra", batman="batmans-secret"), config_map("infra", batman=described)
    )

    (batman,) = found.roles
    assert shapes(found)["batman"] == ("batmans-secret", ("CREATEDB", "LOGIN"), ["admin"])
    assert batman.description.db_parameters == {"log_statement": "all"}
    assert batman.description.admin_role == "boss"


def test_parameters_are_texts_as_they_are_written() -> None:
    written = "db_parameters: {statement_timeout: 10, jit: on}"

    (role,) = read(NUMBERED, secret("infra", x="secret-of-x"), config_map("infra", x=written)).roles

    assert role.description.db_parameters == {"statement_timeout": "10", "jit": "on"}


@pytest.mark.parametrize(
    ("definition", "data", "shape"),
    [
        (
            {"userkey": "user", "passwordkey": "password", "rolekey": "group"},
            {"user": "robot", "password": "robots-secret", "group": "readers"},
            ("robots-secret", ("LOGIN",), ["readers"]),
        ),
        (
            {"passwordkey": "password", "defaultuservalue": "robot", "defaultrolevalue": "readers"},
            {"password": "robots-secret"},
            ("robots-secret", ("LOGIN",), ["readers"]),
        ),
        (
            {"userkey": "user", "passwordkey": "password", "rolekey": "group"},
            {"user": "robot", "password": "robots-secret"},
            ("robots-secret", ("LOGIN",), []),
        ),
        (
            {"userkey": "user", "passwordkey": "password", "details": "more"},
            {"user": "robot", "password": "robots-secret", "more": "user_flags: [nologin]"},
            ("robots-secret", ("NOLOGIN",), []),
        ),
        (
            {"userkey": "name", "passwordkey": "pass", "rolekey": "in", "template": True},
            {"name1": "robot", "pass1": "robots-secret", "in1": "readers"},
            ("robots-secret", ("LOGIN",), ["readers"]),
        ),
    ],
)
def test_a_definition_names_the_keys(
    definition: dict[str, object],
    data: dict[str, str],
    shape: tuple[str, tuple[str, ...], list[str]],
) -> None:
    found = read(listed({"secretname": "one", **definition}), secret("one", **data))

    assert shapes(found) == {"robot": shape}
    assert found.problems == []


def test_a_config_map_configuration_has_one_definition() -> None:
    text = "secretname: one,userkey: user,passwordkey: password,rolekey: inrole"
    one = secret("one", namespace="default", user="robot", password="robots-secret", inrole="x")

    found = read(configuration(infrastructure_roles_secrets=text), one)

    assert shapes(found) == {"robot": ("robots-secret", ("LOGIN",), ["x"])}


def test_all_sources_are_united_and_the_last_definition_of_a_name_counts() -> None:
    settings = listed(
        {"secretname": "one", "userkey": "user", "passwordkey": "password"},
        infrastructure_roles_secret_name="infra",
    )
    numbers = {"user1": "robot", "password1": "the-first-secret", "user2": "x", "password2": "xs"}

    found = read(
        settings, secret("infra", **numbers), secret("one", user="robot", password="the-last-one")
    )

    assert {role.name: role.password for role in found.roles} == {
        "robot": "the-last-one",
        "x": "xs",
    }


@pytest.mark.parametrize(
    ("data", "described", "problem"),
    [
        ({"user1": "a"}, {}, "infrastructure role a of Secret operators/infra is left out: it has "
         "no password"),
        ({}, {"a": ""}, "infrastructure role a of Secret operators/infra is left out: it has no "
         "password"),
        ({"a": "secret-of-a"}, {"a": "user_flags: [flying]"}, "infrastructure role a of Secret "
         "operators/infra is left out: there is no flag FLYING"),
        ({"a": "secret-of-a"}, {"a": "user_flags: [createdb, nocreatedb]"}, "infrastructure role a "
         "of Secret operators/infra is left out: either CREATEDB or NOCREATEDB"),
        ({"a": "secret-of-a"}, {"a": "inrole: admin"}, "infrastructure role a of Secret "
         "operators/infra is left out: its description has to be a map with lists `user_flags` and "
         "`inrole`, a map `db_parameters` and a text `admin_role`"),
        ({"user1": "a" * 64, "password1": "secret-of-a"}, {}, f"infrastructure role {'a' * 64} of "
         "Secret operators/infra is left out: Postgres cuts names after 63 characters"),
    ],
)  # fmt: skip
def test_a_bad_role_is_told_of_and_the_others_are_there(
    data: dict[str, str], described: dict[str, str], problem: str
) -> None:
    data = {**data, "good": "secret-of-good"}

    found = read(NUMBERED, secret("infra", **data), config_map("infra", good="", **described))

    assert found.problems == [problem]
    assert shapes(found) == {"good": ("secret-of-good", ("LOGIN",), [])}


def test_a_missing_secret_is_told_of_once_and_the_others_are_read() -> None:
    settings = listed(
        {"secretname": "gone", "userkey": "user", "passwordkey": "password"},
        {"secretname": "gone", "userkey": "user2", "passwordkey": "password2"},
        {"secretname": "one", "userkey": "user", "passwordkey": "password"},
    )

    found = read(settings, secret("one", user="robot", password="robots-secret"))

    assert found.problems == ["infrastructure roles: there is no Secret operators/gone"]
    assert list(shapes(found)) == ["robot"]


def test_a_source_that_cannot_be_read_is_a_concern_and_the_manifest_is_followed() -> None:
    kube = Objects()
    kube.broken["Secret"] = Unavailable("the API server can't be reached")

    wanted = role_sources(kube).wanted(cluster(users={"foo": []}), NUMBERED)

    assert [role.name for role in wanted.roles] == ["postgres", "standby", "foo"]
    assert wanted.concerns == [
        (
            INFRASTRUCTURE,
            "infrastructure roles of Secret operators/infra: the API server can't be reached",
        )
    ]


def test_infrastructure_goes_before_the_manifest_but_not_before_protected_names() -> None:
    kube = Objects()
    numbers = {"user1": "foo", "password1": "secret-of-foo", "user2": "admin", "password2": "p",
               "user3": "standby", "password3": "p"}  # fmt: skip
    kube.put(secret("infra", **numbers))

    wanted = role_sources(kube).wanted(cluster(users={"foo": ["superuser"]}), NUMBERED)

    foo = next(role for role in wanted.roles if role.name == "foo")
    assert (foo.flags, foo.password) == (("LOGIN",), "secret-of-foo")
    assert foo.secret is not None and foo.secret.namespace == "default"
    assert wanted.concerns == [
        ("Roles", "infrastructure role admin is not managed: the name is protected"),
        ("Roles", "infrastructure role standby is not managed: the name belongs to a system role"),
    ]


def test_looks_share_what_one_has_read_until_something_changed() -> None:
    kube = Objects()
    kube.put(secret("infra", user1="robot", password1="robots-secret"))
    sources = role_sources(kube, kept_seconds=300)
    for name in ("one", "two"):
        sources.roles(cluster(name), NUMBERED)
    assert kube.asked == ["get Secret", "get ConfigMap"]

    kube.put(secret("infra", user1="robot", password1="another-secret"))
    sources.forget()

    found = {role.name: role.password for role in sources.roles(cluster(), NUMBERED)}
    assert found["robot"] == "another-secret"


def test_only_passwords_are_kept_out_of_logs() -> None:
    read(NUMBERED, secret("infra", user1="robot_with_a_name", password1="Robots-Password-1"))

    assert TRIPWIRE.trips("Robots-Password-1")
    assert not TRIPWIRE.trips("robot_with_a_name")
    assert "Robots" not in repr(InfrastructureRole("robot", "Robots-Password-1"))
