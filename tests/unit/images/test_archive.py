"""The WAL archive's place and variables."""

import pytest

from deploy.images.database.appliance import archive
from deploy.images.database.appliance.environment import Layout

CLUSTER = {"SCOPE": "demo", "POD_NAMESPACE": "default"}


def described(**environment: str) -> dict[str, str]:
    return archive.description(CLUSTER | environment, scope="demo", major=17)


def test_without_a_bucket_there_is_no_archive() -> None:
    assert described(AWS_ENDPOINT="http://s3.test") == {}


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({}, "s3://b/spilo/demo/wal/17"),
        ({"POD_NAMESPACE": "team"}, "s3://b/spilo/team-demo/wal/17"),
        (
            {"WAL_BUCKET_SCOPE_SUFFIX": "/uid", "WAL_BUCKET_SCOPE_PREFIX": ""},
            "s3://b/spilo/demo/uid/wal/17",
        ),
    ],
)
def test_the_path_tells_clusters_and_majors_apart(more: dict[str, str], path: str) -> None:
    assert described(WAL_S3_BUCKET="b", **more)["WALG_S3_PREFIX"] == path


def test_a_whole_path_is_used_as_it_is() -> None:
    assert described(WALE_S3_PREFIX="s3://b/mine")["WALG_S3_PREFIX"] == "s3://b/mine"


def test_another_store_has_its_own_scheme() -> None:
    assert described(WAL_GS_BUCKET="b")["WALG_GS_PREFIX"] == "gs://b/spilo/demo/wal/17"


def test_keys_are_handed_to_the_tool() -> None:
    found = described(WAL_S3_BUCKET="b", AWS_ACCESS_KEY_ID="k", PGPASSWORD_SUPERUSER="p")
    assert found["AWS_ACCESS_KEY_ID"] == "k"
    assert "PGPASSWORD_SUPERUSER" not in found


def test_a_server_of_ones_own_is_asked_by_path() -> None:
    found = described(WAL_S3_BUCKET="b", AWS_ENDPOINT="http://s3.test:7070")
    assert found["AWS_S3_FORCE_PATH_STYLE"] == "true"


def test_the_command_reads_the_variables_from_their_folder() -> None:
    command = archive.command({"WALG_S3_PREFIX": "s3://b"}, Layout.of({}))
    assert command == 'envdir "/run/etc/wal-e.d/env" wal-g wal-push "%p"'
