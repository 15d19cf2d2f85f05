"""The ConfigMap form of the configuration: every rule of its decoding."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.configurations import from_config_map, refused, refused_paths
from workflows.model.configuration import (
    Configuration,
    InfrastructureRoles,
    NamespacedName,
    doubts,
    notices,
)
from workflows.model.configuration.sections import entries
from workflows.model.errors import FieldError, InvalidConfiguration

DURATIONS = [entry.name for entry in entries("config map") if entry.plain_type is timedelta]


def noted(data: dict[str, str]) -> Sequence[FieldError]:
    return [*notices(data), *doubts(from_config_map(**data), "config map")]


def test_missing_keys_take_their_defaults() -> None:
    config = from_config_map()
    assert config.docker_image == "ghcr.io/zalando/spilo-18:4.1-p2"
    assert config.cluster_labels == {"application": "spilo"}
    assert config.enable_master_load_balancer is True
    assert config.enable_teams_api is True
    assert config.enable_postgres_team_crd is False
    assert config.workers == 8
    assert config.password_rotation_user_retention == 180
    assert config.pod_terminate_grace_period == timedelta(minutes=5)
    assert config.master_pod_move_timeout == timedelta(minutes=20)
    assert config.protected_role_names == ["admin", "cron_admin"]
    assert config.oauth_token_secret_name == NamespacedName(
        namespace="operators", name="postgresql-operator"
    )
    assert config.node_readiness_label_merge == "OR"
    assert config.spilo_fsgroup is None
    assert config.liveness_probe is None
    assert config.operator_namespace == "operators"


@pytest.mark.parametrize(
    ("key", "empty"),
    [
        ("docker_image", ""),
        ("cluster_labels", {}),
        ("protected_role_names", []),
        ("enable_teams_api", False),
        ("max_instances", 0),
        ("oauth_token_secret_name", None),
        ("spilo_runasuser", None),
        ("logical_backup_job_prefix", ""),
        ("infrastructure_roles_secrets", []),
        ("sidecars", []),
        ("operations_to_approve", []),
    ],
)
def test_a_key_that_is_empty_is_no_default(key: str, empty: Any) -> None:
    assert getattr(from_config_map(**{key: ""}), key) == empty


@pytest.mark.parametrize("key", DURATIONS)
def test_an_empty_duration_is_refused(key: str) -> None:
    assert refused_paths(from_config_map, **{key: ""}) == [f"data.{key}"]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("enable_teams_api", "f", False),
        ("enable_pod_antiaffinity", "T", True),
        ("api_port", "0x1f90", 8080),
        ("min_instances", "2", 2),
        ("spilo_runasuser", "101", 101),
        ("resync_period", "1h30m", timedelta(minutes=90)),
        ("resource_check_interval", "200ms", timedelta(milliseconds=200)),
        ("inherited_labels", "a,b", ["a", "b"]),
        ("inherited_labels", "a, b,", ["a", " b", ""]),
        (
            "cluster_labels",
            "application:spilo, stage:live",
            {"application": "spilo", "stage": "live"},
        ),
        ("custom_pod_annotations", "a:'x,y',b:z", {"a": "'x,y'", "b": "z"}),
        ("custom_pod_annotations", 'a:"it\'s",b:', {"a": '"it\'s"', "b": ""}),
        ("toleration", "key:k,operator:Exists", {"key": "k", "operator": "Exists"}),
        ("pod_environment_configmap", "map", NamespacedName(namespace="operators", name="map")),
        ("pod_environment_configmap", "ns/map", NamespacedName(namespace="ns", name="map")),
        ("pod_environment_configmap", "ns//a/b", NamespacedName(namespace="ns", name="a/b")),
        ("watched_namespace", "*", "*"),
        ("default_cpu_limit", "null", "null"),
        ("default_memory_limit", "1e3", "1e3"),
        ("logical_backup_schedule", "@daily", "@daily"),
        ("logical_backup_successful_jobs_history_limit", "0", 0),
        ("connection_pooler_number_of_instances", "1", 1),
        (
            "pam_configuration",
            "https://a.example/?x= uid realm=/b",
            "https://a.example/?x= uid realm=/b",
        ),
    ],
)
def test_values_are_decoded_as_they_always_were(key: str, text: str, value: Any) -> None:
    assert getattr(from_config_map(**{key: text}), key) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("enable_teams_api", "yes"),
        ("api_port", "8080 "),
        ("workers", "0"),
        ("workers", ""),
        ("workers", "4294967296"),
        ("connection_pooler_number_of_instances", "0"),
        ("connection_pooler_number_of_instances", ""),
        ("resync_period", "30"),
        ("cluster_labels", "application"),
        ("cluster_labels", "a:b:c"),
        ("cluster_labels", "a:b,"),
        ("custom_pod_annotations", "a:'http://x'"),
        ("custom_pod_annotations", "a:'x"),
        ("pod_environment_configmap", "ns/"),
        ("pod_management_policy", "random"),
        ("pod_management_policy", ""),
        ("operations_to_approve", "rolling-update,upgrade"),
        ("operations_in_windows", "Drain"),
        ("operation_history_limit", "-1"),
        ("operation_history_limit", ""),
        ("operation_history_age", "-5s"),
        ("rollout_max_failures", "-1"),
        ("rollout_parallelism", "-1"),
        ("default_cpu_limit", "much"),
        ("logical_backup_failed_jobs_history_limit", "-1"),
        ("sidecars", "a,b"),
        ("sidecars", "{name: a"),
        ("infrastructure_roles_secrets", "secretname"),
        ("infrastructure_roles_secrets", "secret:a"),
        ("infrastructure_roles_secrets", "userkey:a"),
        ("pod_service_account_definition", "[not, a, map]"),
        ("pod_service_account_definition", "{kind: RoleBinding}"),
        ("pod_service_account_role_binding_definition", "{kind: "),
    ],
)
def test_what_cannot_be_decoded_is_refused_at_its_key(key: str, text: str) -> None:
    assert refused_paths(from_config_map, **{key: text}) == [f"data.{key}"]


def test_a_complaint_shows_value_and_what_would_be_accepted() -> None:
    (error,) = refused(from_config_map, enable_teams_api="yes")
    assert (error.value, error.accepted) == ("yes", "true or false")


def test_every_bad_key_is_named_at_once() -> None:
    assert refused_paths(
        from_config_map,
        workers="no",
        min_instances="5",
        max_instances="3",
        connection_pooler_user="postgres",
        resync_period="soon",
    ) == ["data.resync_period", "data.workers", "data.connection_pooler_user", "data.min_instances"]


@pytest.mark.parametrize("key", ["operations_to_approve", "operations_in_windows"])
def test_kinds_of_operations_may_have_blanks_around_them(key: str) -> None:
    data = {key: "rolling-update, drain ,"}
    assert getattr(from_config_map(**data), key) == ["rolling-update", "drain"]
    assert noted(data) == []


@pytest.mark.parametrize("text", ["[{name: a, env: [{value: 4711}", "password 4711", "[4711]"])
def test_sidecars_that_can_not_be_read_are_not_repeated(text: str) -> None:
    (error,) = refused(from_config_map, sidecars=text)
    assert "4711" not in str(error)


def test_a_secret_value_is_not_repeated_in_a_complaint() -> None:
    data: dict[str, Any] = {"logical_backup_s3_secret_access_key": 4711}
    (error,) = refused(from_config_map, **data)
    assert error.value == "<hidden>"


@pytest.mark.parametrize(("fewest", "most"), [("-1", "3"), ("3", "3"), ("5", "-1"), ("5", "0")])
def test_other_pairs_of_instance_limits_are_accepted(fewest: str, most: str) -> None:
    config = from_config_map(min_instances=fewest, max_instances=most)
    assert (config.min_instances, config.max_instances) == (int(fewest), int(most))


def test_the_pooler_must_not_be_the_superuser() -> None:
    assert refused_paths(from_config_map, super_username="a", connection_pooler_user="a") == [
        "data.connection_pooler_user"
    ]


def test_sidecars_are_a_list_of_containers_in_yaml_or_json() -> None:
    expected = [{"name": "a", "image": "i", "ports": [{"containerPort": 1}]}]
    yaml = "- name: a\n  image: i\n  ports:\n  - containerPort: 1\n"
    json = '[{"name": "a", "image": "i", "ports": [{"containerPort": 1}]}]'
    assert from_config_map(sidecars=yaml).sidecars == expected
    assert from_config_map(sidecars=json).sidecars == expected


def test_one_infrastructure_role_is_given_as_pairs_and_its_namespace_is_default() -> None:
    text = "secretname:roles, userkey:user, passwordkey:pw, rolekey:role, defaultrolevalue:group"
    assert from_config_map(infrastructure_roles_secrets=text).infrastructure_roles_secrets == [
        InfrastructureRoles(
            secretname=NamespacedName(namespace="default", name="roles"),
            userkey="user",
            passwordkey="pw",
            rolekey="role",
            defaultrolevalue="group",
        )
    ]


def test_malformed_windows_are_left_out_and_noted() -> None:
    text = "01:00-02:00,sometimes,Sat:25:00-26:00"
    assert from_config_map(maintenance_windows=text).maintenance_windows == ["01:00-02:00"]
    assert [notice.value for notice in noted({"maintenance_windows": text})] == [
        "sometimes",
        "Sat:25:00-26:00",
    ]


def test_unknown_and_deprecated_keys_have_no_effect_and_are_noted() -> None:
    data = {"enable_load_balancer": "true", "replica_dns_old_name_format": "x"}
    config = from_config_map(**data)
    assert config.enable_replica_load_balancer is False
    assert [notice.path for notice in noted(data)] == [
        "data.replica_dns_old_name_format",
        "data.enable_load_balancer",
    ]


def test_an_odd_word_where_one_of_several_is_expected_goes_through_and_is_noted() -> None:
    data = {"major_version_upgrade_mode": "Manual", "logical_backup_provider": "s3"}
    assert from_config_map(**data).major_version_upgrade_mode == "Manual"
    assert [notice.path for notice in noted(data)] == ["data.major_version_upgrade_mode"]


def test_definitions_of_service_account_and_role_binding_may_be_yaml_or_json() -> None:
    config = from_config_map(
        pod_service_account_definition='{"apiVersion": "v1", "kind": "ServiceAccount"}',
        pod_service_account_role_binding_definition="kind: RoleBinding\n",
    )
    assert config.pod_service_account_role_binding_definition == "kind: RoleBinding\n"


def test_the_configuration_cannot_be_changed() -> None:
    config = from_config_map()
    with pytest.raises(ValueError, match="frozen"):
        setattr(config, "workers", 3)  # noqa: B010 - mypy refuses the plain assignment, too


# what a value is refused for because of another one
PARTNERS = (
    "additional_secret_mount_path",
    "connection_pooler_user",
    "min_instances",
    "minimal_major_version",
    "pod_antiaffinity_topology_key",
    "target_major_version",
)
KEYS = st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,9}[A-Za-z0-9])?", fullmatch=True)
PLAIN = st.text(st.characters(exclude_characters=",:'\" \t"), min_size=1)


@given(st.dictionaries(KEYS, PLAIN, min_size=1))
def test_maps_without_special_characters_are_read_back(pairs: dict[str, str]) -> None:
    text = ",".join(f"{key}:{value}" for key, value in pairs.items())
    assert from_config_map(custom_pod_annotations=text).custom_pod_annotations == pairs


@given(st.dictionaries(st.sampled_from([e.name for e in entries("config map")]), st.text()))
def test_any_texts_are_either_read_or_refused_with_their_keys(data: dict[str, str]) -> None:
    try:
        config = Configuration.from_config_map(data, operator_namespace="o")
    except InvalidConfiguration as error:
        names = {re.split(r"[.\[]", bad.path)[1] for bad in error.errors}
        assert names and names <= {*data, *PARTNERS}
    else:
        assert config.operator_namespace == "o"


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"max_instances": "0"}, "data.max_instances"),
        ({"cluster_labels": "stage:x"}, "data.cluster_labels"),
        ({"downscaler_annotations": "^a,(,a{99999999999}"}, "data.downscaler_annotations"),
        ({"additional_secret_mount_path": "/x"}, "data.additional_secret_mount_path"),
        (
            {"persistent_volume_claim_retention_policy": "when_gone:delete"},
            "data.persistent_volume_claim_retention_policy.when_gone",
        ),
        ({"workerz": "3"}, "data.workerz"),
        (
            {"major_version_upgrade_mode": "full", "minimal_major_version": "19"},
            "data.minimal_major_version",
        ),
    ],
)
def test_what_is_accepted_and_hardly_meant_is_noted(data: dict[str, str], path: str) -> None:
    assert {notice.path for notice in noted(data)} == {path}


def test_a_mistyped_key_is_told_with_the_one_that_was_meant() -> None:
    (notice,) = noted({"resyncperiod": "1m"})
    assert notice.remark == 'data.resyncperiod: "resyncperiod", where `resync_period` is expected'
