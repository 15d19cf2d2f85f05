"""The custom resource definitions in a real API server: accepted, refused, defaulted, pruned."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.apiserver.kube import ApiError, Kube
from tests.unit.model.formats import BAD, GOOD, spec_with
from tests.unit.model.manifests import manifest
from workflows.model import core
from workflows.model.configuration import Configuration
from workflows.model.configuration.sections import SECTIONS, entries
from workflows.model.crds import everything
from workflows.model.postgresql import parse, unknown_fields

EXAMPLES = Path(__file__).parents[2] / "deploy" / "examples"
# unsigned in the operator, signed in the schema: the API server lets more through
UNSIGNED = "ttl"
_numbers = itertools.count(1)


def create(kube: Kube, namespace: str, **spec: Any) -> dict[str, Any]:
    """The object as the API server stores it; unknown fields are no error."""
    obj = manifest(**spec)
    obj["metadata"] = {"name": f"acid-{next(_numbers)}", "namespace": namespace}
    return kube.create(obj)


def configure(kube: Kube, namespace: str, configuration: Any) -> dict[str, Any]:
    return kube.create(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "OperatorConfiguration",
            "metadata": {"name": f"settings-{next(_numbers)}", "namespace": namespace},
            "configuration": configuration,
        }
    )


@pytest.mark.parametrize("name", [one["metadata"]["name"] for one in everything()])
def test_a_definition_is_established(kube: Kube, name: str) -> None:
    definition = kube.get("CustomResourceDefinition", None, name)
    assert definition is not None
    conditions = {one["type"]: one["status"] for one in definition["status"]["conditions"]}
    assert conditions == {"NamesAccepted": "True", "Established": "True"}


def test_schemas_of_kubernetes_own_types_are_those_of_this_server(kube: Kube) -> None:
    version = kube.call("GET", "version")
    assert f"{version['major']}.{version['minor']}" == core.KUBERNETES
    published = core.trimmed(kube.call("GET", "openapi/v3/api/v1"))
    assert published == json.loads(core.FILE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", ["minimal.yaml", "complete.yaml"])
def test_an_example_is_accepted_and_loses_nothing(kube: Kube, namespace: str, example: str) -> None:
    obj = yaml.safe_load((EXAMPLES / example).read_text(encoding="utf-8"))
    stored = kube.create(obj, namespace)
    assert parse(stored).spec == parse(_with_protocol(obj)).spec


def _with_protocol(obj: dict[str, Any]) -> dict[str, Any]:
    for sidecar in obj["spec"].get("sidecars", []):
        for port in sidecar["ports"]:
            port["protocol"] = "TCP"
    return obj


@pytest.mark.parametrize(("kind", "value"), [row for row in GOOD if row[0] != UNSIGNED])
def test_values_that_the_model_accepts_are_accepted(
    kube: Kube, namespace: str, kind: str, value: Any
) -> None:
    assert create(kube, namespace, **spec_with(kind, value))["spec"]["teamId"] == "acid"


@pytest.mark.parametrize(("kind", "value"), [row for row in BAD if row[0] != UNSIGNED])
def test_values_that_the_model_refuses_are_refused(
    kube: Kube, namespace: str, kind: str, value: Any
) -> None:
    with pytest.raises(ApiError) as caught:
        create(kube, namespace, **spec_with(kind, value))
    assert caught.value.status in (400, 422)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"teamId": None}, "spec.teamId"),
        ({"numberOfInstances": -1}, "spec.numberOfInstances"),
        ({"numberOfInstances": "2"}, "spec.numberOfInstances"),
        ({"volume": {}}, "spec.volume.size"),
        ({"postgresql": {}}, "spec.postgresql.version"),
        ({"postgresql": {"version": 17}}, "spec.postgresql.version"),
        ({"users": {"a": ["superman"]}}, "spec.users.a[0]"),
        ({"clone": {}}, "spec.clone.cluster"),
        ({"tls": {}}, "spec.tls.secretName"),
        ({"standby": {}}, "spec.standby"),
        ({"standby": {"standby_port": "1"}}, "spec.standby"),
        ({"standby": {"s3_wal_path": "a", "gs_wal_path": "b"}}, "spec.standby"),
        ({"env": [{"value": "a"}]}, "spec.env[0].name"),
        ({"initContainers": [{"image": "i"}]}, "spec.initContainers[0].name"),
        ({"sidecars": [{"ports": [{}]}]}, "spec.sidecars[0].ports[0].containerPort"),
        ({"additionalVolumes": [{}]}, "spec.additionalVolumes[0].mountPath"),
        ({"topologySpreadConstraints": [{}]}, "spec.topologySpreadConstraints[0].maxSkew"),
        ({"livenessProbe": {"httpGet": {}}}, "spec.livenessProbe.httpGet.port"),
        ({"connectionPooler": {"mode": "statement"}}, "spec.connectionPooler.mode"),
        ({"streams": [{"database": "d"}]}, "spec.streams[0].applicationId"),
        (
            {"sidecars": [{"resources": {"limits": {"cpu": "lots"}}}]},
            "spec.sidecars[0].resources.limits.cpu",
        ),
        (
            {"preparedDatabases": {"a": {"defaultUsers": "yes"}}},
            "spec.preparedDatabases.a.defaultUsers",
        ),
    ],
)
def test_a_bad_field_is_named_by_the_server(
    kube: Kube, namespace: str, spec: dict[str, Any], field: str
) -> None:
    with pytest.raises(ApiError) as caught:
        create(kube, namespace, **spec)
    assert field in caught.value.text


def test_a_standby_of_host_and_archive_is_accepted(kube: Kube, namespace: str) -> None:
    standby = {"standby_host": "h", "s3_wal_path": "s3://b/w"}
    assert create(kube, namespace, standby=standby)["spec"]["standby"] == standby


def test_only_types_of_kubernetes_have_defaults(kube: Kube, namespace: str) -> None:
    minimal = create(kube, namespace)
    assert minimal["spec"] == manifest()["spec"]
    source = {"configMapKeyRef": {"key": "k"}}
    spec = create(
        kube,
        namespace,
        sidecars=[{"name": "a", "image": "i", "ports": [{"containerPort": 1}]}],
        livenessProbe={"grpc": {"port": 1}},
        env=[{"name": "A", "valueFrom": source}],
        patroni={},
        connectionPooler={},
    )["spec"]
    assert spec["sidecars"][0]["ports"] == [{"containerPort": 1, "protocol": "TCP"}]
    assert spec["livenessProbe"] == {"grpc": {"port": 1, "service": ""}}
    assert spec["env"][0]["valueFrom"] == {"configMapKeyRef": {"key": "k", "name": ""}}
    assert (spec["patroni"], spec["connectionPooler"]) == ({}, {})


def test_unknown_and_removed_fields_are_dropped(kube: Kube, namespace: str) -> None:
    spec = create(
        kube,
        namespace,
        useLoadBalancer=True,
        init_containers=[],
        topologySpreadConstraint=[],
        connectionPooler={"modus": "x", "mode": "session"},
        sidecars=[{"name": "a", "image": "i", "volumeMounts": []}],
        livenessProbe={"periodSeconds": 1, "unknown": True},
    )["spec"]
    assert set(spec) == {*manifest()["spec"], "connectionPooler", "sidecars", "livenessProbe"}
    assert spec["connectionPooler"] == {"mode": "session"}
    assert spec["sidecars"] == [{"name": "a", "image": "i"}]
    assert spec["livenessProbe"] == {"periodSeconds": 1}
    assert unknown_fields({"spec": spec}) == []


def test_a_volume_source_keeps_everything(kube: Kube, namespace: str) -> None:
    source = {"csi": {"driver": "d", "of": {"the": ["future"]}}}
    volume = {"name": "v", "mountPath": "/v", "volumeSource": source}
    spec = create(kube, namespace, additionalVolumes=[volume])["spec"]
    assert spec["additionalVolumes"] == [volume]


def test_null_stays_where_it_means_something_and_goes_elsewhere(kube: Kube, namespace: str) -> None:
    stored = create(
        kube,
        namespace,
        users={"a": None},
        usersWithSecretRotation=None,
        allowedSourceRanges=None,
        dockerImage=None,
        env=None,
        databases={"a": None},
    )
    assert stored["spec"]["users"] == {"a": None}
    assert stored["spec"]["usersWithSecretRotation"] is None
    assert {"dockerImage", "env"}.isdisjoint(stored["spec"])
    assert stored["spec"]["databases"] == {}
    assert parse(stored).spec.users == {"a": []}


def test_the_status_takes_the_word_alone_and_all_that_is_ours(kube: Kube, namespace: str) -> None:
    name = create(kube, namespace)["metadata"]["name"]
    bare = {"status": {"PostgresClusterStatus": "Creating"}}
    assert kube.merge("postgresql", namespace, name, bare, "status")["status"] == bare["status"]
    full = {
        "PostgresClusterStatus": "Running",
        "observedGeneration": 1,
        "conditions": [{"type": "Ready", "status": "True", "reason": "AllMembersStream"}],
        "operation": {"kind": "create", "workflowId": "w", "percent": 40},
        "members": [{"name": "acid-0", "role": "master", "lag": 0, "timeline": 1}],
        "membersReady": "1/2",
    }
    stored = kube.merge("postgresql", namespace, name, {"status": {**full, "unknown": 1}}, "status")
    assert stored["status"] == full


def test_a_status_without_the_word_is_refused(kube: Kube, namespace: str) -> None:
    name = create(kube, namespace)["metadata"]["name"]
    with pytest.raises(ApiError, match="PostgresClusterStatus"):
        kube.merge("postgresql", namespace, name, {"status": {"members": []}}, "status")


def test_a_configuration_gets_defaults_in_the_sections_it_has(kube: Kube, namespace: str) -> None:
    stored = configure(kube, namespace, {"kubernetes": {}})["configuration"]
    assert set(stored["kubernetes"]) == {
        entry.name
        for entry in entries("object")
        if entry.section == "kubernetes" and entry.declared.schema is not None
    }
    assert stored["workers"] == 8
    assert set(SECTIONS) & set(stored) == {"kubernetes"}


def test_a_stored_configuration_means_the_same_as_the_written_one(
    kube: Kube, namespace: str
) -> None:
    written: dict[str, Any] = {
        "docker_image": "i",
        "sidecars": [{"name": "a", "image": "i", "resources": {"limits": {"cpu": 1}}}],
        "maintenance_windows": ["Sat:22:00-23:00"],
        "users": {"password_rotation_interval": 30},
        "kubernetes": {
            "liveness_probe": {"httpGet": {"path": "/liveness", "port": 8008}},
            "infrastructure_roles_secrets": [{"secretname": "s", "userkey": "u"}],
            "toleration": {"key": "k"},
        },
        "teams_api": {"protected_role_names": ["x"]},
    }
    stored = configure(kube, namespace, written)
    assert stored["configuration"]["sidecars"] == written["sidecars"]
    read = Configuration.from_object(stored, operator_namespace="o")
    assert read == Configuration.from_object({"configuration": written}, operator_namespace="o")


@pytest.mark.parametrize(
    ("configuration", "field"),
    [
        ({"workers": 0}, "configuration.workers"),
        ({"max_instances": -2}, "configuration.max_instances"),
        ({"resync_period": 30}, "configuration.resync_period"),
        ({"sidecars": {}}, "configuration.sidecars"),
        ({"maintenance_windows": ["always"]}, "configuration.maintenance_windows[0]"),
        (
            {"kubernetes": {"pod_management_policy": "random"}},
            "configuration.kubernetes.pod_management_policy",
        ),
        (
            {"postgres_pod_resources": {"default_cpu_limit": "1e3"}},
            "configuration.postgres_pod_resources.default_cpu_limit",
        ),
        (
            {"logical_backup": {"logical_backup_schedule": "@daily"}},
            "configuration.logical_backup.logical_backup_schedule",
        ),
        (
            {"connection_pooler": {"connection_pooler_number_of_instances": 0}},
            "configuration.connection_pooler.connection_pooler_number_of_instances",
        ),
    ],
)
def test_a_bad_parameter_is_named_by_the_server(
    kube: Kube, namespace: str, configuration: dict[str, Any], field: str
) -> None:
    with pytest.raises(ApiError) as caught:
        configure(kube, namespace, configuration)
    assert field in caught.value.text


def test_a_team_is_stored_without_unknown_fields(kube: Kube, namespace: str) -> None:
    spec = {"additionalTeams": {"acid": ["b"]}, "additionalMembers": {"acid": ["jane"]}}
    stored = kube.create(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "PostgresTeam",
            "metadata": {"name": "team", "namespace": namespace},
            "spec": {**spec, "additional": {}},
        }
    )
    assert stored["spec"] == spec
