"""The platform of the session, the operator on it, and a namespace for each test."""

import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager

import pytest

from tests.field import install
from tests.field.cluster import Cluster, manifest
from tests.field.kubectl import Kubectl
from tests.field.platform import Platform
from tests.field.temporal import Temporal
from tests.scenarios import autopsy


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure is reported with what the test's namespace looked like."""
    report = yield
    given = getattr(item, "funcargs", {})
    places = [given[name] for name in ("kubectl", "shared") if name in given]
    if report.failed and report.when == "call":
        report.sections += [(f"namespace {one.namespace}", autopsy.describe(one)) for one in places]
    return report


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    """The local platform: started if it does not run, and stopped again if so."""
    platform = Platform.local()
    started = platform.up()
    yield platform
    if started:
        platform.down()


@pytest.fixture(scope="session")
def operator(platform: Platform) -> install.Operator:
    """The operator as this checkout builds it, in the cluster."""
    return install.operator(platform)


@pytest.fixture(scope="session")
def temporal(platform: Platform) -> Temporal:
    return Temporal(platform.environment["TEMPORAL_ADDRESS"])


@pytest.fixture
def kubectl(platform: Platform) -> Iterator[Kubectl]:
    """kubectl in a namespace of the test's own."""
    with namespace(platform) as kubectl:
        yield kubectl


@pytest.fixture(scope="module")
def shared(platform: Platform) -> Iterator[Kubectl]:
    """kubectl in a namespace that the tests of a module share."""
    with namespace(platform) as kubectl:
        yield kubectl


@contextmanager
def namespace(platform: Platform) -> Iterator[Kubectl]:
    """A new namespace; in the end its clusters go first, as they have finalizers."""
    name = f"t-{uuid.uuid4().hex[:6]}"
    kubectl = platform.kubectl.within(name)
    kubectl("create", "namespace", name)
    yield kubectl
    for resource in kubectl.list("postgresqls"):
        kubectl.delete("postgresql", resource["metadata"]["name"])
    kubectl("delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false")
    platform.kubectl.delete("namespace", name)


Create = Callable[..., Cluster]


@pytest.fixture
def create(operator: install.Operator, kubectl: Kubectl) -> Create:
    """Apply a small manifest; returns at once."""

    def create(name: str = "acid-shop", **spec: object) -> Cluster:
        kubectl.apply(manifest(name, **spec))  # type: ignore[arg-type]
        return Cluster(kubectl, name)

    return create
