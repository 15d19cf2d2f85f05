"""YAML in and out: the only place of this room where a YAML library is used."""

from typing import Any

import yaml


def read(text: str) -> Any:
    """One document of YAML or JSON; raises ValueError with what would have been accepted."""
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError("YAML or JSON") from error


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key and never writes anchors."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(value: Any) -> str:
    """One document, keys in the order given."""
    return str(yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True))
