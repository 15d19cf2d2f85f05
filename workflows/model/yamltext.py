"""YAML in and out: the only place of this room where a YAML library is used."""

import math
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Dates stay texts, as Kubernetes reads them."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(text: str) -> Any:
    """One document of YAML or JSON, as JSON would hold it.

    Raises ValueError with what would have been accepted.
    """
    return _read(text, _Loader)


def texts(text: str) -> Any:
    """The same with every scalar as the text it is written as: `on` is no boolean."""
    return _read(text, yaml.BaseLoader)


def _read(text: str, loader: type[yaml.BaseLoader] | type[_Loader]) -> Any:
    try:
        return _json(yaml.load(text, Loader=loader))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError("YAML or JSON") from error


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {_key(key): _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError(f"JSON has no {type(value).__name__}")


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, str | int):
        return str(key)
    raise ValueError(f"JSON has no key that is a {type(key).__name__}")


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key and never writes anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(value: Any) -> str:
    """One document, keys in the order given."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True))
