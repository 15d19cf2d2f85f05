"""A manifest that uses much of what there is: what it asks for is there, and can be used."""

import gzip
import json
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from tests.field import images, install, store
from tests.field.cluster import Cluster, manifest
from tests.field.kubectl import Kubectl
from tests.field.platform import Platform
from tests.field.waiting import until

NAME = "acid-whole"
IDLE = ["sleep", "infinity"]


def spec() -> dict[str, Any]:
    """Images are those of the platform, which are on its nodes already."""
    image = images.name("database")
    everywhere = {"mountPath": "/scratch", "targetContainers": ["all"]}
    return {
        "env": [{"name": "TZ", "value": "Europe/Lisbon"}],
        "podAnnotations": {"scrape": "yes"},
        "serviceAnnotations": {"reach": "internal"},
        "enableShmVolume": True,
        "initContainers": [
            {
                "name": "before",
                "image": image,
                "command": ["sh", "-c", "echo prepared"],
                "resources": {"limits": {"cpu": "100m", "memory": "50Mi"}},
            }
        ],
        "sidecars": [{"name": "beside", "image": image, "command": IDLE}],
        "additionalVolumes": [{"name": "scratch", "volumeSource": {"emptyDir": {}}, **everywhere}],
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "livenessProbe": {"httpGet": {"path": "/liveness", "port": 8008}, "periodSeconds": 10},
        "preparedDatabases": {"billing": {"defaultUsers": True, "schemas": {"data": {}}}},
        "patroni": {"initdb": {"data-checksums": "true"}, "ttl": 40},
        "enableLogicalBackup": True,
        "logicalBackupSchedule": "0 0 1 1 *",
    }


@pytest.fixture(scope="module")
def whole(operator: install.Operator, shared: Kubectl) -> Cluster:
    shared.apply(manifest(NAME, **spec()))
    cluster = Cluster(shared, NAME)
    cluster.until_running()
    return cluster


def test_pods_are_as_written(whole: Cluster) -> None:
    pod = whole.pods()[0]
    containers = {one["name"]: one for one in pod["spec"]["containers"]}
    assert list(containers) == ["postgres", "beside"]
    assert pod["metadata"]["annotations"]["scrape"] == "yes"
    assert [one["name"] for one in pod["spec"]["initContainers"]] == ["before"]
    assert all(status["ready"] for status in pod["status"]["containerStatuses"])
    mounts = {name: _mounts(one) for name, one in containers.items()}
    assert {"/scratch", "/home/postgres/pgdata", "/dev/shm"} <= mounts["postgres"]
    assert {"/scratch", "/home/postgres/pgdata"} <= mounts["beside"]


def test_a_sidecar_can_log_in_with_what_it_is_given(whole: Cluster) -> None:
    script = 'PGPASSWORD="$POSTGRES_PASSWORD" exec psql -h "$0" -U "$POSTGRES_USER" -XAtc "$1"'
    host = f"{whole.name}.{whole.kubectl.namespace}"
    words = ["sh", "-c", script, host, "select current_user"]
    said = whole.kubectl.execute(whole.primary(), *words, container="beside")
    assert said.strip() == "postgres"


def test_settings_and_prepared_databases_are_in_force(whole: Cluster) -> None:
    assert whole.superuser("show data_checksums").strip() == "on"
    create = "create table bill (id int); insert into bill values (1)"
    query = "select count(*) from data.bill"
    whole.login(f"set search_path = data; {create}", user="billing_owner_user", db="billing")
    assert whole.login(query, user="billing_reader_user", db="billing").strip() == "1"


