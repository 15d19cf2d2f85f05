from typing import Any

import pytest

from activities.manifests import volumes
from tests.unit.manifests.inputs import cluster, configuration, container, pod, stateful_set

DATA = {"name": "pgdata", "mountPath": "/home/postgres/pgdata"}
SHARED_MEMORY = {"name": "dshm", "mountPath": "/dev/shm"}


def scratch(**more: Any) -> dict[str, Any]:
    return {"name": "scratch", "mountPath": "/scratch", "volumeSource": {"emptyDir": {}}, **more}


def mounts(name: str, **spec: Any) -> list[dict[str, str]]:
    found: list[dict[str, str]] = container(name, cluster(**spec))["volumeMounts"]
    return found


SIDECAR: dict[str, Any] = {"sidecars": [{"name": "beside", "image": "i"}]}


def test_data_and_shared_memory() -> None:
    assert mounts("postgres") == [DATA, SHARED_MEMORY]
    assert pod()["volumes"] == [{"name": "dshm", "emptyDir": {"medium": "Memory"}}]


@pytest.mark.parametrize(
    ("manifest", "operator", "there"),
    [(None, "false", False), (True, "false", True), (False, "true", True), (None, "true", True)],
)
def test_the_manifest_can_switch_shared_memory_on_but_not_off(
    manifest: bool | None, operator: str, there: bool
) -> None:
    spec: dict[str, Any] = {} if manifest is None else {"enableShmVolume": manifest}
    found = pod(cluster(**spec), configuration(enable_shm_volume=operator))
    assert bool(found.get("volumes")) is there


@pytest.mark.parametrize(
    ("expression", "key"), [(None, "subPath"), (False, "subPath"), (True, "subPathExpr")]
)
def test_data_may_lie_in_a_folder_of_its_volume(expression: bool | None, key: str) -> None:
    volume = {"size": "1Gi", "subPath": "$(POD)"} | (
        {} if expression is None else {"isSubPathExpr": expression}
    )
    assert mounts("postgres", volume=volume)[0] == {**DATA, key: "$(POD)"}


def test_the_claim_says_what_the_manifest_says() -> None:
    selector = {"matchLabels": {"disk": "fast"}}
    volume = {"size": "2048Mi", "storageClass": "fast", "selector": selector}
    (claim,) = stateful_set(cluster(volume=volume))["spec"]["volumeClaimTemplates"]
    assert claim["spec"] == {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "2Gi"}},
        "volumeMode": "Filesystem",
        "storageClassName": "fast",
        "selector": selector,
    }


def test_an_empty_storage_class_is_the_default_one() -> None:
    of = cluster(volume={"size": "1Gi", "storageClass": ""})
    (claim,) = stateful_set(of)["spec"]["volumeClaimTemplates"]
    assert "storageClassName" not in claim["spec"]


def test_sockets_and_the_additional_secret_are_in_every_container() -> None:
    under = configuration(
        share_pgsocket_with_sidecars="true",
        additional_secret_mount="cloud",
        additional_secret_mount_path="/cloud",
    )
    shared = [
        {"name": "postgresql-run", "mountPath": "/var/run/postgresql"},
        {"name": "cloud", "mountPath": "/cloud"},
    ]
    of = cluster(**SIDECAR)
    assert container("postgres", of, under)["volumeMounts"] == [DATA, SHARED_MEMORY, *shared]
    assert container("beside", of, under)["volumeMounts"] == [DATA, *shared]
    assert pod(of, under)["volumes"][1:] == [
        {"name": "postgresql-run", "emptyDir": {"medium": "Memory"}},
        {"name": "cloud", "secret": {"secretName": "cloud"}},
    ]


@pytest.mark.parametrize(
    ("targets", "inside"),
    [
        (None, ["postgres"]),
        ([], ["postgres"]),
        (["beside"], ["beside"]),
        (["all"], ["postgres", "beside"]),
        (["all", "beside"], ["postgres", "beside"]),
        (["nobody"], []),
    ],
)
def test_an_additional_volume_is_mounted_where_it_is_wanted(
    targets: list[str] | None, inside: list[str]
) -> None:
    volume = scratch() if targets is None else scratch(targetContainers=targets)
    spec: dict[str, Any] = {**SIDECAR, "additionalVolumes": [volume]}
    mount = {"name": "scratch", "mountPath": "/scratch"}
    assert [n for n in ("postgres", "beside") if mount in mounts(n, **spec)] == inside
    assert {"name": "scratch", "emptyDir": {}} in pod(cluster(**spec))["volumes"]


def test_a_folder_of_an_additional_volume() -> None:
    spec: dict[str, Any] = {"additionalVolumes": [scratch(subPath="$(X)", isSubPathExpr=True)]}
    assert mounts("postgres", **spec)[-1] == {
        "name": "scratch",
        "mountPath": "/scratch",
        "subPathExpr": "$(X)",
    }


@pytest.mark.parametrize("path", ["/scratch", "/home/postgres/pgdata"])
def test_a_volume_over_a_path_in_use_is_left_out_with_its_mounts(path: str) -> None:
    second = scratch(name="second", mountPath=path, targetContainers=["postgres"])
    spec: dict[str, Any] = {"additionalVolumes": [scratch(), second]}
    assert "second" not in {mount["name"] for mount in mounts("postgres", **spec)}
    assert "second" not in {volume["name"] for volume in pod(cluster(**spec))["volumes"]}


def test_certificate_and_ca_may_be_of_one_secret() -> None:
    spec: dict[str, Any] = {
        "tls": {"secretName": "cert", "caSecretName": "cert", "caFile": "ca.crt"}
    }
    assert mounts("postgres", **spec)[-2:] == [
        {"name": "cert", "mountPath": "/tls"},
        {"name": "cert", "mountPath": "/tlsca"},
    ]
    secret = {"secretName": "cert", "defaultMode": 0o640}
    assert pod(cluster(**spec))["volumes"][1:] == [{"name": "cert", "secret": secret}]


def test_a_ca_secret_without_a_ca_file_is_not_mounted() -> None:
    spec: dict[str, Any] = {"tls": {"secretName": "cert", "caSecretName": "ca"}}
    assert [mount["name"] for mount in mounts("postgres", **spec)] == ["pgdata", "dshm", "cert"]


def test_tls_with_an_empty_secret_is_off() -> None:
    assert stateful_set(cluster(tls={"secretName": "", "caFile": "x"})) == stateful_set()


def test_new_claims_ask_for_the_attributes_class_only_if_there_is_one() -> None:
    classed = volumes.data_claim(
        cluster(volume={"size": "1Gi", "attributesClass": "fast"}), configuration()
    )
    assert classed["spec"]["volumeAttributesClassName"] == "fast"
    plain = volumes.data_claim(cluster(volume={"size": "1Gi"}), configuration())
    assert "volumeAttributesClassName" not in plain["spec"]
