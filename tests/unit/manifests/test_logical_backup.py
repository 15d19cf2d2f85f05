from typing import Any

import pytest

from activities.manifests import logical_backup
from tests.unit.manifests.inputs import UID, Object, cluster, configuration
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


def build(of: Postgresql | None = None, under: Configuration | None = None, *keys: str) -> Object:
    return logical_backup.build(
        cluster=of or cluster(), configuration=under or configuration(), secret_keys=list(keys)
    )


def pod(found: Object) -> Object:
    spec: Object = found["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return spec


def variables(found: Object) -> dict[str, Any]:
    entries = pod(found)["containers"][0]["env"]
    return {entry["name"]: entry.get("value", entry.get("valueFrom", "")) for entry in entries}


def test_schedule_and_retention_of_the_manifest_go_first() -> None:
    of = cluster(logicalBackupSchedule="1 2 * * *", logicalBackupRetention="2 weeks")
    found = build(of, configuration(logical_backup_s3_retention_time="1 year"))
    assert found["spec"]["schedule"] == "1 2 * * *"
    assert variables(found)["LOGICAL_BACKUP_S3_RETENTION_TIME"] == "2 weeks"
    assert build()["spec"]["schedule"] == "30 00 * * *"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (
            {},
            {
                "LOGICAL_BACKUP_S3_REGION": "",
                "LOGICAL_BACKUP_S3_ENDPOINT": "",
                "LOGICAL_BACKUP_S3_SSE": "",
                "LOGICAL_BACKUP_S3_RETENTION_TIME": "",
            },
        ),
        (
            {
                "logical_backup_provider": "gcs",
                "logical_backup_google_application_credentials": "/key",
            },
            {"LOGICAL_BACKUP_GOOGLE_APPLICATION_CREDENTIALS": "/key"},
        ),
        (
            {
                "logical_backup_provider": "az",
                "logical_backup_azure_storage_container": "c",
                "logical_backup_azure_storage_account_name": "n",
            },
            {
                "LOGICAL_BACKUP_AZURE_STORAGE_ACCOUNT_NAME": "n",
                "LOGICAL_BACKUP_AZURE_STORAGE_CONTAINER": "c",
            },
        ),
    ],
)
def test_each_provider_has_variables_of_its_own(
    parameters: dict[str, str], expected: dict[str, str]
) -> None:
    found = variables(build(under=configuration(**parameters)))
    assert list(found.items())[13:] == list(expected.items())
    assert found["LOGICAL_BACKUP_S3_BUCKET_SCOPE_SUFFIX"] == f"/{UID}"


def test_a_variable_of_the_secret_replaces_the_operators() -> None:
    own = "own"
    under = configuration(logical_backup_cronjob_environment_secret=own)
    found = build(None, under, "PGSSLMODE", "EXTRA")
    names = [entry["name"] for entry in pod(found)["containers"][0]["env"]]
    assert names.count("PGSSLMODE") == 1
    assert variables(found)["PGSSLMODE"] == {"secretKeyRef": {"name": own, "key": "PGSSLMODE"}}
    assert names[-2:] == ["EXTRA", "PGSSLMODE"]


def test_database_defaults_fill_what_backups_leave_open() -> None:
    under = configuration(
        logical_backup_cpu_limit="2", default_cpu_limit="1", default_memory_limit="1Gi"
    )
    found = build(under=under)
    assert pod(found)["containers"][0]["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("annotations", "outside"),
    [({}, None), ({"a": "b"}, {"a": "b", "iam.amazonaws.com/role": "r"})],
)
def test_a_cloud_role_is_on_the_pods(
    annotations: dict[str, str], outside: dict[str, str] | None
) -> None:
    found = build(cluster(podAnnotations=annotations), configuration(kube_iam_role="r"))
    template = found["spec"]["jobTemplate"]["spec"]["template"]
    assert template["metadata"]["annotations"]["iam.amazonaws.com/role"] == "r"
    assert found["metadata"].get("annotations") == outside


def test_an_inherited_annotation_does_not_bring_the_cloud_role_outside_of_the_pods() -> None:
    of = cluster(annotations={"owner": "x"})
    under = configuration(kube_iam_role="r", inherited_annotations="owner")
    found = build(of, under)
    assert found["metadata"]["annotations"] == {"owner": "x"}
    assert found["spec"]["jobTemplate"]["metadata"]["annotations"] == {"owner": "x"}
    template = found["spec"]["jobTemplate"]["spec"]["template"]
    assert template["metadata"]["annotations"] == {"owner": "x", "iam.amazonaws.com/role": "r"}


def test_a_long_name_leaves_room_for_kubernetes() -> None:
    assert len(build(cluster(name="a" * 58))["metadata"]["name"]) == 52


def test_a_cluster_without_members_is_not_dumped() -> None:
    assert build(cluster(numberOfInstances=0))["spec"]["suspend"] is True
    assert "suspend" not in build()["spec"]
