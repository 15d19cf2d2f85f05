"""From a pydantic model to the structural schema that a CRD takes."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from workflows.model import core
from workflows.model.fields import ACCEPTED, CORE_TYPE

_NOT_STRUCTURAL: Final = ("title", "default", "$defs")


class _Generator(GenerateJsonSchema):
    """Optional fields are left out of `required`, not made nullable."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])


def described(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of the model under its outside names, without references and defaults.

    Still holds the marks that say what is accepted and where Kubernetes' own types stand.
    """
    generated = model.model_json_schema(by_alias=True, schema_generator=_Generator)
    schema: dict[str, Any] = _inlined(generated, generated.get("$defs", {}))
    return schema


def structural(model: type[BaseModel]) -> dict[str, Any]:
    """The same as a CRD takes it."""
    schema: dict[str, Any] = _kubernetes(described(model))
    return schema


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(child, definitions) for child in node]
    if not isinstance(node, Mapping):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        own = {key: value for key, value in node.items() if key != "$ref"}
        return _inlined({**target, **own}, definitions)
    return {
        key: _properties(value, definitions)
        if key == "properties"
        else _inlined(value, definitions)
        for key, value in node.items()
        if key not in _NOT_STRUCTURAL
    }


def _properties(properties: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Their names are no keywords: a field may well be called `default`."""
    return {name: _inlined(child, definitions) for name, child in properties.items()}


def _kubernetes(node: Any) -> Any:
    """Puts in the schemas of Kubernetes' own types; open objects say so its way."""
    if isinstance(node, list):
        return [_kubernetes(child) for child in node]
    if not isinstance(node, Mapping):
        return node
    if CORE_TYPE in node:
        return {**_only(node, "description", "nullable"), **core.schema(node[CORE_TYPE])}
    schema = {key: _kubernetes(child) for key, child in node.items() if key != ACCEPTED}
    if schema.get("additionalProperties") is True:
        del schema["additionalProperties"]
        schema["x-kubernetes-preserve-unknown-fields"] = True
    return schema


def _only(node: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: node[key] for key in keys if key in node}
