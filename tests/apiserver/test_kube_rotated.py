"""What follows from a new password, written to a real API server with the operator's rights."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from activities.kube.client import Kube as KubeClient
from activities.kube.rotated import Rotated
from activities.vault import Contents, Vault
from tests.apiserver.kube import Kube
from tests.apiserver.operating import connected
from tests.apiserver.plane import Plane
from tests.unit.kube.clusters import cluster, configuration
from workflows.model.errors import Conflict, NotYet
from workflows.model.names import ROLLING_UPDATE_REQUIRED

SECRET = "app.acid-test.credentials"


@pytest.fixture
def client(apiserver: Plane) -> Iterator[KubeClient]:
    client = connected(apiserver.kubeconfig("operator"))
    yield client
    client.close()


def made(client: KubeClient, namespace: str, **text: str) -> Contents:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
    meta = {"name": SECRET, "namespace": namespace}
    client.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": data})
    return opened(client, namespace)


def opened(client: KubeClient, namespace: str) -> Contents:
    found = Vault(client).open(namespace, SECRET)
    assert found is not None
    return found


def write(client: KubeClient, contents: Contents, *, next_rotation: str = "") -> None:
    Rotated(client).write(
        contents, user="app260131", password="Another-Password-1", next_rotation=next_rotation
    )


def test_another_login_is_written_and_the_rest_stays(client: KubeClient, namespace: str) -> None:
    before = made(client, namespace, username="app", password="A-Password-1", more="x")

    write(client, before, next_rotation="2026-05-30T12:00:00Z")

    after = opened(client, namespace)
    keys = ("username", "password", "nextRotation", "more")
    assert [after.text(key) for key in keys] == [
        "app260131",
        "Another-Password-1",
        "2026-05-30T12:00:00Z",
        "x",
    ]


@pytest.mark.parametrize(("dated", "there"), [({"nextRotation": "2026-01-01"}, True), ({}, False)])
def test_a_date_that_was_there_is_emptied_and_none_is_added(
    client: KubeClient, namespace: str, dated: dict[str, str], there: bool
) -> None:
    write(client, made(client, namespace, username="app", password="A-Password-1", **dated))

    after = opened(client, namespace)
    assert ("nextRotation" in after, after.text("nextRotation")) == (there, "")


def test_what_somebody_wrote_meanwhile_is_not_overwritten(
    client: KubeClient, namespace: str
) -> None:
    read = made(client, namespace, username="app", password="A-Password-1")
    client.patch("Secret", namespace, SECRET, {"stringData": {"password": "By-Hand-4711"}})

    with pytest.raises(Conflict):
        write(client, read)
    assert opened(client, namespace).text("password") == "By-Hand-4711"


def test_a_secret_that_is_gone_is_not_made_anew(client: KubeClient, namespace: str) -> None:
    read = made(client, namespace, username="app", password="A-Password-1")
    client.delete("Secret", namespace, SECRET)

    with pytest.raises(NotYet):
        write(client, read)


def test_only_database_pods_are_marked(client: KubeClient, kube: Kube, namespace: str) -> None:
    labels = {"application": "spilo", "cluster-name": "acid-test"}
    others = {**labels, "application": "db-connection-pooler"}
    for name, its_labels in (("acid-test-0", labels), ("acid-test-pooler-x", others)):
        kube.create(pod(name, namespace, its_labels))
    resource = cluster(name="acid-test", namespace=namespace)

    for _ in range(2):
        Rotated(client).outdate_pods(resource, configuration())

    marks = {
        found["metadata"]["name"]: found["metadata"].get("annotations")
        for found in client.list("Pod", namespace, {}, fresh=True)
    }
    assert marks == {"acid-test-0": {ROLLING_UPDATE_REQUIRED: "true"}, "acid-test-pooler-x": None}


def pod(name: str, namespace: str, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "automountServiceAccountToken": False,
            "containers": [{"name": "postgres", "image": "none"}],
        },
    }
