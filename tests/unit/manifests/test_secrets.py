import base64
from typing import Any

from activities.manifests import secrets
from tests.unit.manifests.inputs import cluster, configuration

OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "app", "uid": "1"}


def build(user: str, **more: Any) -> dict[str, Any]:
    of = cluster(annotations={"keep": "me"}, owners=[OWNER])
    under = configuration(inherited_annotations="keep")
    return secrets.build(cluster=of, configuration=under, user=user, password="pw", **more)


def data(secret: dict[str, Any]) -> dict[str, str]:
    return {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}


def test_name_data_and_marks() -> None:
    found = build("foo_user")
    assert data(found) == {"username": "foo_user", "password": "pw"}
    assert found["type"] == "Opaque"
    assert found["metadata"] == {
        "name": "foo-user.acid-main.credentials.postgresql.acid.zalan.do",
        "namespace": "space",
        "labels": {"application": "spilo", "cluster-name": "acid-main", "team": "acid"},
        "annotations": {"keep": "me"},
        "ownerReferences": [OWNER],
    }


def test_in_another_namespace_it_has_no_owner() -> None:
    meta = build("app.foo", namespace="app")["metadata"]
    assert (meta["namespace"], meta["name"].split(".acid-main")[0]) == ("app", "app.foo")
    assert "ownerReferences" not in meta
    assert meta["annotations"] == {"keep": "me"}


def test_the_next_rotation_is_told_once_there_is_one() -> None:
    found = build("foo", next_rotation="2026-01-01T00:00:00Z")
    assert data(found)["nextRotation"] == "2026-01-01T00:00:00Z"


def test_a_role_named_pooler_has_the_poolers_labels() -> None:
    assert build("pooler")["metadata"]["labels"] == {
        "application": "db-connection-pooler",
        "cluster-name": "acid-main",
        "connection-pooler": "acid-main-pooler",
    }
