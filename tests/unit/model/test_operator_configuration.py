"""The object form of the configuration: layers of defaults, types, names."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.model.configurations import from_config_map, from_object, refused, refused_paths
from workflows.model.configuration import (
    Configuration,
    InfrastructureRoles,
    NamespacedName,
    doubts,
    unknown_fields,
)
from workflows.model.configuration.sections import SECTIONS, entries


def test_absent_sections_are_like_empty_ones() -> None:
    empty: dict[str, Any] = {name: {} for name in SECTIONS if name}
    assert from_object() == from_object(**empty)


def test_defaults_of_the_schema_hold_in_absent_sections() -> None:
    config = from_object()
    assert config.secret_name_template == "{username}.{cluster}.credentials.{tprkind}.{tprgroup}"
    assert config.pdb_name_format == "postgres-{cluster}-pdb"
    assert config.master_dns_name_format == "{cluster}.{namespace}.{hostedzone}"
    assert config.team_admin_role == "admin"
    assert config.enable_admin_role_for_users is True
    assert config.scalyr_cpu_limit == "1"
    assert config.oauth_token_secret_name == NamespacedName(
        namespace="operators", name="postgres-operator"
    )


def test_the_two_forms_differ_in_these_defaults_only() -> None:
    one, other = from_config_map(), from_object()
    differing = {
        name: (getattr(one, name), getattr(other, name))
        for name in Configuration.model_fields
        if getattr(one, name) != getattr(other, name)
    }
    retain = {"when_deleted": "retain", "when_scaled": "retain"}
    assert differing == {
        "enable_master_load_balancer": (True, False),
        "enable_postgres_team_crd": (False, True),
        "enable_teams_api": (True, False),
        "node_readiness_label_merge": ("OR", ""),
        "oauth_token_secret_name": (
            NamespacedName(namespace="operators", name="postgresql-operator"),
            NamespacedName(namespace="operators", name="postgres-operator"),
        ),
        "password_rotation_user_retention": (180, 120),
        "persistent_volume_claim_retention_policy": (retain, {}),
    }


@pytest.mark.parametrize(
    ("section", "key", "given", "value"),
    [
        ("", "docker_image", "", "ghcr.io/zalando/spilo-18:4.1-p2"),
        ("", "crd_categories", [], ["all"]),
        ("", "resync_period", "0s", timedelta(minutes=30)),
        ("logging_rest_api", "api_port", 0, 8080),
        ("users", "password_rotation_user_retention", 0, 180),
        ("kubernetes", "master_pod_move_timeout", "0s", timedelta(minutes=10)),
        ("kubernetes", "cluster_labels", {}, {"application": "spilo"}),
        ("logical_backup", "logical_backup_job_prefix", "", "logical-backup-"),
        ("logical_backup", "logical_backup_s3_bucket_prefix", "", "spilo"),
        ("load_balancer", "db_hosted_zone", "", "db.example.com"),
    ],
)
def test_empty_values_take_the_fallback(section: str, key: str, given: Any, value: Any) -> None:
    configuration = {section: {key: given}} if section else {key: given}
    assert getattr(from_object(**configuration), key) == value


@pytest.mark.parametrize(
    ("section", "key", "given"),
    [
        ("", "enable_shm_volume", False),
        ("", "kubernetes_use_configmaps", False),
        ("kubernetes", "enable_sidecars", False),
        ("logical_backup", "logical_backup_failed_jobs_history_limit", 0),
        ("logical_backup", "logical_backup_ttl_seconds_after_finished", 0),
        ("load_balancer", "master_dns_name_format", ""),
        ("teams_api", "team_admin_role", ""),
        ("", "max_instances", 0),
        ("kubernetes", "spilo_runasuser", 0),
    ],
)
def test_values_without_fallback_and_false_stand(section: str, key: str, given: Any) -> None:
    configuration = {section: {key: given}} if section else {key: given}
    assert getattr(from_object(**configuration), key) == given


def test_poolers_have_at_least_two_pods_in_this_form() -> None:
    pooler = {"connection_pooler_number_of_instances": 1}
    assert from_object(connection_pooler=pooler).connection_pooler_number_of_instances == 2


@pytest.mark.parametrize(
    ("section", "key", "given", "value"),
    [
        ("timeouts", "pod_label_wait_timeout", "1h30m", timedelta(minutes=90)),
        (
            "kubernetes",
            "pod_environment_configmap",
            "ns/map",
            NamespacedName(namespace="ns", name="map"),
        ),
        (
            "kubernetes",
            "infrastructure_roles_secret_name",
            "roles",
            NamespacedName(namespace="operators", name="roles"),
        ),
        ("kubernetes", "oauth_token_secret_name", "", None),
        ("kubernetes", "liveness_probe", {"periodSeconds": 3}, {"periodSeconds": 3}),
        ("", "sidecars", [{"name": "a", "image": "i"}], [{"name": "a", "image": "i"}]),
        ("", "maintenance_windows", ["01:00-02:00"], ["01:00-02:00"]),
        ("kubernetes", "toleration", {"key": "k"}, {"key": "k"}),
    ],
)
def test_values_are_converted(section: str, key: str, given: Any, value: Any) -> None:
    configuration = {section: {key: given}} if section else {key: given}
    assert getattr(from_object(**configuration), key) == value


def test_all_fields_of_infrastructure_roles_are_read() -> None:
    roles = {
        "secretname": "roles",
        "userkey": "u",
        "passwordkey": "p",
        "rolekey": "r",
        "defaultuservalue": "du",
        "defaultrolevalue": "dr",
        "details": "d",
        "template": True,
    }
    config = from_object(kubernetes={"infrastructure_roles_secrets": [roles]})
    assert config.infrastructure_roles_secrets == [
        InfrastructureRoles(
            secretname=NamespacedName(namespace="operators", name="roles"),
            userkey="u",
            passwordkey="p",
            rolekey="r",
            defaultuservalue="du",
            defaultrolevalue="dr",
            details="d",
            template=True,
        )
    ]


def test_null_is_like_absent() -> None:
    assert from_object(workers=None, users=None, sidecars=None) == from_object()


@pytest.mark.parametrize(
    ("section", "key", "given"),
    [
        ("", "workers", "8"),
        ("", "workers", -1),
        ("", "workers", True),
        ("", "docker_image", 1),
        ("", "enable_shm_volume", "true"),
        ("", "resync_period", 30),
        ("", "resync_period", "30"),
        ("", "max_instances", -2),
        ("", "sidecars", {"name": "a"}),
        ("", "maintenance_windows", ["sometimes"]),
        ("", "crd_categories", "all"),
        ("kubernetes", "cluster_labels", {"a": 1}),
        ("kubernetes", "pod_management_policy", "random"),
        ("kubernetes", "storage_resize_mode", "on"),
        ("kubernetes", "pod_environment_configmap", "ns/"),
        ("kubernetes", "infrastructure_roles_secrets", [{"userkey": "u"}]),
        ("kubernetes", "liveness_probe", "none"),
        ("kubernetes", "pod_service_account_definition", "kind: Pod"),
        ("postgres_pod_resources", "default_cpu_limit", "1e3"),
        ("postgres_pod_resources", "default_memory_limit", "null"),
        ("logical_backup", "logical_backup_schedule", "@daily"),
        ("connection_pooler", "connection_pooler_mode", "statement"),
    ],
)
def test_what_the_schema_refuses_is_refused_at_its_path(section: str, key: str, given: Any) -> None:
    configuration = {section: {key: given}} if section else {key: given}
    path = f"configuration.{section}.{key}" if section else f"configuration.{key}"
    assert refused_paths(from_object, **configuration) == [path]


def test_every_bad_value_is_named_at_once() -> None:
    assert refused_paths(
        from_object,
        workers="x",
        users=[],
        timeouts={"resource_check_timeout": "x"},
        connection_pooler={"connection_pooler_user": "postgres"},
    ) == [
        "configuration.users",
        "configuration.workers",
        "configuration.timeouts.resource_check_timeout",
        "configuration.connection_pooler.connection_pooler_user",
    ]


def test_an_object_without_configuration_is_refused() -> None:
    (error,) = refused(
        lambda: Configuration.from_object({"metadata": {}}, operator_namespace="operators")
    )
    assert error.path == "configuration"


def test_limits_of_instances_are_not_compared_in_this_form() -> None:
    config = from_object(min_instances=5, max_instances=3)
    assert (config.min_instances, config.max_instances) == (5, 3)


def test_unknown_fields_are_ignored_and_can_be_listed() -> None:
    configuration = {
        "enable_crd_validation": True,
        "docker_image": "i",
        "kubernetes": {"enable_sidecars": True, "enable_side_cars": True},
        "load_balancer": {"replica_dns_old_name_format": "x"},
    }
    assert from_object(**configuration).docker_image == "i"
    assert list(unknown_fields({"configuration": configuration})) == [
        "configuration.enable_crd_validation",
        "configuration.kubernetes.enable_side_cars",
        "configuration.load_balancer.replica_dns_old_name_format",
    ]


def test_a_parameter_of_the_config_map_form_only_is_unknown_here() -> None:
    assert [entry.name for entry in entries("object") if entry.name == "enable_load_balancer"] == []
    assert from_object().enable_load_balancer is False


def test_what_an_object_has_and_hardly_means_is_noted() -> None:
    given = {
        "min_instances": 3,
        "max_instances": 2,
        "kubernetes": {"downscaler_annotations": ["("]},
    }
    assert [(doubt.path, doubt.accepted) for doubt in doubts(from_object(**given), "object")] == [
        ("configuration.min_instances", "at most `max_instances`, 2; the smaller of both wins"),
        (
            "configuration.kubernetes.downscaler_annotations",
            "a regular expression; this one is left out",
        ),
    ]


@pytest.mark.parametrize("sidecars", [["password 4711"], [{"name": "4711"}, 3], "4711"])
def test_sidecars_of_another_shape_are_not_repeated(sidecars: Any) -> None:
    (error,) = refused(from_object, sidecars=sidecars)
    assert "4711" not in str(error)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("operation_history_age", "-5s"),
        ("operation_history_limit", 0),
        ("operations_to_approve", ["upgrade"]),
        ("rollout_max_failures", -1),
        ("rollout_parallelism", -1),
    ],
)
def test_parameters_of_operations_are_held_to_their_ranges(name: str, value: Any) -> None:
    assert refused_paths(from_object, operations={name: value}) == [
        f"configuration.operations.{name}"
    ]
