"""Whatever JSON is stored: it is read, or refused with the places of what is wrong.

Objects may be older than the schema in force, or stored with its checks switched off.
"""

import json
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.manifests import manifest
from workflows.model import team
from workflows.model.configuration import Configuration
from workflows.model.configuration import unknown_fields as unknown_parameters
from workflows.model.configuration.sections import entries
from workflows.model.crds import operatorconfigurations
from workflows.model.errors import InvalidConfiguration, InvalidManifest
from workflows.model.postgresql import name_errors, notices, parse, team_errors, unknown_fields

EXAMPLES = Path(__file__).parents[3] / "deploy" / "examples"
COMPLETE: dict[str, Any] = yaml.safe_load((EXAMPLES / "complete.yaml").read_text(encoding="utf-8"))
CONFIGURATION = {
    "metadata": {"name": "settings"},
    "configuration": operatorconfigurations()["spec"]["versions"][0]["schema"]["openAPIV3Schema"][
        "properties"
    ]["configuration"]["properties"],
}
"""Every parameter is there, each with a value that is mostly of the wrong type."""
TEAM = {"metadata": {"name": "t"}, "spec": {"additionalTeams": {"acid": ["a"]}}}

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.sampled_from(["9" * 5000, "-1m", "1h", "1Gi", "\x00", "{a}", "(((", "a:b,c:d", "k: 1"]),
)
anything = st.recursive(
    scalars,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=5), below),
    max_leaves=8,
)


def places(value: Any, *, below: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to everything inside."""
    items: Iterable[tuple[Any, Any]] = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        items = enumerate(value)
    return [
        place
        for key, item in items
        for place in ((*below, key), *places(item, below=(*below, key)))
    ]


@st.composite
def mutated(draw: st.DrawFn, original: dict[str, Any]) -> Any:
    """The original with a few parts of it exchanged for anything."""
    changed = deepcopy(original)
    for *way, last in draw(st.lists(st.sampled_from(places(original)), min_size=1, max_size=4)):
        part: Any = changed
        for key in way:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, dict):
            part[last] = draw(anything)
    return changed


@given(mutated(COMPLETE) | anything)
def test_a_manifest_is_read_or_refused_with_places(obj: Any) -> None:
    try:
        cluster = parse(obj)
    except InvalidManifest as error:
        assert error.errors
        assert all(bad.path and bad.accepted for bad in error.errors)
        json.dumps(str(error))
    else:
        team_errors(cluster, team_prefix=True)
        name_errors(cluster)
        notices(obj)
    unknown_fields(obj, old_names=True)


@given(mutated(CONFIGURATION) | anything)
def test_a_configuration_object_is_read_or_refused_with_places(obj: Any) -> None:
    try:
        Configuration.from_object(obj, operator_namespace="o")
    except InvalidConfiguration as error:
        assert all(bad.path.startswith("configuration") for bad in error.errors)
    list(unknown_parameters(obj))


@given(st.dictionaries(st.sampled_from([e.name for e in entries("config map")]), scalars))
def test_a_config_map_is_read_or_refused_with_keys(data: Any) -> None:
    try:
        Configuration.from_config_map(data, operator_namespace="o")
    except InvalidConfiguration as error:
        assert all(bad.path.startswith("data.") for bad in error.errors)


@given(mutated(TEAM) | anything)
def test_a_postgres_team_is_read_or_refused(obj: Any) -> None:
    try:
        team.parse(obj)
    except InvalidManifest as error:
        assert error.errors


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"a": [value]}
    return value


@pytest.mark.parametrize("depth", [200, 100_000])
def test_what_is_nested_too_deep_is_refused_not_followed(depth: int) -> None:
    with pytest.raises(InvalidManifest, match="levels of nesting"):
        parse(manifest(livenessProbe=nested(depth)))
    with pytest.raises(InvalidConfiguration, match="levels of nesting"):
        Configuration.from_object({"configuration": nested(depth)}, operator_namespace="o")
    with pytest.raises(InvalidManifest, match="levels of nesting"):
        team.parse({"metadata": {"name": "t"}, "spec": nested(depth)})


@pytest.mark.parametrize("text", ["9" * 100_000, "1" * 5000 + "x", "1h" * 5000, "." * 5000])
def test_long_texts_where_durations_and_numbers_are_expected_take_no_time(text: str) -> None:
    with pytest.raises(InvalidConfiguration) as refused:
        Configuration.from_config_map(
            {"resync_period": text, "workers": text}, operator_namespace="o"
        )
    assert {bad.path for bad in refused.value.errors} == {"data.resync_period", "data.workers"}
