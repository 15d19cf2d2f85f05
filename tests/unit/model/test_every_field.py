"""A wrong type at any field of a manifest and at any parameter is told at its place."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.model.configurations import from_config_map, from_object
from tests.unit.model.configurations import refused as refused_configuration
from tests.unit.model.manifests import manifest, refused
from workflows.model.configuration import InfrastructureRoles, NamespacedName
from workflows.model.configuration.parameter import FORMS
from workflows.model.configuration.sections import Entry, entries
from workflows.model.crds import postgresqls

Schema = dict[str, Any]
WRONG = {"string": 7, "integer": "7", "boolean": "yes", "array": {"a": 1}, "object": "x"}
WRONG_TEXT: dict[Any, str] = {
    bool: "maybe",
    int: "many",
    timedelta: "soon",
    dict[str, str]: "a",
    list[dict[str, Any]]: "a: 1",
    list[InfrastructureRoles]: "a",
    NamespacedName: "a/",
}


def spec_schema() -> Schema:
    root = postgresqls()["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    found: Schema = root["properties"]["spec"]
    return found


def places(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Every field with its schema; `[0]` is an item of a list, `.key` one of a map."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}.{name}", below
        yield from places(below, f"{path}.{name}")
    if isinstance(schema.get("items"), dict):
        yield f"{path}[0]", schema["items"]
        yield from places(schema["items"], f"{path}[0]")
    if isinstance(schema.get("additionalProperties"), dict):
        yield f"{path}.key", schema["additionalProperties"]
        yield from places(schema["additionalProperties"], f"{path}.key")


def holding(path: str, value: Any) -> dict[str, Any]:
    """A manifest with this value at this place, and whatever leads there."""
    for step in reversed(path.removeprefix("spec.").replace("[0]", ".0").split(".")):
        value = [value] if step == "0" else {step: value}
    spec: dict[str, Any] = value
    return manifest(**spec)


PLACES = dict(places(spec_schema(), "spec"))
PARAMETERS = [(form, entry) for form in FORMS for entry in entries(form)]


def test_these_are_all_fields() -> None:
    assert len(PLACES) > 500
    assert {"spec.teamId", "spec.streams[0].tables.key.idColumn"} <= PLACES.keys()
    assert "spec.initContainers[0].securityContext.seccompProfile.type" in PLACES


@pytest.mark.parametrize("path", PLACES)
def test_a_field_of_the_wrong_type_is_named(path: str) -> None:
    schema = PLACES[path]
    wrong = True if schema.get("x-kubernetes-int-or-string") else WRONG[schema["type"]]
    errors = {error.path: error for error in refused(holding(path, wrong))}
    assert path in errors
    assert errors[path].accepted


@pytest.mark.parametrize(("form", "entry"), PARAMETERS, ids=lambda one: getattr(one, "name", one))
def test_a_parameter_of_the_wrong_type_is_named(form: str, entry: Entry) -> None:
    if form == "object":
        section = {entry.name: {1}}
        given: dict[str, Any] = {entry.section: section} if entry.section else section
        errors = refused_configuration(from_object, **given)
        assert [error.path for error in errors] == [f"configuration.{entry.path}"]
    else:
        errors = refused_configuration(from_config_map, **{entry.name: 7})
        assert [error.path for error in errors] == [f"data.{entry.name}"]
    assert errors[0].accepted


@pytest.mark.parametrize(
    "entry",
    [entry for entry in entries("config map") if entry.plain_type in WRONG_TEXT],
    ids=lambda entry: entry.name,
)
def test_a_text_that_is_no_value_of_a_parameter_is_named(entry: Entry) -> None:
    text = WRONG_TEXT[entry.plain_type]
    (error,) = refused_configuration(from_config_map, **{entry.name: text})
    assert error.path == f"data.{entry.name}"
    assert error.accepted