def test_a_backup_by_hand_is_a_dump_in_the_bucket(whole: Cluster, platform: Platform) -> None:
    whole.login("create table kept (said text); insert into kept values ('remember me')")
    job = f"cronjob/logical-backup-{NAME}"
    whole.kubectl("create", "job", "by-hand", f"--from={job}")
    whole.kubectl("wait", "job/by-hand", "--for=condition=Complete", "--timeout=90s", within=100)
    uid = whole.resource()["metadata"]["uid"]
    dump = _only_object(platform, f"spilo/{NAME}/{uid}/logical_backups/")
    assert "remember me" in gzip.decompress(dump).decode()


def test_an_edit_taken_back_leaves_everything_as_it_was(whole: Cluster) -> None:
    before = _children(whole)
    annotations = {"reach": "external", "more": "yes"}
    whole.kubectl.patch("postgresql", NAME, {"spec": {"serviceAnnotations": annotations}})
    until("the edit", lambda: _annotations(whole).get("more") == "yes")
    back = {"spec": {"serviceAnnotations": {"reach": "internal", "more": None}}}
    whole.kubectl.patch("postgresql", NAME, back)
    until("the former state", lambda: _children(whole) == before)
    whole.until_running()


def test_a_backup_switched_off_takes_its_job_away(whole: Cluster) -> None:
    whole.kubectl.patch("postgresql", NAME, {"spec": {"enableLogicalBackup": False}})
    until("no more CronJob", lambda: not whole.kubectl.list("cronjobs"))
    whole.until_running()


def test_a_larger_volume_grows_while_the_pod_runs(whole: Cluster) -> None:
    pod = whole.pods()[0]["metadata"]["uid"]
    assert _gibibytes(whole) == 1
    whole.kubectl.patch("postgresql", NAME, {"spec": {"volume": {"size": "2Gi"}}})
    until("the larger file system", lambda: _gibibytes(whole) == 2, within=90)
    whole.until_running()
    assert whole.pods()[0]["metadata"]["uid"] == pod


def test_a_volume_that_is_to_shrink_is_left_and_said_so(whole: Cluster) -> None:
    whole.kubectl.patch("postgresql", NAME, {"spec": {"volume": {"size": "1Gi"}}})
    until("a condition that says so", lambda: "can't shrink" in _claims_condition(whole))
    whole.kubectl.patch("postgresql", NAME, {"spec": {"volume": {"size": "2Gi"}}})
    until("no such condition any more", lambda: not _claims_condition(whole))
    whole.until_running()


def _gibibytes(cluster: Cluster) -> int:
    """Of the data volume's file system as the server sees it."""
    words = ["df", "--output=size", "--block-size=G", "/home/postgres/pgdata"]
    printed = cluster.kubectl.execute(cluster.primary(), *words, container="postgres")
    return int(printed.split()[-1].rstrip("G"))


def _claims_condition(cluster: Cluster) -> str:
    return str(cluster.conditions().get("VolumeClaims", {}).get("message", ""))


def _mounts(container: Mapping[str, Any]) -> set[str]:
    return {str(mount["mountPath"]) for mount in container["volumeMounts"]}


def _annotations(cluster: Cluster) -> Mapping[str, str]:
    service = cluster.kubectl.get("service", cluster.name)
    assert service
    annotations: Mapping[str, str] = service["metadata"].get("annotations", {})
    return annotations


def _children(cluster: Cluster) -> dict[str, str]:
    """What the operator wants of its objects, as text: metadata that people see, and specs."""
    kinds = ("statefulset", "service", "poddisruptionbudget", "cronjob")
    return {
        f"{kind}/{item['metadata']['name']}": json.dumps(
            [item["metadata"].get("labels"), item["metadata"].get("annotations"), item["spec"]],
            sort_keys=True,
        )
        for kind in kinds
        for item in cluster.kubectl.list(kind)
    }


def _only_object(platform: Platform, prefix: str) -> bytes:
    bucket = platform.environment["S3_BUCKET"]
    with closing(store.client(platform)) as s3:
        (found,) = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
        with closing(s3.get_object(Bucket=bucket, Key=found["Key"])["Body"]) as stream:
            body: bytes = stream.read()
    return body
