"""The inputs of the captures taken from Zalando's operator are read as it read them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from workflows.model.configuration import Configuration, doubts, notices
from workflows.model.errors import InvalidManifest
from workflows.model.postgresql import notices as manifest_notices
from workflows.model.postgresql import parse, unknown_fields

CASES = Path(__file__).parents[2] / "apiserver" / "golden" / "cases"
NAMES = sorted(case.name for case in CASES.iterdir() if (case / "config.yaml").exists())
# the first by the API server, too
REFUSED = {"moor-moss", "moor-fern", "moor-sedge"}


def configuration(case: str) -> Configuration:
    obj = yaml.safe_load((CASES / case / "config.yaml").read_text(encoding="utf-8"))
    if obj["kind"] == "ConfigMap":
        read = Configuration.from_config_map(obj["data"], operator_namespace=f"op-{case}")
        assert [*notices(obj["data"]), *doubts(read, "config map")] == []
        return read
    return Configuration.from_object(obj, operator_namespace=f"op-{case}")


def clusters(case: str) -> list[dict[str, Any]]:
    text = (CASES / case / "manifests.yaml").read_text(encoding="utf-8")
    return [obj for obj in yaml.safe_load_all(text) if obj["kind"] == "postgresql"]


@pytest.mark.parametrize("case", NAMES)
def test_the_configuration_is_read(case: str) -> None:
    config = configuration(case)
    assert config.resource_check_interval == timedelta(milliseconds=200)
    assert config.enable_teams_api is False
    assert config.enable_master_load_balancer is False


@pytest.mark.parametrize("case", NAMES)
def test_the_manifests_are_read_without_anything_left_over(case: str) -> None:
    for obj in clusters(case):
        if obj["metadata"]["name"] in REFUSED:
            with pytest.raises(InvalidManifest):
                parse(obj)
            continue
        cluster = parse(obj)
        assert cluster.spec.team_id == obj["spec"]["teamId"]
        assert unknown_fields(obj) == []
        assert manifest_notices(obj) == []


def test_both_forms_of_the_minimal_case_mean_nearly_the_same() -> None:
    one, other = configuration("minimal"), configuration("minimal-settings-object")
    differing = {
        name for name in Configuration.model_fields if getattr(one, name) != getattr(other, name)
    }
    assert differing == {
        "enable_postgres_team_crd",
        "node_readiness_label_merge",
        "oauth_token_secret_name",
        "operator_namespace",
        "password_rotation_user_retention",
        "persistent_volume_claim_retention_policy",
    }


def test_the_complete_case_is_read_field_by_field() -> None:
    (obj,) = clusters("complete")
    spec = parse(obj).spec
    assert spec.postgresql.parameters["max_connections"] == "37"
    assert spec.volume.size == "7Gi"
    assert spec.users == {
        "welder": ["superuser", "createdb"],
        "painter": [],
        "auditor_ro": ["nologin"],
    }
    assert spec.allowed_source_ranges == ["10.20.0.0/16", "192.0.2.7/32"]
    assert spec.enable_replica_load_balancer is False
    assert spec.patroni.failsafe_mode is True
    assert spec.patroni.maximum_lag_on_failover == 33554432
    assert spec.maintenance_windows == ["01:00-02:30", "Sat:04:00-06:00"]
    assert spec.tls is not None and spec.tls.ca_secret_name is None
    assert spec.sidecars[0].ports == [{"name": "metrics", "containerPort": 9187}]
    assert parse(obj).metadata.annotations == {"owned-by": "dock-crew", "note": "hello"}


def test_every_kind_of_value_of_the_backup_case_is_read() -> None:
    config = configuration("backup-s3")
    assert config.logical_backup_successful_jobs_history_limit == 0
    assert config.logical_backup_ttl_seconds_after_finished == 60
    assert config.node_readiness_label == {"lifecycle-status": "ready"}
    assert config.toleration == {"key": "k", "operator": "Exists"}
    assert config.spilo_fsgroup == 103
    assert config.logical_backup_schedule == "5 4 * * 0"
