"""Parts of a manifest that Kubernetes, Postgres or Patroni would never take."""

from typing import Any

import pytest

from tests.unit.model.manifests import manifest, parsed, refused_paths
from workflows.model.postgresql import notices

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


def noted(**spec: Any) -> list[str]:
    parsed(**spec)
    return [notice.path for notice in notices(manifest(**spec))]


def test_a_variable_of_the_environment_needs_a_name() -> None:
    nameless = [{"name": "A"}, {"name": "", "value": "x"}]
    assert refused_paths(env=nameless) == ["spec.env[1].name"]
    sidecar = {"name": "a", "image": "i", "env": nameless}
    assert refused_paths(sidecars=[sidecar]) == ["spec.sidecars[0].env[1].name"]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"env": [None]}, "spec.env[0]"),
        (
            {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [None]}}},
            f"spec.nodeAffinity.{REQUIRED}.nodeSelectorTerms[0]",
        ),
        (
            {"initContainers": [{"name": "a", "image": "i", "command": [None]}]},
            "spec.initContainers[0].command[0]",
        ),
    ],
)
def test_null_is_no_item_of_a_list(spec: dict[str, Any], path: str) -> None:
    assert refused_paths(**spec) == [path]


def test_an_empty_value_of_a_variable_is_a_value() -> None:
    assert parsed(env=[{"name": "A", "value": ""}]).spec.env == [{"name": "A", "value": ""}]


def volume(path: str, name: str = "a") -> dict[str, Any]:
    return {"name": name, "mountPath": path, "volumeSource": {"emptyDir": {}}}


@pytest.mark.parametrize(
    "path", ["/", "//", "/home/..", "/home/postgres/pgdata/", "/home//postgres/./pgdata"]
)
def test_a_volume_that_would_hide_the_data_is_refused(path: str) -> None:
    assert refused_paths(additionalVolumes=[volume(path)]) == [
        "spec.additionalVolumes[0].mountPath"
    ]


@pytest.mark.parametrize("path", ["/home", "/home/postgres/"])
def test_a_volume_above_the_data_is_noted(path: str) -> None:
    assert noted(additionalVolumes=[volume(path)]) == ["spec.additionalVolumes[0].mountPath"]


@pytest.mark.parametrize("path", ["/home/postgres/x", "/tls", "/data", "/home/postgres/pgdata/wal"])
def test_a_volume_may_be_mounted_elsewhere(path: str) -> None:
    assert noted(additionalVolumes=[volume(path)]) == []


def test_a_volume_named_like_the_datas_is_noted() -> None:
    assert noted(additionalVolumes=[volume("/x", "pgdata")]) == ["spec.additionalVolumes[0].name"]


@pytest.mark.parametrize("path", ["/tls", "/tls/", "/tlsca"])
def test_a_volume_in_the_place_of_certificates_is_noted(path: str) -> None:
    tls = {"secretName": "t", "caFile": "ca.crt", "caSecretName": "ca"}
    place = "spec.additionalVolumes[0].mountPath"
    assert noted(additionalVolumes=[volume(path)], tls=tls) == [place]


def test_a_secret_with_an_authority_gives_its_name_to_a_volume_too() -> None:
    tls = {"secretName": "t", "caFile": "ca.crt", "caSecretName": "A.B"}
    assert refused_paths(tls=tls) == ["spec.tls.caSecretName"]
    parsed(tls={"secretName": "t", "caSecretName": "A.B"})


def test_names_that_postgres_would_cut_are_noted_as_left_out() -> None:
    long = "a" * 64
    assert noted(
        databases={long: "b", "a" * 63: "b"},
        preparedDatabases={"c": {"schemas": {long: {"defaultRoles": False}}}},
    ) == [f"spec.databases.{long}", f"spec.preparedDatabases.c.schemas.{long}"]


@pytest.mark.parametrize("user", ["Pool Er", "pooler!", "ä", "a" * 64])
def test_a_role_of_the_pooler_needs_a_name_for_its_secret(user: str) -> None:
    pooler = {"user": user}
    assert refused_paths(connectionPooler=pooler) == ["spec.connectionPooler.user"]
    parsed(connectionPooler=pooler, enableConnectionPooler=False)


@pytest.mark.parametrize("user", ["", "pool_er", "pool.er-1"])
def test_other_roles_of_the_pooler_are_accepted(user: str) -> None:
    parsed(connectionPooler={"user": user})


