"""The custom resource definitions: generated, complete, as the API server wants them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.model.manifests import manifest
from workflows.model import core
from workflows.model.configuration.sections import entries
from workflows.model.crds import __main__ as program
from workflows.model.crds import everything, operatorconfigurations, postgresqls, render
from workflows.model.postgresql import PostgresqlSpec
from workflows.model.shape import fields
from workflows.model.status import ClusterStatus

FOLDER = Path(__file__).parents[3] / "deploy" / "crds"


def schema(definition: dict[str, Any]) -> dict[str, Any]:
    (version,) = definition["spec"]["versions"]
    root: dict[str, Any] = version["schema"]["openAPIV3Schema"]
    return root


def columns(definition: dict[str, Any]) -> list[tuple[str, str, str]]:
    (version,) = definition["spec"]["versions"]
    shown = version.get("additionalPrinterColumns", [])
    return [(one["name"], one["type"], one["jsonPath"]) for one in shown]


def at(definition: dict[str, Any], path: str) -> dict[str, Any]:
    """The schema of a field; `[]` enters a list, `*` a map."""
    node = schema(definition)
    for step in path.split("."):
        if step == "[]":
            node = node["items"]
        elif step == "*":
            node = node["additionalProperties"]
        else:
            node = node["properties"][step]
    return node


def nodes(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema below one."""
    yield path, node
    for name, child in node.get("properties", {}).items():
        yield from nodes(child, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if isinstance(node.get(key), dict):
            yield from nodes(node[key], f"{path}.[]")


def test_deploy_holds_what_is_generated() -> None:
    found = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.crd.yaml")}
    assert found == render(), "run `python -m workflows.model.crds --write deploy/crds`"


def test_the_text_is_the_definition() -> None:
    assert [yaml.safe_load(text) for text in render().values()] == everything()


def test_the_program_writes_the_files(tmp_path: Path) -> None:
    assert program.main(["--write", str(tmp_path)]) == 0
    assert {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()} == render()


def test_the_program_prints_one_stream(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([]) == 0
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == everything()


def test_names_and_kinds_are_those_of_the_original_and_our_own() -> None:
    facts = [
        (
            definition["metadata"]["name"],
            definition["spec"]["names"]["kind"],
            definition["spec"]["names"]["listKind"],
            definition["spec"]["names"]["singular"],
            definition["spec"]["names"]["shortNames"],
        )
        for definition in everything()
    ]
    assert facts == [
        ("postgresqls.acid.zalan.do", "postgresql", "postgresqlList", "postgresql", ["pg"]),
        (
            "postgresoperations.acid.zalan.do",
            "PostgresOperation",
            "PostgresOperationList",
            "postgresoperation",
            ["pgop"],
        ),
        (
            "operatorconfigurations.acid.zalan.do",
            "OperatorConfiguration",
            "OperatorConfigurationList",
            "operatorconfiguration",
            ["opconfig"],
        ),
        (
            "postgresteams.acid.zalan.do",
            "PostgresTeam",
            "PostgresTeamList",
            "postgresteam",
            ["pgteam"],
        ),
    ]


@pytest.mark.parametrize("definition", everything(), ids=lambda one: one["metadata"]["name"])
def test_each_has_the_same_frame(definition: dict[str, Any]) -> None:
    (version,) = definition["spec"]["versions"]
    assert definition["metadata"]["labels"] == {"app.kubernetes.io/name": "postgres-operator"}
    assert (definition["spec"]["group"], definition["spec"]["scope"]) == (
        "acid.zalan.do",
        "Namespaced",
    )
    assert definition["spec"]["names"]["categories"] == ["all"]
    assert (version["name"], version["served"], version["storage"]) == ("v1", True, True)
    assert version["subresources"] == {"status": {}}


def test_categories_can_be_chosen() -> None:
    assert postgresqls(categories=["pgs"])["spec"]["names"]["categories"] == ["pgs"]


def test_columns_begin_with_the_original_ones_in_their_order() -> None:
    assert columns(postgresqls())[:8] == [
        ("Team", "string", ".spec.teamId"),
        ("Version", "string", ".spec.postgresql.version"),
        ("Pods", "integer", ".spec.numberOfInstances"),
        ("Volume", "string", ".spec.volume.size"),
        ("CPU-Request", "string", ".spec.resources.requests.cpu"),
        ("Memory-Request", "string", ".spec.resources.requests.memory"),
        ("Age", "date", ".metadata.creationTimestamp"),
        ("Status", "string", ".status.PostgresClusterStatus"),
    ]
    assert columns(operatorconfigurations()) == [
        ("Image", "string", ".configuration.docker_image"),
        ("Cluster-Label", "string", ".configuration.kubernetes.cluster_name_label"),
        ("Service-Account", "string", ".configuration.kubernetes.pod_service_account_name"),
        ("Min-Instances", "integer", ".configuration.min_instances"),
        ("Age", "date", ".metadata.creationTimestamp"),
    ]


def test_further_columns_show_fields_of_the_status() -> None:
    (version,) = postgresqls()["spec"]["versions"]
    further = version["additionalPrinterColumns"][8:]
    assert [one["name"] for one in further] == [
        "Ready",
        "Operation",
        "Percent",
        "Step",
        "Waiting-For",
    ]
    for column in further:
        assert at(postgresqls(), column["jsonPath"][1:])["type"] == column["type"]


def test_required_fields() -> None:
    assert schema(postgresqls())["required"] == ["metadata", "spec"]
    assert sorted(at(postgresqls(), "spec")["required"]) == [
        "numberOfInstances",
        "postgresql",
        "teamId",
        "volume",
    ]
    assert at(postgresqls(), "spec.clone")["required"] == ["cluster"]
    assert at(postgresqls(), "spec.tls")["required"] == ["secretName"]
    assert at(postgresqls(), "status")["required"] == ["PostgresClusterStatus"]
    assert schema(operatorconfigurations())["required"] == ["metadata", "configuration"]


def test_every_field_of_the_model_is_in_the_schema_and_the_other_way_round() -> None:
    assert set(at(postgresqls(), "spec")["properties"]) == set(fields(PostgresqlSpec))
    assert set(at(postgresqls(), "status")["properties"]) == set(fields(ClusterStatus))


def test_every_parameter_is_in_the_schema_with_its_default() -> None:
    for entry in entries("object"):
        found = at(operatorconfigurations(), f"configuration.{entry.path}")
        assert found.get("default") == entry.declared.schema
        assert found["description"] == entry.declared.effect


def test_no_section_has_a_default_of_its_own() -> None:
    properties = at(operatorconfigurations(), "configuration")["properties"]
    sections = {entry.section for entry in entries("object") if entry.section}
    assert [name for name in sections if "default" in properties[name]] == []


def test_the_only_defaults_of_a_cluster_are_those_of_kubernetes() -> None:
    spec = at(postgresqls(), "spec")
    defaulted = {path.rpartition(".")[2] for path, node in nodes(spec) if "default" in node}
    assert defaulted == {"protocol", "service", "name", "optional"}
    assert at(postgresqls(), "spec.sidecars.[].ports.[].protocol")["default"] == "TCP"
    assert at(postgresqls(), "spec.livenessProbe.grpc.service")["default"] == ""


def test_nullable_fields() -> None:
    nullable = {path for path, node in nodes(at(postgresqls(), "spec")) if "nullable" in node}
    assert nullable == {
        ".users.[]",
        ".usersWithSecretRotation",
        ".usersWithInPlaceSecretRotation",
        ".usersIgnoringSecretRotation",
        ".allowedSourceRanges",
        ".additionalVolumes.[].targetContainers",
    }


def test_open_parts() -> None:
    open_fields = [
        path
        for definition in everything()
        for path, node in nodes(schema(definition))
        if "x-kubernetes-preserve-unknown-fields" in node
    ]
    assert open_fields == [
        ".spec.additionalVolumes.[].volumeSource",
        ".configuration.sidecars.[]",
    ]


@pytest.mark.parametrize("definition", everything(), ids=lambda one: one["metadata"]["name"])
def test_schemas_are_structural(definition: dict[str, Any]) -> None:
    for path, node in nodes(schema(definition)):
        typed = "type" in node or "x-kubernetes-int-or-string" in node
        assert typed, f"{path} has no type"
        assert node.keys().isdisjoint({"$ref", "title", "x-core", "x-accepted"}), path
        assert not ("properties" in node and "additionalProperties" in node), path


def test_keys_of_list_maps_are_required_or_have_a_default() -> None:
    for path, node in nodes(schema(postgresqls())):
        for key in node.get("x-kubernetes-list-map-keys", []):
            item = node["items"]
            assert key in item["required"] or "default" in item["properties"][key], path


def test_patterns_mean_the_same_to_go() -> None:
    """RE2 has neither look-around nor back references, and `{n,m}` up to 1000."""
    for definition in everything():
        for path, node in nodes(schema(definition)):
            assert not re.search(r"\(\?[=!<P]|\\[1-9]", node.get("pattern", "")), path


def test_every_field_of_ours_is_described() -> None:
    properties = at(postgresqls(), "spec")["properties"]
    assert [name for name, field in properties.items() if not field.get("description")] == []


def test_no_definition_is_too_large_to_be_applied_with_kubectl() -> None:
    """Client-side apply keeps the object in an annotation of at most 256 KiB."""
    assert max(len(text) for text in render().values()) < 200_000


def test_schemas_of_kubernetes_are_there_for_every_root() -> None:
    assert [core.schema(name)["type"] for name in core.ROOTS] == ["object"] * len(core.ROOTS)
    assert core.schema("Container")["required"] == ["name"]
    assert core.schema("TopologySpreadConstraint")["required"] == [
        "maxSkew",
        "topologyKey",
        "whenUnsatisfiable",
    ]


def test_a_new_schema_of_kubernetes_is_trimmed() -> None:
    prefix = "#/components/schemas/io.k8s.api.core.v1."
    document: dict[str, Any] = {
        "components": {
            "schemas": {
                f"io.k8s.api.core.v1.{name}": {"type": "object", "description": "long"}
                for name in core.ROOTS
            }
        }
    }
    schemas = document["components"]["schemas"]
    schemas["io.k8s.api.core.v1.Probe"]["properties"] = {
        "port": {"type": "integer", "default": 0},
        "word": {"type": "string", "default": "x", "description": "long"},
        "deep": {"allOf": [{"$ref": f"{prefix}Deep"}], "default": {}},
    }
    schemas["io.k8s.api.core.v1.Probe"]["required"] = ["port"]
    schemas["io.k8s.api.core.v1.Deep"] = {"type": "object", "x-kubernetes-map-type": "atomic"}
    found = core.trimmed(document)
    assert found["Probe"] == {
        "type": "object",
        "required": ["port"],
        "properties": {
            "port": {"type": "integer"},
            "word": {"type": "string", "default": "x"},
            "deep": {"$ref": "Deep"},
        },
    }
    assert found["Deep"] == {"type": "object", "x-kubernetes-map-type": "atomic"}


def test_the_sample_manifest_of_these_tests_has_only_known_fields() -> None:
    assert set(manifest()["spec"]) <= set(at(postgresqls(), "spec")["properties"])
