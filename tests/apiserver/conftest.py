"""A real API server without nodes, one for all tests of a session, on loopback."""

import itertools
from collections.abc import Iterator

import pytest

from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube
from tests.apiserver.plane import Plane
from tests.devcluster import binaries


@pytest.fixture(scope="session")
def apiserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """etcd, kube-apiserver and kube-controller-manager, with this project's CRDs."""
    plane = Plane(tmp_path_factory.mktemp("plane"), binaries=binaries.ensure(print))
    try:
        plane.up()
        yield plane
    finally:
        plane.down()


@pytest.fixture(scope="session")
def kube(apiserver: Plane) -> Iterator[Kube]:
    """An administrator's client, independent of the one under test."""
    kube = apiserver.kube()
    yield kube
    kube.close()


@pytest.fixture
def audit(apiserver: Plane) -> Audit:
    """What is written from now on, by whom."""
    return apiserver.audit.since()


_numbers = itertools.count(1)


@pytest.fixture
def namespace(kube: Kube) -> Iterator[str]:
    """A fresh one, deleted afterwards."""
    name = f"test-{next(_numbers)}"
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kube.delete("Namespace", None, name)
