"""Small manifests to vary in tests."""

from collections.abc import Sequence
from typing import Any

import pytest

from workflows.model.errors import FieldError, InvalidManifest
from workflows.model.postgresql import Postgresql, parse


def manifest(**spec: Any) -> dict[str, Any]:
    """A valid manifest; keyword arguments replace fields of `spec`."""
    required = {
        "teamId": "acid",
        "numberOfInstances": 2,
        "postgresql": {"version": "17"},
        "volume": {"size": "1Gi"},
    }
    return {
        "apiVersion": "acid.zalan.do/v1",
        "kind": "postgresql",
        "metadata": {"name": "acid-test", "namespace": "default", "uid": "u"},
        "spec": {**required, **spec},
    }


def parsed(**spec: Any) -> Postgresql:
    return parse(manifest(**spec))


def refused(obj: dict[str, Any]) -> Sequence[FieldError]:
    """The complaints about a manifest; fails when there are none."""
    with pytest.raises(InvalidManifest) as caught:
        parse(obj)
    return caught.value.errors


def refused_paths(**spec: Any) -> list[str]:
    return [error.path for error in refused(manifest(**spec))]
