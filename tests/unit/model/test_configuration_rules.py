"""Parameters of the right type with which no cluster could be run."""

from typing import Any

import pytest

from tests.unit.model.configurations import from_config_map, from_object, refused, refused_paths


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cluster_name_label", "cluster name"),
        ("cluster_name_label", ""),
        ("pod_role_label", "role!"),
        ("super_username", ""),
        ("replication_username", ""),
        ("pod_service_account_name", ""),
        ("secret_name_template", ""),
        ("pdb_name_format", ""),
        ("additional_secret_mount", "Secret.Name"),
        ("api_port", "65536"),
        ("api_port", "-1"),
        ("connection_pooler_max_db_connections", "-1"),
        ("password_rotation_interval", "-1"),
        ("spilo_fsgroup", "-1"),
        ("spilo_runasuser", "2147483648"),
        ("resync_period", "0"),
        ("resync_period", "-5m"),
        ("pod_label_wait_timeout", "0s"),
        ("pod_terminate_grace_period", "-1s"),
        ("repair_period", "-1s"),
        ("default_cpu_request", "-100m"),
        ("min_memory_limit", "much"),
        ("pod_service_account_definition", "kind: Pod"),
        ("pod_service_account_definition", '{"kind": "ServiceAccount", "metadata": [1]}'),
        ("pod_service_account_definition", "kind: ServiceAccount\nmetadata: {labels: 3}"),
        ("pod_service_account_role_binding_definition", "kind: RoleBinding\nroleRef: x"),
        ("pod_service_account_role_binding_definition", "a: [b"),
    ],
)
def test_a_value_that_can_never_work_is_refused(name: str, text: str) -> None:
    given = {name: text}
    if name == "additional_secret_mount":
        given["additional_secret_mount_path"] = "/mnt"
    assert refused_paths(from_config_map, **given) == [f"data.{name}"]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("cluster_labels", "application:a b", "application"),
        ("cluster_labels", "a b:x", "a b"),
        ("node_readiness_label", "ready:" + "x" * 64, "ready"),
        ("custom_pod_annotations", "/x:y", "/x"),
        ("custom_service_annotations", "a/b/c:y", "a/b/c"),
        ("toleration", "operator:Maybe", "operator"),
        ("toleration", "effect:NoGood", "effect"),
        ("toleration", "key:a b", "key"),
    ],
)
def test_in_a_map_the_key_is_named(name: str, text: str, place: str) -> None:
    assert refused_paths(from_config_map, **{name: text}) == [f"data.{name}.{place}"]


@pytest.mark.parametrize(
    ("containers", "place"),
    [
        ("[{name: a}]", "[0].image"),
        ("[{name: a, image: ''}]", "[0].image"),
        ("[{image: i}]", "[0].name"),
        ("[{name: a, image: i}, {name: A, image: i}]", "[1].name"),
        ("[{name: a, image: i, env: [{value: x}]}]", "[0].env[0].name"),
        ("[{name: a, image: i, env: [{name: '', value: x}]}]", "[0].env[0].name"),
        ("[{name: a, image: i, env: [null]}]", "[0].env[0]"),
        ("[{name: a, image: i, ports: [{containerPort: '80'}]}]", "[0].ports[0].containerPort"),
    ],
)
def test_sidecars_of_all_clusters_must_be_containers(containers: str, place: str) -> None:
    assert refused_paths(from_config_map, sidecars=containers) == [f"data.sidecars{place}"]


def test_null_is_no_variable_of_a_sidecar_in_the_object_form_either() -> None:
    sidecars = [{"name": "a", "image": "i", "env": [None]}]
    assert refused_paths(from_object, sidecars=sidecars) == ["configuration.sidecars[0].env[0]"]


def test_what_a_sidecars_environment_holds_is_not_repeated() -> None:
    text = "[{name: a, image: i, env: [{name: PASSWORD, value: 4711}]}]"
    (error,) = refused(from_config_map, sidecars=text)
    assert error.path == "data.sidecars[0].env[0].value"
    assert "4711" not in str(error)


