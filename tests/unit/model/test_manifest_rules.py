"""Contradictions between fields, and settings that will have no effect."""

from typing import Any

import pytest

from tests.unit.model.manifests import manifest, parsed, refused, refused_paths
from workflows.model.postgresql import notices


def noted(**spec: Any) -> list[str]:
    return [notice.path for notice in notices(manifest(**spec))]


@pytest.mark.parametrize("source", ["", "a", "acid-other", "a" * 63, "x9"])
def test_a_clone_of_a_running_cluster_names_a_service(source: str) -> None:
    spec = parsed(clone={"cluster": source}).spec
    assert spec.clone is not None and spec.clone.cluster == source


@pytest.mark.parametrize("source", ["A", "9a", "a.b", "a-", "a" * 64])
def test_a_clone_of_a_running_cluster_refuses_what_is_no_service(source: str) -> None:
    assert refused_paths(clone={"cluster": source}) == ["spec.clone.cluster"]


def test_a_clone_from_the_archive_may_name_anything() -> None:
    clone = {"cluster": "Any.Thing", "timestamp": "2024-03-05T07:08:09+02:00"}
    assert parsed(clone=clone).spec.clone is not None


@pytest.mark.parametrize(
    "standby",
    [
        {"standby_host": "h"},
        {"s3_wal_path": "s3://b/w"},
        {"gs_wal_path": "gs://b/w"},
        {"standby_host": "h", "standby_port": "5433", "s3_wal_path": "s3://b/w"},
        {"standby_host": "h", "gs_wal_path": "gs://b/w"},
    ],
)
def test_a_standby_needs_a_host_or_one_archive(standby: dict[str, str]) -> None:
    assert parsed(standby=standby).spec.standby is not None


@pytest.mark.parametrize(
    "standby",
    [
        {},
        {"standby_port": "5432"},
        {"standby_host": ""},
        {"s3_wal_path": "s3://b/w", "gs_wal_path": "gs://b/w"},
    ],
)
def test_a_standby_without_source_or_with_two_archives_is_refused(standby: dict[str, str]) -> None:
    assert refused_paths(standby=standby) == ["spec.standby"]


def test_a_cluster_comes_from_a_clone_or_follows_a_standbys_source_but_not_both() -> None:
    both: dict[str, Any] = {"clone": {"cluster": "a"}, "standby": {"standby_host": "h"}}
    assert refused_paths(**both) == ["spec.standby"]


@pytest.mark.parametrize("name", ["a", "foo_user", "foo-user", "ns.user", "9a", "a__b"])
def test_role_names_may_have_dots_dashes_and_underscores_inside(name: str) -> None:
    assert parsed(users={name: []}).spec.users == {name: []}


@pytest.mark.parametrize("name", ["", "A", "_a", "a_", "a-", "a..b", "a b", "ä", "a\n"])
def test_other_role_names_are_refused(name: str) -> None:
    assert refused_paths(users={name: []}) == [f"spec.users.{name}"]


@pytest.mark.parametrize("flags", [["login", "NOLOGIN"], ["createdb", "login", "nocreatedb"]])
def test_flags_that_contradict_each_other_are_refused(flags: list[str]) -> None:
    errors = refused(manifest(users={"a": flags}))
    assert [error.path for error in errors] == ["spec.users.a"]


def test_tls_without_a_secret_is_refused_and_an_empty_one_means_off() -> None:
    assert refused_paths(tls={}) == ["spec.tls.secretName"]
    assert parsed(tls={"secretName": ""}).spec.tls is not None


@pytest.mark.parametrize(
    ("container", "path"),
    [
        ({"name": "a"}, "spec.initContainers[0].image"),
        ({"name": "a", "image": ""}, "spec.initContainers[0].image"),
        ({"image": "i"}, "spec.initContainers[0].name"),
        ({"name": "postgres", "image": "i"}, "spec.initContainers[0].name"),
        ({"name": "side", "image": "i"}, "spec.initContainers[0].name"),
    ],
)
def test_init_containers_need_an_image_and_a_name_of_their_own(
    container: dict[str, str], path: str
) -> None:
    sidecars = [{"name": "side", "image": "i"}]
    assert refused_paths(initContainers=[container], sidecars=sidecars) == [path]


