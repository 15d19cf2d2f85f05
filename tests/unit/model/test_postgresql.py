"""Reading a `postgresql` object: names, types, absence, old names, unknown fields."""

from typing import Any

import pytest

from tests.unit.model.manifests import manifest, parsed, refused
from workflows.model.errors import FieldError
from workflows.model.postgresql import PostgresqlSpec, notices, parse, unknown_fields


def test_metadata_is_read_as_far_as_it_is_used() -> None:
    obj = manifest()
    obj["metadata"] |= {
        "generation": 3,
        "resourceVersion": "17",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "ownerReferences": [{"kind": "X"}],
        "finalizers": ["f"],
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "managedFields": [{"manager": "kubectl"}],
    }
    metadata = parse(obj).metadata
    assert (metadata.name, metadata.namespace, metadata.uid) == ("acid-test", "default", "u")
    assert (metadata.generation, metadata.resource_version) == (3, "17")
    assert (metadata.labels, metadata.annotations) == ({"a": "b"}, {"c": "d"})
    assert (metadata.owner_references, metadata.finalizers) == ([{"kind": "X"}], ["f"])
    assert metadata.deletion_timestamp == "2026-01-01T00:00:00Z"


def test_absent_scalars_are_none_and_absent_collections_are_empty() -> None:
    spec = parsed().spec
    assert spec.docker_image is None
    assert spec.enable_master_load_balancer is None
    assert spec.master_node_port is None
    assert spec.connection_pooler is None
    assert spec.prepared_databases is None
    assert (spec.users, spec.env, spec.sidecars) == ({}, [], [])
    assert spec.patroni.failsafe_mode is None


def test_zero_false_and_empty_are_kept_apart_from_absent() -> None:
    spec = parsed(
        numberOfInstances=0,
        enableMasterLoadBalancer=False,
        masterNodePort=0,
        dockerImage="",
        preparedDatabases={},
        connectionPooler={},
        teamId="",
    ).spec
    assert spec.number_of_instances == 0
    assert spec.enable_master_load_balancer is False
    assert spec.master_node_port == 0
    assert spec.docker_image == ""
    assert spec.prepared_databases == {}
    assert spec.connection_pooler is not None
    assert spec.team_id == ""


@pytest.mark.parametrize(
    ("name", "value", "attribute"),
    [
        ("spiloFSGroup", 103, "spilo_fs_group"),
        ("spiloRunAsUser", 101, "spilo_run_as_user"),
        ("enableMasterPoolerNodePort", True, "enable_master_pooler_node_port"),
        ("usersWithInPlaceSecretRotation", ["a"], "users_with_in_place_secret_rotation"),
        ("podPriorityClassName", "high", "pod_priority_class_name"),
        ("logicalBackupSchedule", "1 2 * * *", "logical_backup_schedule"),
        ("envFrom", [{"secretRef": {"name": "s"}}], "env_from"),
    ],
)
def test_fields_have_the_names_of_the_crd(name: str, value: Any, attribute: str) -> None:
    assert getattr(parsed(**{name: value}).spec, attribute) == value


def test_python_names_are_not_accepted_in_a_manifest() -> None:
    obj = manifest()
    obj["spec"]["team_id"] = obj["spec"].pop("teamId")
    assert [error.path for error in refused(obj)] == ["spec.teamId"]


def test_nested_fields_are_read() -> None:
    spec = parsed(
        volume={"size": "1Gi", "storageClass": "fast", "isSubPathExpr": True, "iops": 3000},
        connectionPooler={"schema": "p", "maxDBConnections": 5, "numberOfInstances": 1},
        patroni={"pg_hba": ["local all all trust"], "loop_wait": 5, "slots": {"a": {}}},
        clone={"cluster": "other", "s3_wal_path": "s3://b/w", "s3_force_path_style": False},
        tls={"secretName": "t", "caFile": "ca.crt"},
        resources={"requests": {"hugepages-2Mi": "4Mi"}, "limits": {"cpu": "1"}},
        preparedDatabases={"a": {"schemas": {"s": {"defaultRoles": False}}}},
        streams=[{"applicationId": "a", "database": "d", "tables": {"t": {"eventType": "e"}}}],
    ).spec
    assert (spec.volume.storage_class, spec.volume.is_sub_path_expr, spec.volume.iops) == (
        "fast",
        True,
        3000,
    )
    pooler = spec.connection_pooler
    assert pooler is not None
    assert (pooler.schema_, pooler.max_db_connections, pooler.number_of_instances) == ("p", 5, 1)
    assert (spec.patroni.pg_hba, spec.patroni.loop_wait) == (["local all all trust"], 5)
    assert spec.clone is not None and spec.clone.s3_force_path_style is False
    assert spec.tls is not None and spec.tls.ca_file == "ca.crt"
    assert spec.resources is not None and spec.resources.requests.hugepages_2mi == "4Mi"
    assert spec.prepared_databases is not None
    assert spec.prepared_databases["a"].schemas["s"].default_roles is False
    assert spec.streams[0].tables["t"].event_type == "e"


