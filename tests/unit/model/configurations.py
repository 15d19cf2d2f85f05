"""Both forms of the operator's configuration, in short."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError, InvalidConfiguration


def from_config_map(**data: str) -> Configuration:
    return Configuration.from_config_map(data, operator_namespace="operators")


def from_object(**configuration: Any) -> Configuration:
    obj = {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "OperatorConfiguration",
        "metadata": {"name": "settings"},
        "configuration": configuration,
    }
    return Configuration.from_object(obj, operator_namespace="operators")


def refused(read: Callable[..., Configuration], **given: Any) -> Sequence[FieldError]:
    """The complaints about a configuration; fails when there are none."""
    with pytest.raises(InvalidConfiguration) as caught:
        read(**given)
    return caught.value.errors


def refused_paths(read: Callable[..., Configuration], **given: Any) -> list[str]:
    return [error.path for error in refused(read, **given)]
