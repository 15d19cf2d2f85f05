"""What steps learn of a resource, also of one whose manifest is invalid."""

from typing import Any, cast

import pytest

from activities.kube.client import Kube
from activities.kube.resource import Resources, outline, readable
from activities.manifests.instances import is_standby
from tests.unit.postgres.objects import Objects
from workflows.model.base import ClusterRef
from workflows.model.errors import InvalidManifest, Precondition

REF = ClusterRef(namespace="ns", name="acid-c")


def resources(*, deleted: bool = False, **spec: Any) -> Resources:
    kube = Objects()
    metadata = {"name": REF.name, "namespace": REF.namespace, "uid": "u"}
    if deleted:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    kube.put({"kind": "postgresql", "metadata": metadata, "spec": spec})
    return Resources(cast(Kube, kube))


def test_an_invalid_resource_is_there_but_can_not_be_built_from() -> None:
    found = resources(numberOfInstances="two")
    assert found.meant(REF, uid="u")["metadata"]["uid"] == "u"
    with pytest.raises(InvalidManifest):
        found.required(REF, uid="u")


def test_one_that_is_not_the_one_that_was_meant_is_refused() -> None:
    with pytest.raises(Precondition, match="created anew"):
        resources().meant(REF, uid="another")
    with pytest.raises(Precondition, match="being deleted"):
        resources(deleted=True).meant(REF, uid="u")
    with pytest.raises(Precondition, match="is gone"):
        resources().meant(ClusterRef(namespace="ns", name="acid-d"), uid="u")


@pytest.mark.parametrize(
    ("spec", "standby"),
    [
        ({}, False),
        ({"env": "none"}, False),
        ({"standby": {"s3_wal_path": "s3://x"}}, True),
        ({"env": ["?", {"name": "STANDBY_WALE_S3_PREFIX", "value": "s3://x"}]}, True),
    ],
)
def test_of_an_invalid_one_it_is_known_whether_it_follows_another(
    spec: dict[str, Any], standby: bool
) -> None:
    found = resources(numberOfInstances="two", **spec).meant(REF, uid="u")
    assert readable(found) is None
    assert is_standby(outline(found)) is standby
    assert outline(found).metadata.name == REF.name
