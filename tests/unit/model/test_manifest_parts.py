"""Parts of a manifest that Kubernetes, Postgres or Patroni would never take."""

from typing import Any

import pytest

from tests.unit.model.manifests import parsed, refused_paths

REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"


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