def test_types_of_kubernetes_stay_as_they_were_written() -> None:
    probe = {"httpGet": {"path": "/", "port": 8008}, "somethingNew": 1}
    assert parsed(livenessProbe=probe).spec.liveness_probe == probe


def test_every_bad_field_is_named_at_once() -> None:
    obj = manifest(
        numberOfInstances=-1,
        postgresql={"version": "13"},
        users={"app": ["superman"]},
        maintenanceWindows=["01:00-02:00", "Mon:25:00-26:00"],
        clone={"cluster": "Not A Name"},
    )
    del obj["spec"]["volume"]
    assert [error.path for error in refused(obj)] == [
        "spec.numberOfInstances",
        "spec.postgresql.version",
        "spec.volume",
        "spec.maintenanceWindows[1]",
        "spec.users.app[0]",
        "spec.clone.cluster",
    ]


def test_a_complaint_shows_value_and_what_would_be_accepted() -> None:
    errors = refused(manifest(postgresql={"version": "13"}))
    assert errors == [FieldError("spec.postgresql.version", "13", "one of 14, 15, 16, 17, 18")]


@pytest.mark.parametrize(
    ("spec", "path", "accepted"),
    [
        ({"teamId": 7}, "spec.teamId", "a text (numbers and true/false need quotes)"),
        ({"numberOfInstances": "2"}, "spec.numberOfInstances", "a whole number"),
        ({"numberOfInstances": 1.5}, "spec.numberOfInstances", "a whole number"),
        ({"numberOfInstances": True}, "spec.numberOfInstances", "a whole number"),
        ({"enableLogicalBackup": "yes"}, "spec.enableLogicalBackup", "true or false"),
        ({"users": ["a"]}, "spec.users", "a map"),
        ({"env": {"A": "b"}}, "spec.env", "a list"),
        ({"volume": "1Gi"}, "spec.volume", "a map"),
        (
            {"postgresql": {"version": "17", "parameters": {"max_connections": 100}}},
            "spec.postgresql.parameters.max_connections",
            "a text (numbers and true/false need quotes)",
        ),
    ],
)
def test_wrong_types_are_refused(spec: dict[str, Any], path: str, accepted: str) -> None:
    assert [(error.path, error.accepted) for error in refused(manifest(**spec))] == [
        (path, accepted)
    ]


@pytest.mark.parametrize("field", ["teamId", "numberOfInstances", "postgresql", "volume"])
def test_required_fields_are_required(field: str) -> None:
    obj = manifest()
    del obj["spec"][field]
    errors = refused(obj)
    assert [(error.path, error.value) for error in errors] == [(f"spec.{field}", None)]


@pytest.mark.parametrize("obj", [{}, {"spec": None}, {"metadata": {"name": "a"}, "spec": "x"}])
def test_an_object_without_a_proper_spec_is_refused(obj: dict[str, Any]) -> None:
    assert "spec" in [error.path for error in refused(obj)]


def test_a_secret_value_is_not_repeated_in_a_complaint() -> None:
    errors = refused(manifest(clone={"cluster": "other", "s3_secret_access_key": 4711}))
    assert [error.value for error in errors] == ["<hidden>"]


def test_null_means_absent_but_for_a_role_it_means_no_flags() -> None:
    spec = parsed(
        dockerImage=None,
        env=None,
        initContainers=None,
        usersWithSecretRotation=None,
        connectionPooler=None,
        patroni={"ttl": None},
        users={"a": None, "b": ["nologin"]},
    ).spec
    assert spec.docker_image is None
    assert (spec.env, spec.init_containers, spec.users_with_secret_rotation) == ([], [], [])
    assert spec.connection_pooler is None
    assert spec.patroni.ttl is None
    assert spec.users == {"a": [], "b": ["nologin"]}


