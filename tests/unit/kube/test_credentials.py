import base64
import re
from dataclasses import replace
from typing import Any

import pytest

from activities.kube import credentials
from activities.postgres.wanted import Role, wanted_roles
from tests.unit.kube.clusters import cluster, configuration
from tests.unit.kube.server import serving
from workflows.tripwire import TRIPWIRE

CLUSTER = cluster(users={"app": []})
CONFIGURATION = configuration()


def role(name: str = "app") -> Role:
    wanted = wanted_roles(cluster=CLUSTER, configuration=CONFIGURATION)
    return next(role for role in wanted if role.name == name)


def secret(**data: str) -> dict[str, Any]:
    coded = {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}
    return {"kind": "Secret", "type": "Opaque", "data": coded}


def built(live: dict[str, Any] | None) -> dict[str, str]:
    manifest = credentials.build(role(), live, cluster=CLUSTER, configuration=CONFIGURATION)
    return {key: base64.b64decode(text).decode() for key, text in manifest["data"].items()}


def test_a_new_password_has_64_letters_and_digits() -> None:
    data = built(None)
    assert data["username"] == "app"
    assert re.fullmatch("[a-zA-Z0-9]{64}", data["password"])
    assert credentials.generated() != credentials.generated()


def test_a_new_password_is_known_to_the_tripwire() -> None:
    assert TRIPWIRE.trips(f"x {built(None)['password']} y")


def test_an_existing_password_is_kept_and_known_to_the_tripwire() -> None:
    assert built(secret(username="app", password="chosen-by-me"))["password"] == "chosen-by-me"
    assert TRIPWIRE.trips("chosen-by-me")


def test_other_contents_are_kept() -> None:
    live = secret(username="app", password="secret-1", nextRotation="2026-01-01", more="x")
    assert built(live) == {
        "username": "app",
        "password": "secret-1",
        "nextRotation": "2026-01-01",
        "more": "x",
    }


def test_the_user_of_a_rotation_is_kept() -> None:
    assert built(secret(username="app260131", password="secret-1"))["username"] == "app260131"


def test_a_system_role_has_no_dated_user() -> None:
    manifest = credentials.build(
        role("standby"),
        secret(username="standby260131", password="secret-1"),
        cluster=CLUSTER,
        configuration=CONFIGURATION,
    )
    assert base64.b64decode(manifest["data"]["username"]).decode() == "standby"


@pytest.mark.parametrize(
    ("live", "access", "password"),
    [
        (None, "true", "of-the-source"),
        (secret(username="app"), "true", "of-the-source"),
        (secret(username="app", password="of-before"), "true", "of-before"),
        (secret(username="app", password="of-before"), "false", "of-the-source"),
    ],
)
def test_a_password_decided_elsewhere_waits_for_the_server_to_learn_of_it(
    live: dict[str, Any] | None, access: str, password: str
) -> None:
    followed = replace(role(), password="of-the-source")
    settings = configuration(enable_database_access=access)
    manifest = credentials.build(followed, live, cluster=CLUSTER, configuration=settings)
    assert base64.b64decode(manifest["data"]["password"]).decode() == password


def test_a_username_nobody_could_log_in_with_is_corrected_and_the_password_kept() -> None:
    data = built(secret(username="somebody", password="secret-1"))
    assert data == {"username": "app", "password": "secret-1"}


def test_a_secret_with_a_username_only_gets_a_password() -> None:
    assert len(built(secret(username="app"))["password"]) == 64


def test_the_type_of_an_existing_secret_stays() -> None:
    live = secret(username="app", password="secret-1") | {"type": "kubernetes.io/basic-auth"}
    manifest = credentials.build(role(), live, cluster=CLUSTER, configuration=CONFIGURATION)
    assert manifest["type"] == "kubernetes.io/basic-auth"


@pytest.mark.parametrize(("status", "count"), [(200, 0), (404, 1), (403, 0)])
def test_a_role_for_a_namespace_that_does_not_exist_is_named(status: int, count: int) -> None:
    roles = wanted_roles(
        cluster=cluster(users={"elsewhere.app": []}),
        configuration=configuration(enable_cross_namespace_secret="true"),
    )
    with serving((status, {"kind": "Namespace"})) as script:
        found = credentials.obstacles(script.kube, roles, home="ns")
    assert len(found) == count
    assert script.asked[0].path == "/api/v1/namespaces/elsewhere"
