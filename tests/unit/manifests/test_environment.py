"""Which variable stands where, and which of two equal ones counts."""

from typing import Any

import pytest

from activities.manifests.environment import as_stored
from activities.manifests.inputs import PodEnvironment
from tests.unit.manifests.inputs import UID, cluster, configuration, stateful_set, variables

ALWAYS = [
    "SCOPE",
    "PGROOT",
    "POD_IP",
    "POD_NAMESPACE",
    "PGUSER_SUPERUSER",
    "KUBERNETES_SCOPE_LABEL",
    "KUBERNETES_ROLE_LABEL",
    "PGPASSWORD_SUPERUSER",
    "PGUSER_STANDBY",
    "PGPASSWORD_STANDBY",
    "PAM_OAUTH2",
    "HUMAN_ROLE",
    "PGVERSION",
    "KUBERNETES_LABELS",
    "SPILO_CONFIGURATION",
    "DCS_ENABLE_KUBERNETES_API",
    "KUBERNETES_BOOTSTRAP_LABELS",
    "KUBERNETES_USE_CONFIGMAPS",
]


def test_order_without_anything_special() -> None:
    assert list(variables()) == ALWAYS


def test_order_with_every_source() -> None:
    of = cluster(
        env=[{"name": "FROM_MANIFEST", "value": "1"}],
        clone={"cluster": "old"},
        tls={"secretName": "cert", "caFile": "ca.crt"},
    )
    under = configuration(
        enable_spilo_wal_path_compat="true",
        pod_environment_secret="env",
        wal_s3_bucket="wal",
        wal_gs_bucket="gs",
        wal_az_storage_account="az",
        gcp_credentials="/key",
        log_s3_bucket="log",
    )
    given = PodEnvironment(secret_keys=["S2", "S1"], config_map={"M2": "b", "M1": "a"})
    assert list(variables(of, under, given)) == [
        *ALWAYS[:12],
        "ENABLE_WAL_PATH_COMPAT",
        *ALWAYS[12:],
        "FROM_MANIFEST",
        "CLONE_SCOPE",
        "CLONE_METHOD",
        "CLONE_HOST",
        "CLONE_PORT",
        "CLONE_USER",
        "CLONE_PASSWORD",
        "S1",
        "S2",
        "M1",
        "M2",
        "WAL_S3_BUCKET",
        "WAL_BUCKET_SCOPE_SUFFIX",
        "WAL_BUCKET_SCOPE_PREFIX",
        "WAL_GS_BUCKET",
        "AZURE_STORAGE_ACCOUNT",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "LOG_S3_BUCKET",
        "LOG_BUCKET_SCOPE_SUFFIX",
        "LOG_BUCKET_SCOPE_PREFIX",
        "SSL_CERTIFICATE_FILE",
        "SSL_PRIVATE_KEY_FILE",
        "SSL_CA_FILE",
    ]


def test_etcd_takes_the_place_of_kubernetes() -> None:
    found = variables(under=configuration(etcd_host="etcd:2379"))
    assert list(found)[15:] == ["ETCD_HOST"]


def test_without_budgets_no_pod_marks_its_bootstrap_as_critical() -> None:
    found = variables(under=configuration(enable_pod_disruption_budget="false"))
    assert "KUBERNETES_BOOTSTRAP_LABELS" not in found


def test_endpoints_mode_is_the_absence_of_a_variable() -> None:
    found = variables(under=configuration(kubernetes_use_configmaps="false"))
    assert "KUBERNETES_USE_CONFIGMAPS" not in found


def test_the_archive_is_kept_apart_by_uid() -> None:
    found = variables(under=configuration(wal_s3_bucket="wal", log_s3_bucket="log"))
    assert found["WAL_BUCKET_SCOPE_SUFFIX"] == f"/{UID}"
    assert found["LOG_BUCKET_SCOPE_SUFFIX"] == f"/{UID}"
    assert found["WAL_BUCKET_SCOPE_PREFIX"] == ""


def test_cluster_labels_are_sorted_json() -> None:
    under = configuration(cluster_labels="zone:a,application:spilo")
    assert variables(under=under)["KUBERNETES_LABELS"] == '{"application":"spilo","zone":"a"}'


def test_the_manifest_cannot_replace_what_the_operator_sets() -> None:
    of = cluster(env=[{"name": "pgversion", "value": "9"}, {"name": "SCOPE", "value": "x"}])
    found = variables(of)
    assert found["SCOPE"] == "acid-main"
    assert found["PGVERSION"] == "17"
    assert "pgversion" not in found


def test_manifest_before_secret_before_config_map_before_operator() -> None:
    of = cluster(env=[{"name": "A", "value": "manifest"}])
    given = PodEnvironment(
        secret_keys=["A", "B"], config_map={"A": "map", "b": "map", "WAL_S3_BUCKET": "map"}
    )
    under = configuration(pod_environment_secret="env", wal_s3_bucket="operator")
    found = variables(of, under, given)
    assert found["A"] == "manifest"
    assert found["B"] == {"secretKeyRef": {"name": "env", "key": "B"}}
    assert "b" not in found
    assert found["WAL_S3_BUCKET"] == "map"


def test_an_empty_variable_of_the_manifest_switches_the_operators_off() -> None:
    of = cluster(env=[{"name": "WAL_S3_BUCKET", "value": ""}])
    assert variables(of, configuration(wal_s3_bucket="operator"))["WAL_S3_BUCKET"] == ""