def test_dates_and_numbers_of_a_yaml_list_are_read_as_kubernetes_does() -> None:
    text = "[{name: a, image: i, args: ['1'], workingDir: 2024-01-02}]"
    assert from_config_map(sidecars=text).sidecars[0]["workingDir"] == "2024-01-02"


@pytest.mark.parametrize("text", ["&a [*a]", "!!python/object:x {}", "[{1.5: a}]", "[.inf]"])
def test_yaml_that_is_no_json_is_refused(text: str) -> None:
    assert refused_paths(from_config_map, sidecars=text) == ["data.sidecars"]


@pytest.mark.parametrize(
    ("given", "bad"),
    [
        ({"additional_secret_mount": "s"}, "additional_secret_mount_path"),
        (
            {"enable_pod_antiaffinity": "true", "pod_antiaffinity_topology_key": ""},
            "pod_antiaffinity_topology_key",
        ),
        ({"connection_pooler_user": "postgres"}, "connection_pooler_user"),
        ({"min_instances": "3", "max_instances": "2"}, "min_instances"),
        (
            {"major_version_upgrade_mode": "full", "target_major_version": "latest"},
            "target_major_version",
        ),
        (
            {"major_version_upgrade_mode": "full", "target_major_version": "12"},
            "target_major_version",
        ),
        *(
            (
                {"additional_secret_mount": "s", "additional_secret_mount_path": path},
                "additional_secret_mount_path",
            )
            for path in ("/", "/home", "/home/postgres/", "/home/postgres/./pgdata//")
        ),
    ],
)
def test_a_combination_that_can_never_work_is_refused(given: dict[str, str], bad: str) -> None:
    assert refused_paths(from_config_map, **given) == [f"data.{bad}"]


@pytest.mark.parametrize(
    "given",
    [
        {"additional_secret_mount_path": "/x"},
        {"pod_antiaffinity_topology_key": ""},
        {"target_major_version": "latest"},
        {"major_version_upgrade_mode": "full", "minimal_major_version": "12"},
        {"additional_secret_mount": "s", "additional_secret_mount_path": "/home/postgres/x"},
        {"pod_terminate_grace_period": "0"},
        {"docker_image": ""},
        {"cluster_labels": ""},
        {"toleration": "key:a,operator:Exists,effect:NoExecute"},
        {"max_instances": "0"},
        {"connection_pooler_max_db_connections": "0"},
        {"spilo_runasuser": "0"},
        {"logical_backup_schedule": "@daily"},
        {"default_cpu_limit": "null", "default_memory_limit": "1e3"},
    ],
)
def test_what_some_cluster_can_live_with_is_accepted(given: dict[str, str]) -> None:
    from_config_map(**given)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("kubernetes", "spilo_runasgroup", -1),
        ("kubernetes", "secret_name_template", ""),
        ("kubernetes", "pod_terminate_grace_period", "-1s"),
        ("logging_rest_api", "api_port", 70000),
        ("timeouts", "resource_check_timeout", "-10m"),
    ],
)
def test_the_object_form_is_held_to_the_same_rules(section: str, name: str, value: Any) -> None:
    assert refused_paths(from_object, **{section: {name: value}}) == [
        f"configuration.{section}.{name}"
    ]


def test_a_probe_of_another_shape_is_told_at_its_place() -> None:
    probe = {"httpGet": {"path": "/"}, "periodSeconds": "x"}
    assert refused_paths(from_object, kubernetes={"liveness_probe": probe}) == [
        "configuration.kubernetes.liveness_probe.httpGet.port",
        "configuration.kubernetes.liveness_probe.periodSeconds",
    ]


def test_every_bad_parameter_is_told_at_once() -> None:
    given = {"workers": "0", "api_port": "99999", "super_username": "", "toleration": "effect:x"}
    assert set(refused_paths(from_config_map, **given)) == {
        "data.workers",
        "data.api_port",
        "data.super_username",
        "data.toleration.effect",
    }
