"""The examples that people begin with."""

from pathlib import Path

import pytest
import yaml

from workflows.model.postgresql import name_errors, notices, parse, team_errors, unknown_fields

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"


@pytest.mark.parametrize("example", ["minimal.yaml", "complete.yaml"])
def test_an_example_is_accepted_without_remarks(example: str) -> None:
    obj = yaml.safe_load((EXAMPLES / example).read_text(encoding="utf-8"))
    cluster = parse(obj)
    assert team_errors(cluster, team_prefix=True) + name_errors(cluster) == []
    assert (unknown_fields(obj), notices(obj)) == ([], [])


def test_the_minimal_example_is_the_one_everybody_knows() -> None:
    cluster = parse(yaml.safe_load((EXAMPLES / "minimal.yaml").read_text(encoding="utf-8")))
    spec = cluster.spec
    assert cluster.metadata.name == "acid-minimal-cluster"
    assert (spec.team_id, spec.number_of_instances, spec.volume.size) == ("acid", 2, "1Gi")
    assert spec.users == {"zalando": ["superuser", "createdb"], "foo_user": []}
    assert spec.databases == {"foo": "zalando"}
    assert list(spec.prepared_databases or {}) == ["bar"]
    assert spec.postgresql.version == "17"


def test_the_complete_example_shows_most_fields() -> None:
    text = (EXAMPLES / "complete.yaml").read_text(encoding="utf-8")
    spec = parse(yaml.safe_load(text)).spec
    shown = spec.model_fields_set
    left_out = set(type(spec).model_fields) - shown
    assert left_out == {
        "clone",
        "standby",
        "streams",
        "scheduler_name",
        "replica_service_annotations",
        "enable_master_pooler_load_balancer",
        "enable_replica_pooler_load_balancer",
        "enable_master_node_port",
        "enable_replica_node_port",
        "enable_master_pooler_node_port",
        "enable_replica_pooler_node_port",
        "master_node_port",
        "replica_node_port",
        "master_pooler_node_port",
        "replica_pooler_node_port",
    }
