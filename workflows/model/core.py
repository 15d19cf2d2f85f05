"""Schemas of Kubernetes' own types that stand inside ours.

They come from Kubernetes' published OpenAPI document, trimmed to what a structural schema needs;
`core.json` holds the result and a test compares it with a running API server of that release.
"""

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any, Final

KUBERNETES: Final = "1.34"
FILE: Final = Path(__file__).with_name("core.json")
ROOTS: Final = (
    "Container",
    "ContainerPort",
    "EnvFromSource",
    "EnvVar",
    "LabelSelector",
    "NodeAffinity",
    "Probe",
    "Toleration",
    "TopologySpreadConstraint",
)
_KEPT: Final = (
    "additionalProperties",
    "default",
    "format",
    "items",
    "properties",
    "required",
    "type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
)
_INT_OR_STRING: Final = {
    "anyOf": [{"type": "integer"}, {"type": "string"}],
    "x-kubernetes-int-or-string": True,
}
_QUANTITY: Final = {
    **_INT_OR_STRING,
    "pattern": r"^[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?(\d+(\.\d*)?|\.\d+))?$",
}


def schema(name: str) -> dict[str, Any]:
    """The complete structural schema of a type, without references."""
    complete: dict[str, Any] = _resolved({"$ref": name}, definitions())
    return complete


def trimmed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The definitions below ROOTS, out of Kubernetes' OpenAPI v3 document of group `v1`."""
    published = {path.rpartition(".")[2]: path for path in document["components"]["schemas"]}
    found: dict[str, Any] = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _definition(name, document["components"]["schemas"][published[name]])
            waiting.extend(_references(found[name]))
    return dict(sorted(found.items()))


def write(document: Mapping[str, Any]) -> None:
    FILE.write_text(json.dumps(trimmed(document), indent=1) + "\n", encoding="utf-8")


@cache
def definitions() -> dict[str, Any]:
    """The types below ROOTS by name, with references to each other; not to be changed."""
    content: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return content


def _definition(name: str, published: Mapping[str, Any]) -> dict[str, Any]:
    if name == "IntOrString":
        return deepcopy(_INT_OR_STRING)
    if name == "Quantity":
        return deepcopy(_QUANTITY)
    return _trim(published)


def _trim(node: Mapping[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref") or next((one["$ref"] for one in node.get("allOf", [])), None)
    if reference is not None:
        return {"$ref": reference.rpartition(".")[2]}
    kept = {key: node[key] for key in _KEPT if key in node}
    required = kept.get("required", [])
    for key in ("items", "additionalProperties"):
        if key in kept:
            kept[key] = _without_zero(_trim(kept[key]), required=True)
    if "properties" in kept:
        kept["properties"] = {
            name: _without_zero(_trim(child), required=name in required)
            for name, child in kept["properties"].items()
        }
    return kept


def _without_zero(child: dict[str, Any], *, required: bool) -> dict[str, Any]:
    """Defaults of what must be there anyway are only Go's zero values and never apply."""
    return {key: value for key, value in child.items() if key != "default" or not required}


def _references(node: Any) -> Iterable[str]:
    if isinstance(node, Mapping):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _resolved(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, Mapping):
        if "$ref" in node:
            return _resolved(definitions[node["$ref"]], definitions)
        return {key: _resolved(child, definitions) for key, child in node.items()}
    if isinstance(node, list):
        return [_resolved(child, definitions) for child in node]
    return node
