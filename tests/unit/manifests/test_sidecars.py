from typing import Any

from activities.manifests import sidecars
from tests.unit.manifests.inputs import cluster, configuration, container, pod
from workflows.model.configuration import Configuration

SECRET = "postgres.acid-main.credentials.postgresql.acid.zalan.do"
ACCESS = [
    {
        "name": "POD_NAME",
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.name"}},
    },
    {
        "name": "POD_NAMESPACE",
        "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}},
    },
    {"name": "POSTGRES_USER", "value": "postgres"},
    {
        "name": "POSTGRES_PASSWORD",
        "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "password"}},
    },
]
MOUNT = {"name": "pgdata", "mountPath": "/home/postgres/pgdata"}


def of(*given: dict[str, Any], under: Configuration | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pod(cluster(sidecars=list(given)), under)["containers"][1:]
    return found


def globals_(containers: list[dict[str, Any]], **more: Any) -> Configuration:
    obj = {"configuration": {"sidecars": containers, **more}}
    return Configuration.from_object(obj, operator_namespace="operators")


def test_a_sidecar_gets_access_and_data() -> None:
    assert of({"name": "beside", "image": "i"}) == [
        {
            "name": "beside",
            "image": "i",
            "imagePullPolicy": "IfNotPresent",
            "resources": {},
            "env": ACCESS,
            "volumeMounts": [MOUNT],
        }
    ]


def test_without_a_name_it_is_numbered() -> None:
    assert [c["name"] for c in of({"image": "a"}, {"image": "b"})] == ["sidecar-0", "sidecar-1"]


def test_its_own_variables_come_after_and_cannot_replace_access() -> None:
    env = [
        {"name": "LEVEL", "value": "info"},
        {"name": "postgres_user", "value": "me"},
        {"name": "LEVEL", "value": "debug"},
    ]
    (found,) = of({"name": "beside", "image": "i", "env": env})
    assert found["env"] == [*ACCESS, {"name": "LEVEL", "value": "debug"}]


def test_ports_and_command_are_copied() -> None:
    ports = [{"name": "metrics", "containerPort": 9187}]
    (found,) = of({"name": "b", "image": "i", "ports": ports, "command": ["run"]})
    assert (found["ports"], found["command"]) == (ports, ["run"])


def test_of_two_with_one_name_the_manifests_is_kept() -> None:
    under = globals_(
        [{"name": "a", "image": "global"}, {"name": "b", "image": "global"}],
        sidecar_docker_images={"c": "images", "b": "images"},
    )
    found = of({"name": "a", "image": "manifest"}, under=under)
    assert [(c["name"], c["image"]) for c in found] == [
        ("a", "manifest"),
        ("b", "global"),
        ("c", "images"),
    ]


def test_a_global_container_keeps_its_own_mounts() -> None:
    own = {"name": "x", "mountPath": "/x"}
    under = globals_([{"name": "a", "image": "i", "volumeMounts": [own], "tty": True}])
    (found,) = of(under=under)
    assert found["volumeMounts"] == [own, MOUNT]
    assert found["tty"] is True


def test_scalyr_needs_key_and_image() -> None:
    assert of(under=configuration(scalyr_api_key="k")) == []
    under = configuration(scalyr_api_key="k", scalyr_image="s", default_cpu_limit="9")
    (found,) = of(under=under)
    assert found["name"] == "scalyr-sidecar"
    assert found["resources"] == {
        "requests": {"cpu": "100m", "memory": "50Mi"},
        "limits": {"cpu": "1", "memory": "500Mi"},
    }
    assert found["env"][4:] == [
        {"name": "SCALYR_API_KEY", "value": "k"},
        {"name": "SCALYR_SERVER_HOST", "value": "acid-main"},
        {"name": "SCALYR_SERVER_URL", "value": "https://upload.eu.scalyr.com"},
    ]


def test_switched_off_containers_are_refused_only_at_creation() -> None:
    given = cluster(
        sidecars=[{"name": "a", "image": "i"}], initContainers=[{"name": "b", "image": "i"}]
    )
    under = configuration(enable_sidecars="false", enable_init_containers="false")
    refused = sidecars.refused_at_creation(given, under)
    assert [error.path for error in refused] == ["spec.initContainers", "spec.sidecars"]
    assert sidecars.refused_at_creation(given, configuration()) == []
    assert sidecars.refused_at_creation(cluster(), under) == []
    assert container("a", given, under)["image"] == "i"
