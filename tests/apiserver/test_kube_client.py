"""The client's errors and conditions, as a real API server answers them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from activities.kube.client import Kube as KubeClient
from tests.apiserver.kube import Kube
from tests.apiserver.operating import connected
from tests.apiserver.plane import Plane
from workflows.model.errors import Conflict, Forbidden, InvalidObject, NotFound, Precondition


@pytest.fixture
def client(apiserver: Plane) -> Iterator[KubeClient]:
    client = connected(apiserver.kubeconfig("operator"))
    yield client
    client.close()


def config_map(namespace: str, **data: str) -> dict[str, Any]:
    meta = {"name": "note", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def test_creating_what_exists_is_a_conflict(client: KubeClient, namespace: str) -> None:
    client.create(config_map(namespace))
    with pytest.raises(Conflict, match="already exists"):
        client.create(config_map(namespace))


def test_an_older_version_is_a_conflict(client: KubeClient, namespace: str) -> None:
    made = client.create(config_map(namespace))
    client.apply(config_map(namespace, a="1"))
    version = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"]}}
    with pytest.raises(Conflict):
        client.patch("ConfigMap", namespace, "note", {**version, "data": {"a": "2"}})


def test_another_uid_is_refused(client: KubeClient, namespace: str) -> None:
    client.create(config_map(namespace))
    with pytest.raises((Conflict, Precondition)):
        client.patch("ConfigMap", namespace, "note", {"metadata": {"uid": "another"}})


def test_an_invalid_object_is_refused_with_the_servers_words(
    client: KubeClient, namespace: str
) -> None:
    bad = config_map(namespace) | {"data": {"not a key": "x"}}
    with pytest.raises(InvalidObject, match="a valid config key"):
        client.apply(bad)


def test_one_object_is_followed_from_what_it_is_to_its_end_and_beyond(
    client: KubeClient, namespace: str
) -> None:
    client.create(config_map(namespace, a="1"))
    seen: list[str | None] = []
    for found in client.follow("ConfigMap", namespace, "note", seconds=5.0):
        seen.append(str(found["data"]["a"]) if found else None)
        if seen == ["1"]:
            client.apply(config_map(namespace, a="2"))
        elif seen == ["1", "2"]:
            client.delete("ConfigMap", namespace, "note")
        elif found is None:
            client.create(config_map(namespace, a="3"))
    assert seen == ["1", "2", None, "3"]
    assert list(client.follow("ConfigMap", namespace, "another", seconds=3.0)) == []


def test_a_namespace_that_is_not_there_is_named(client: KubeClient) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        client.apply(config_map("nowhere"))


def test_an_unknown_token_is_forbidden(apiserver: Plane, namespace: str, tmp_path: Path) -> None:
    content = yaml.safe_load(apiserver.kubeconfig("operator").read_text())
    content["users"][0]["user"] = {"token": "wrong"}
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(content))
    client = connected(tmp_path / "kubeconfig")
    with pytest.raises(Forbidden, match="401"):
        client.get("ConfigMap", namespace, "note")
    client.close()


def test_deleting_by_another_uid_deletes_nothing(client: KubeClient, namespace: str) -> None:
    made = client.create(config_map(namespace))
    assert not client.delete("ConfigMap", namespace, "note", uid="another")
    assert client.get("ConfigMap", namespace, "note")
    assert client.delete("ConfigMap", namespace, "note", uid=made["metadata"]["uid"])
    assert not client.delete("ConfigMap", namespace, "note")


def test_applying_again_does_not_even_change_the_version(
    client: KubeClient, namespace: str
) -> None:
    first = client.apply(config_map(namespace, a="1"))
    assert client.apply(config_map(namespace, a="1")) == first


def test_what_is_left_out_is_removed_and_what_others_set_stays(
    client: KubeClient, kube: Kube, namespace: str
) -> None:
    client.apply(config_map(namespace, a="1", b="2"))
    kube.merge("ConfigMap", namespace, "note", {"data": {"theirs": "3"}})
    assert client.apply(config_map(namespace, a="1"))["data"] == {"a": "1", "theirs": "3"}


@pytest.mark.parametrize(
    "text", ["\U0001f600", "\u0085\u2028\x01\x7f", "\\ud83d", 'a"\\n: {b}', ""]
)
def test_any_text_arrives_as_it_was_sent(client: KubeClient, namespace: str, text: str) -> None:
    assert client.apply(config_map(namespace, a=text))["data"] == {"a": text}
    assert client.patch("ConfigMap", namespace, "note", {"data": {"b": text}})
    assert (client.get("ConfigMap", namespace, "note") or {})["data"] == {"a": text, "b": text}


def test_a_dry_run_leaves_nothing(client: KubeClient, namespace: str) -> None:
    client.create(config_map(namespace), dry_run=True)
    assert client.get("ConfigMap", namespace, "note") is None


def test_pages_of_a_fresh_list_are_put_together(
    client: KubeClient, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.kube.client.PAGE", 2)
    for number in range(5):
        item = config_map(namespace)
        item["metadata"] |= {"name": f"note-{number}", "labels": {"mine": "yes"}}
        client.create(item)
    listed = client.list("ConfigMap", namespace, {"mine": "yes"}, fresh=True)
    assert [item["metadata"]["name"] for item in listed] == [f"note-{n}" for n in range(5)]
    assert listed[0]["kind"] == "ConfigMap"