def test_a_pooler_has_no_negative_number_of_connections() -> None:
    assert refused_paths(connectionPooler={"maxDBConnections": -5}) == [
        "spec.connectionPooler.maxDBConnections"
    ]
    parsed(connectionPooler={"maxDBConnections": 0})


@pytest.mark.parametrize("name", ["Slot", "bad-slot", "a b", "", "a" * 64])
def test_a_slot_needs_a_name_that_postgres_takes(name: str) -> None:
    slots = {name: {"type": "physical"}}
    assert refused_paths(patroni={"slots": slots}) == [f"spec.patroni.slots.{name}"]


def test_a_slot_is_physical_or_logical() -> None:
    assert refused_paths(patroni={"slots": {"a": {"type": "other"}}}) == [
        "spec.patroni.slots.a.type"
    ]
    logical = {"type": "logical", "database": "d", "plugin": "pgoutput"}
    parsed(patroni={"slots": {"a": {}, "b": {"type": "physical"}, "c_9": logical}})


@pytest.mark.parametrize(
    ("stream", "field"),
    [
        ({"database": "Foo", "applicationId": "app"}, "database"),
        ({"database": "foo", "applicationId": "App"}, "applicationId"),
        ({"database": "foo", "applicationId": "a" * 60}, "applicationId"),
    ],
)
def test_a_stream_is_read_from_a_slot_that_can_be_named(stream: dict[str, str], field: str) -> None:
    assert refused_paths(streams=[{**stream, "tables": {}}]) == [f"spec.streams[0].{field}"]


def test_an_application_may_have_dashes() -> None:
    parsed(streams=[{"database": "foo", "applicationId": "my-app", "tables": {}}])


@pytest.mark.parametrize(
    "line",
    [
        "hots all all all md5",
        "HOST all all all md5",
        "all all all md5",
        "host all all all md5\nnonsense",
    ],
)
def test_a_line_of_pg_hba_begins_with_a_word_that_postgres_knows(line: str) -> None:
    hba = ["local all all trust", line]
    assert refused_paths(patroni={"pg_hba": hba}) == ["spec.patroni.pg_hba[1]"]


def test_other_lines_of_pg_hba_are_accepted() -> None:
    lines = [
        "",
        "# nothing",
        "hostssl\tall all 0.0.0.0/0 scram-sha-256",
        '"host" all all all md5',
        "host all \\\n all all md5",
        "include_if_exists more.conf",
        "local all all trust\n# and\nhostnossl all all all reject",
    ]
    parsed(patroni={"pg_hba": lines})


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "5432 "])
def test_a_standby_streams_from_a_port(port: str) -> None:
    standby = {"standby_host": "h", "standby_port": port}
    assert refused_paths(standby=standby) == ["spec.standby.standby_port"]


def test_a_standby_streams_from_a_slot_that_can_be() -> None:
    standby = {"standby_host": "h", "standby_primary_slot_name": "BAD SLOT"}
    assert refused_paths(standby=standby) == ["spec.standby.standby_primary_slot_name"]
    parsed(standby={"s3_wal_path": "s3://b/w", "standby_primary_slot_name": "BAD SLOT"})


@pytest.mark.parametrize("day", ["2020-02-31", "2021-02-29", "2024-04-31"])
def test_a_restore_is_to_a_day_that_was(day: str) -> None:
    clone = {"cluster": "a", "timestamp": f"{day}T00:00:00+00:00"}
    assert refused_paths(clone=clone) == ["spec.clone.timestamp"]
    parsed(clone={"cluster": "a", "timestamp": "2024-02-29T23:59:60+02:00"})


def test_a_cluster_can_not_be_copied_from_itself_but_be_restored() -> None:
    assert refused_paths(clone={"cluster": "acid-test"}) == ["spec.clone.cluster"]
    parsed(clone={"cluster": "acid-test", "timestamp": "2024-02-29T23:59:59+02:00"})


@pytest.mark.parametrize(("length", "paths"), [(52, []), (53, ["metadata.name"])])
def test_a_name_too_long_for_the_labels_of_pods_is_noted(length: int, paths: list[str]) -> None:
    obj = manifest()
    obj["metadata"]["name"] = "a" * length
    assert [notice.path for notice in notices(obj)] == paths
