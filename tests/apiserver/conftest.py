"""A real API server without nodes, one for all tests of a session, on loopback."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.apiserver.audit import Audit
from tests.apiserver.kube import ApiError, Kube
from tests.apiserver.operating import eventually
from tests.apiserver.plane import Plane
from tests.devcluster import binaries

DEFINITION = Path(__file__).parent / "golden" / "crds" / "fabriceventstream.crd.yaml"


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


@pytest.fixture
def streams(kube: Kube) -> Iterator[None]:
    """The definition that another operator brings along."""
    definition = yaml.safe_load(DEFINITION.read_text())
    name = definition["metadata"]["name"]
    crds = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    kube.call("POST", crds, definition)
    eventually(lambda: _served(kube))
    yield
    kube.call("DELETE", f"{crds}/{name}")
    eventually(lambda: not _served(kube))


def _served(kube: Kube) -> bool:
    try:
        kube.call("GET", "apis/zalando.org/v1/fabriceventstreams")
    except ApiError:
        return False
    return True