def test_a_variable_of_the_manifest_stands_once_beside_clone_and_standby() -> None:
    of = cluster(
        env=[{"name": "CLONE_PORT", "value": "6432"}, {"name": "clone_host", "value": "x"}],
        clone={"cluster": "old"},
    )
    entries = stateful_set(of)["spec"]["template"]["spec"]["containers"][0]["env"]
    names = [entry["name"] for entry in entries]
    assert names.count("CLONE_PORT") == 1
    assert variables(of)["CLONE_PORT"] == "6432"
    assert variables(of)["CLONE_HOST"] == "old"


def test_the_name_of_a_variable_is_never_left_out() -> None:
    assert as_stored({"name": "", "value": ""}) == {"name": ""}


def test_a_field_reference_is_completed_as_the_server_would() -> None:
    node = {"fieldRef": {"fieldPath": "spec.nodeName"}}
    of = cluster(env=[{"name": "NODE", "valueFrom": node}])
    expected = {"fieldRef": {"apiVersion": "v1", "fieldPath": "spec.nodeName"}}
    assert variables(of)["NODE"] == expected


def test_secrets_follow_the_template() -> None:
    under = configuration(secret_name_template="{username}-{cluster}-{namespace}")
    found = variables(under=under)["PGPASSWORD_SUPERUSER"]
    assert found == {"secretKeyRef": {"name": "postgres-acid-main-space", "key": "password"}}


def clone_of(clone: dict[str, Any], **parameters: str) -> dict[str, Any]:
    found = variables(cluster(clone={"cluster": "old", **clone}), configuration(**parameters))
    return {name: value for name, value in found.items() if name.startswith("CLONE_")}


def test_clone_of_a_running_cluster() -> None:
    secret = "standby.old.credentials.postgresql.acid.zalan.do"
    assert clone_of({}, wal_s3_bucket="unused") == {
        "CLONE_SCOPE": "old",
        "CLONE_METHOD": "CLONE_WITH_BASEBACKUP",
        "CLONE_HOST": "old",
        "CLONE_PORT": "5432",
        "CLONE_USER": "standby",
        "CLONE_PASSWORD": {"secretKeyRef": {"name": secret, "key": "password"}},
    }


AT = {"timestamp": "2024-03-05T07:08:09+02:00"}
AT_END = {
    "CLONE_METHOD": "CLONE_WITH_WALE",
    "CLONE_TARGET_TIME": AT["timestamp"],
    "CLONE_WAL_BUCKET_SCOPE_PREFIX": "",
}


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"wal_s3_bucket": "b", "wal_gs_bucket": "g"}, {"CLONE_WAL_S3_BUCKET": "b"}),
        (
            {"wal_gs_bucket": "g", "gcp_credentials": "/k"},
            {"CLONE_WAL_GS_BUCKET": "g", "CLONE_GOOGLE_APPLICATION_CREDENTIALS": "/k"},
        ),
        ({"wal_az_storage_account": "a"}, {"CLONE_AZURE_STORAGE_ACCOUNT": "a"}),
        ({}, {}),
    ],
)
def test_clone_from_the_archive_the_operator_knows(
    parameters: dict[str, str], expected: dict[str, str]
) -> None:
    found = clone_of({**AT, "uid": UID}, **parameters)
    suffix = {"CLONE_WAL_BUCKET_SCOPE_SUFFIX": f"/{UID}"}
    assert found == {"CLONE_SCOPE": "old", **expected, **suffix, **AT_END}


def test_clone_from_a_path_with_its_own_access() -> None:
    found = clone_of(
        {
            **AT,
            "s3_wal_path": "s3://b/p",
            "s3_endpoint": "http://s3",
            "s3_access_key_id": "id",
            "s3_secret_access_key": "key",
            "s3_force_path_style": False,
        },
        wal_s3_bucket="unused",
        irsa_role_arn="arn",
    )
    token = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"
    assert found == {
        "CLONE_SCOPE": "old",
        "CLONE_WALE_S3_PREFIX": "s3://b/p",
        **AT_END,
        "CLONE_AWS_ENDPOINT": "http://s3",
        "CLONE_WALE_S3_ENDPOINT": "http://s3",
        "CLONE_AWS_ACCESS_KEY_ID": "id",
        "CLONE_AWS_SECRET_ACCESS_KEY": "key",
        "CLONE_AWS_S3_FORCE_PATH_STYLE": "0",
        "CLONE_AWS_ROLE_ARN": "arn",
        "CLONE_AWS_WEB_IDENTITY_TOKEN_FILE": token,
    }


@pytest.mark.parametrize(
    ("standby", "expected"),
    [
        ({"standby_host": "far"}, {"STANDBY_HOST": "far"}),
        (
            {
                "standby_host": "far",
                "standby_port": "6432",
                "standby_primary_slot_name": "slot",
                "s3_wal_path": "s3://b",
            },
            {
                "STANDBY_HOST": "far",
                "STANDBY_PORT": "6432",
                "STANDBY_PRIMARY_SLOT_NAME": "slot",
                "STANDBY_WALE_S3_PREFIX": "s3://b",
                "STANDBY_METHOD": "STANDBY_WITH_WALE",
                "STANDBY_WAL_BUCKET_SCOPE_PREFIX": "",
            },
        ),
        (
            {"gs_wal_path": "gs://b"},
            {
                "STANDBY_WALE_GS_PREFIX": "gs://b",
                "STANDBY_METHOD": "STANDBY_WITH_WALE",
                "STANDBY_WAL_BUCKET_SCOPE_PREFIX": "",
            },
        ),
    ],
)
def test_standby(standby: dict[str, str], expected: dict[str, str]) -> None:
    found = variables(cluster(standby=standby))
    assert {k: v for k, v in found.items() if k.startswith("STANDBY_")} == expected