def test_reading_does_not_change_the_object() -> None:
    obj = manifest(users={"a": None}, useLoadBalancer=True)
    parse(obj)
    assert obj == manifest(users={"a": None}, useLoadBalancer=True)


def test_a_status_of_old_times_is_read() -> None:
    obj = manifest()
    obj["status"] = "Running"
    assert parse(obj).status == {"PostgresClusterStatus": "Running"}


def test_a_status_is_kept_as_it_is() -> None:
    obj = manifest()
    obj["status"] = {"PostgresClusterStatus": "Creating", "conditions": []}
    assert parse(obj).status == {"PostgresClusterStatus": "Creating", "conditions": []}


@pytest.mark.parametrize(
    ("old", "new", "attribute", "one", "other"),
    [
        (
            "init_containers",
            "initContainers",
            "init_containers",
            [{"name": "a", "image": "i"}],
            [{"name": "b", "image": "i"}],
        ),
        (
            "pod_priority_class_name",
            "podPriorityClassName",
            "pod_priority_class_name",
            "old",
            "new",
        ),
        ("useLoadBalancer", "enableMasterLoadBalancer", "enable_master_load_balancer", True, False),
        (
            "replicaLoadBalancer",
            "enableReplicaLoadBalancer",
            "enable_replica_load_balancer",
            True,
            False,
        ),
    ],
)
def test_names_of_v1_are_read_unless_the_new_name_is_there(
    old: str, new: str, attribute: str, one: Any, other: Any
) -> None:
    assert getattr(parsed(**{old: one}).spec, attribute) == one
    assert getattr(parsed(**{old: one, new: other}).spec, attribute) == other


def test_old_load_balancer_names_count_only_when_both_new_ones_are_absent() -> None:
    spec = parsed(useLoadBalancer=True, enableReplicaLoadBalancer=False).spec
    assert spec.enable_master_load_balancer is None


def test_an_old_name_is_noted() -> None:
    assert [
        (notice.path, notice.accepted) for notice in notices(manifest(useLoadBalancer=True))
    ] == [("spec.useLoadBalancer", "`enableMasterLoadBalancer`, its name since v2")]


def test_unknown_fields_are_ignored_and_can_be_listed() -> None:
    obj = manifest(
        topologySpreadConstraint=[],
        init_containers=[],
        connectionPooler={"modus": "x"},
        preparedDatabases={"a": {"schemas": {"s": {"defaultRole": True}}}},
        sidecars=[{"name": "s", "image": "i", "volumeMounts": []}],
        livenessProbe={"unknown": 1},
    )
    assert parse(obj).spec.team_id == "acid"
    assert unknown_fields(obj) == [
        "spec.topologySpreadConstraint (did you mean topologySpreadConstraints?)",
        "spec.connectionPooler.modus",
        "spec.preparedDatabases.a.schemas.s.defaultRole (did you mean defaultRoles?)",
        "spec.sidecars[0].volumeMounts",
    ]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("numberofinstances", "numberOfInstances"),
        ("number_of_instances", "numberOfInstances"),
        ("toleration", "tolerations"),
        ("enableConectionPooler", "enableConnectionPooler"),
        ("init_containers", "initContainers"),
        ("useLoadBalancer", "enableMasterLoadBalancer"),
    ],
)
def test_a_name_that_was_dropped_is_told_with_the_one_that_was_meant(
    wrong: str, right: str
) -> None:
    stray = unknown_fields(manifest(**{wrong: 1}), old_names=True)
    assert stray == [f"spec.{wrong} (did you mean {right}?)"]


def test_a_name_like_no_other_gets_no_advice() -> None:
    assert unknown_fields(manifest(colour="red")) == ["spec.colour"]


def test_unknown_fields_of_an_object_without_spec_are_none() -> None:
    assert unknown_fields({"metadata": {}}) == []


def test_every_field_says_what_it_does() -> None:
    undocumented = [
        name for name, info in PostgresqlSpec.model_fields.items() if not info.description
    ]
    assert undocumented == []
