"""Custom resource definitions, generated from the models. `deploy/crds` is their output."""

from collections.abc import Sequence
from typing import Any

from workflows.model import yamltext
from workflows.model.crds.definitions import (
    CATEGORIES,
    operatorconfigurations,
    postgresoperations,
    postgresqls,
    postgresteams,
)

__all__ = [
    "everything",
    "operatorconfigurations",
    "postgresoperations",
    "postgresqls",
    "postgresteams",
    "render",
]

_HEADER = "# Generated from workflows/model by `python -m workflows.model.crds`; edit the models.\n"


def everything(*, categories: Sequence[str] = CATEGORIES) -> list[dict[str, Any]]:
    """All definitions."""
    return [
        definition(categories=categories)
        for definition in (
            postgresqls,
            postgresoperations,
            operatorconfigurations,
            postgresteams,
        )
    ]


def render() -> dict[str, str]:
    """File name to content of everything in `deploy/crds`."""
    return {
        f"{definition['spec']['names']['singular']}.crd.yaml": _HEADER + yamltext.write(definition)
        for definition in everything()
    }