def test_two_init_containers_of_one_name_are_refused() -> None:
    twice = [{"name": "a", "image": "i"}, {"name": "a", "image": "j"}]
    assert refused_paths(initContainers=twice) == ["spec.initContainers[1].name"]


def test_a_sidecar_needs_an_image_but_no_name() -> None:
    assert refused_paths(sidecars=[{"name": "a"}]) == ["spec.sidecars[0].image"]
    assert parsed(sidecars=[{"image": "i"}]).spec.sidecars[0].name is None


def test_a_sidecar_named_like_the_database_container_is_refused() -> None:
    sidecars = [{"name": "postgres", "image": "i"}]
    assert refused_paths(sidecars=sidecars) == ["spec.sidecars[0].name"]


def test_a_second_sidecar_of_a_name_is_noted_as_left_out() -> None:
    assert noted(sidecars=[{"name": "a", "image": "i"}, {"name": "a", "image": "j"}]) == [
        "spec.sidecars[1].name"
    ]


def volume(name: str, path: str) -> dict[str, Any]:
    return {"name": name, "mountPath": path, "volumeSource": {"emptyDir": {}}}


def test_a_volume_mounted_over_another_or_over_the_data_is_noted_as_left_out() -> None:
    volumes = [volume("a", "/a"), volume("b", "/a"), volume("c", "/home/postgres/pgdata")]
    assert len(parsed(additionalVolumes=volumes).spec.additional_volumes) == 3
    assert noted(additionalVolumes=volumes) == [
        "spec.additionalVolumes[1].mountPath",
        "spec.additionalVolumes[2].mountPath",
    ]


def test_two_mounted_volumes_of_one_name_are_refused() -> None:
    assert refused_paths(additionalVolumes=[volume("a", "/a"), volume("a", "/b")]) == [
        "spec.additionalVolumes[1].name"
    ]


def test_a_volume_needs_name_path_and_source() -> None:
    assert refused_paths(additionalVolumes=[{}]) == [
        "spec.additionalVolumes[0].name",
        "spec.additionalVolumes[0].mountPath",
        "spec.additionalVolumes[0].volumeSource",
    ]


def test_databases_and_schemas_with_impossible_names_are_noted_as_left_out() -> None:
    spec: dict[str, Any] = {
        "databases": {"good_1": "a", "not-good": "a"},
        "preparedDatabases": {"9": {}, "fine": {"schemas": {"Data": {}, "a b": {}}}},
    }
    assert parsed(**spec).spec.databases["not-good"] == "a"
    assert noted(**spec) == [
        "spec.databases.not-good",
        "spec.preparedDatabases.9",
        "spec.preparedDatabases.fine.schemas.a b",
    ]


@pytest.mark.parametrize(
    "spec",
    [
        {"clone": "x"},
        {"standby": ["x"]},
        {"users": 3},
        {"users": {"a": 3}},
        {"sidecars": "x"},
        {"sidecars": ["x"]},
        {"initContainers": {"a": 1}},
        {"additionalVolumes": [None]},
        {"preparedDatabases": {"a": []}},
        {"databases": []},
    ],
)
def test_rules_stay_silent_about_parts_of_the_wrong_type(spec: dict[str, Any]) -> None:
    """Their type is complained of once, by the model."""
    assert all("type" not in notice.accepted for notice in notices(manifest(**spec)))
    assert len(refused_paths(**spec)) >= 1


@pytest.mark.parametrize("team", ["", "acid", "Acid_1.x", "9", "a" * 63])
def test_a_team_is_what_a_label_can_hold(team: str) -> None:
    assert parsed(teamId=team).spec.team_id == team


@pytest.mark.parametrize("team", ["a b", "-a", "a-", "ä", "a/b", "a" * 64, "a\n"])
def test_another_team_is_refused(team: str) -> None:
    assert refused_paths(teamId=team) == ["spec.teamId"]


ANNOTATIONS = (
    "podAnnotations",
    "serviceAnnotations",
    "masterServiceAnnotations",
    "replicaServiceAnnotations",
)


@pytest.mark.parametrize("field", ANNOTATIONS)
def test_annotations_need_keys_that_kubernetes_takes(field: str) -> None:
    good = {"a": "", "A.b/c_D": "x y", "example.org/" + "k" * 63: "1"}
    parsed(**{field: good})
    bad = {"a b": "", "/a": "", "a/": "", "a/b/c": "", "x_y/a": "", "k" * 64: "", "": ""}
    assert refused_paths(**{field: bad}) == [f"spec.{field}.{key}" for key in bad]


