"""The logical backup's decisions."""

import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.images.logical_backup.dump import job, settings, source, upload

CRON_JOB = {
    "SCOPE": "demo",
    "CLUSTER_NAME_LABEL": "cluster-name",
    "POD_NAMESPACE": "default",
    "PG_VERSION": "17",
    "PGUSER": "postgres",
    "LOGICAL_BACKUP_PROVIDER": "s3",
    "LOGICAL_BACKUP_S3_BUCKET": "b",
    "LOGICAL_BACKUP_S3_BUCKET_PREFIX": "spilo",
    "LOGICAL_BACKUP_S3_BUCKET_SCOPE_SUFFIX": "/uid",
}


def read(**more: str) -> settings.Settings:
    return settings.read(CRON_JOB | more, epoch=17)


def pod(name: str, *, role: str | None = None, node: str = "n1", **labels: str) -> source.Pod:
    roles = {"spilo-role": role} if role else {}
    return {
        "metadata": {"name": name, "labels": {"application": "spilo", **roles, **labels}},
        "spec": {"nodeName": node},
        "status": {"podIP": f"ip-of-{name}"},
    }


def chosen(*pods: source.Pod, node: str | None = None) -> str:
    return source.choose(pods, role_label="spilo-role", node=node)


def test_the_dump_lies_below_cluster_and_uid() -> None:
    assert read().key == "spilo/demo/uid/logical_backups/17.sql.gz"
    assert read().folder == "spilo/demo/uid/logical_backups/"


def test_without_a_prefix_the_path_starts_with_the_cluster() -> None:
    assert read(LOGICAL_BACKUP_S3_BUCKET_PREFIX="").key.startswith("demo/uid/")


@pytest.mark.parametrize(
    ("text", "days"),
    [("3 months", 90), ("2 weeks", 14), ("1 day", 1), ("1 year", 365), ("", None)],
)
def test_retention_is_a_number_of_time_units(text: str, days: int | None) -> None:
    expected = None if days is None else timedelta(days=days)
    assert read(LOGICAL_BACKUP_S3_RETENTION_TIME=text).keep == expected


@pytest.mark.parametrize(
    "change",
    [
        {"LOGICAL_BACKUP_PROVIDER": "gcs"},
        {"LOGICAL_BACKUP_S3_RETENTION_TIME": "a while"},
        {"LOGICAL_BACKUP_CONNECT_RETRIES": "many"},
    ],
)
def test_what_cannot_be_done_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(settings.BadSettings):
        read(**change)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(settings.BadSettings, match="SCOPE"):
        settings.read({}, epoch=0)


def test_a_replica_on_the_own_node_is_preferred() -> None:
    far, near = pod("a", role="replica", node="n2"), pod("b", role="replica", node="n1")
    assert chosen(pod("m", role="master"), far, near, node="n1") == "ip-of-b"


def test_any_replica_is_better_than_the_primary() -> None:
    assert chosen(pod("m", role="master"), pod("a", role="replica", node="n2")) == "ip-of-a"


def test_the_primary_will_do() -> None:
    assert chosen(pod("m", role="master"), pod("x")) == "ip-of-m"


def test_poolers_and_backups_are_no_members() -> None:
    pooler = pod("p", role="master", **{"connection-pooler": "demo-pooler"})
    backup = pod("l", role="master", application="spilo-logical-backup")
    with pytest.raises(source.NoMember):
        chosen(pooler, backup)


def test_a_renamed_role_label_is_found_by_its_values() -> None:
    renamed = {"metadata": {"name": "r", "labels": {"role": "replica"}}}
    assert chosen(pod("x") | renamed) == "ip-of-x"


def test_parts_grow_with_the_dump() -> None:
    assert upload.part_size(10) == 8 * upload.MEBIBYTE
    assert upload.part_size(10**12) * upload.PARTS >= 10**12


def test_only_dumps_before_the_limit_are_outdated() -> None:
    now = datetime(2024, 1, 31, tzinfo=UTC)
    objects: list[dict[str, Any]] = [
        {"Key": "f/1.sql.gz", "LastModified": now - timedelta(days=8)},
        {"Key": "f/2.sql.gz", "LastModified": now - timedelta(days=6)},
        {"Key": "f/other", "LastModified": now - timedelta(days=9)},
    ]
    before = upload.limit(now, timedelta(days=7))
    assert upload.outdated(objects, before=before) == ["f/1.sql.gz"]


@pytest.mark.parametrize("code", [0, 3])
def test_the_end_of_a_dump_is_good_only_when_its_programs_were(code: int) -> None:
    with subprocess.Popen([sys.executable, "-c", f"raise SystemExit({code})"]) as program:
        stream = job.Checked(io.BytesIO(b"dump"), program)
        assert stream.read() == b"dump"
        if code:
            with pytest.raises(job.DumpFailed):
                stream.read()
        else:
            assert stream.read() == b""