@pytest.mark.parametrize("size", ["0", "0Gi", "0.0Mi", "00", "0e9"])
def test_a_volume_of_nothing_is_refused(size: str) -> None:
    assert refused_paths(volume={"size": size}) == ["spec.volume.size"]


@pytest.mark.parametrize("size", ["-1Gi", "", "1 Gi", "much", "1gb"])
def test_a_volume_needs_a_size(size: str) -> None:
    assert refused_paths(volume={"size": size}) == ["spec.volume.size"]


@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_node_port_is_a_port(port: int) -> None:
    assert refused_paths(masterNodePort=port) == ["spec.masterNodePort"]


def test_two_services_can_not_have_one_node_port() -> None:
    ports = {"masterNodePort": 30001, "replicaPoolerNodePort": 30001}
    both = {"enableMasterNodePort": True, "enableReplicaPoolerNodePort": True}
    assert refused_paths(**ports, **both) == ["spec.replicaPoolerNodePort"]
    assert parsed(**ports, enableMasterNodePort=True).spec.replica_pooler_node_port == 30001


@pytest.mark.parametrize("name", ["A", "a_b", "-a", "a.b", "a" * 64])
def test_containers_and_volumes_need_names_that_kubernetes_takes(name: str) -> None:
    container = {"name": name, "image": "i"}
    assert refused_paths(initContainers=[container]) == ["spec.initContainers[0].name"]
    assert refused_paths(sidecars=[container]) == ["spec.sidecars[0].name"]
    assert refused_paths(additionalVolumes=[volume(name, "/a")]) == [
        "spec.additionalVolumes[0].name"
    ]


def test_a_secret_with_certificates_gives_its_name_to_a_volume() -> None:
    assert refused_paths(tls={"secretName": "my.cert"}) == ["spec.tls.secretName"]


@pytest.mark.parametrize(
    "tls",
    [
        {"secretName": "t"},
        {"secretName": "t", "certificateFile": "a.crt"},
        {"secretName": "t", "privateKeyFile": "a.key"},
        {"secretName": "t", "caFile": "ca.crt", "caSecretName": "ca"},
    ],
)
def test_files_of_certificates_have_defaults_so_one_may_be_missing(tls: dict[str, str]) -> None:
    assert parsed(tls=tls).spec.tls is not None
    assert noted(tls=tls) == []


def test_certificate_settings_that_are_not_used_are_noted() -> None:
    assert noted(tls={"secretName": "t", "caSecretName": "ca"}) == ["spec.tls.caSecretName"]
    assert noted(tls={"secretName": "", "caFile": "ca.crt"}) == ["spec.tls.caFile"]


def test_settings_of_an_archive_are_noted_when_the_running_source_is_cloned() -> None:
    clone = {"cluster": "a", "s3_endpoint": "http://s3", "s3_secret_access_key": "k"}
    assert noted(clone=clone) == ["spec.clone.s3_endpoint"]
    assert noted(clone={**clone, "timestamp": "2024-03-05T07:08:09+02:00"}) == []


def test_everything_that_is_wrong_is_told_once_and_at_once() -> None:
    paths = refused_paths(
        teamId="a b",
        numberOfInstances=-1,
        postgresql={"version": "9.6"},
        volume={"size": "0"},
        maintenanceWindows=["02:00-01:00", 7],
        initContainers=[{"image": ""}],
        standby={},
    )
    assert sorted(paths) == [
        "spec.initContainers[0].image",
        "spec.initContainers[0].name",
        "spec.maintenanceWindows[0]",
        "spec.maintenanceWindows[1]",
        "spec.numberOfInstances",
        "spec.postgresql.version",
        "spec.standby",
        "spec.teamId",
        "spec.volume.size",
    ]


def test_an_amount_that_the_schema_lets_pass_and_kubernetes_can_not_read_is_refused() -> None:
    resources = {"limits": {"memory": "1e3Ki"}, "requests": {"memory": "1e3"}}
    assert refused_paths(volume={"size": "1e3Gi"}, resources=resources) == [
        "spec.volume.size",
        "spec.resources.limits.memory",
    ]
