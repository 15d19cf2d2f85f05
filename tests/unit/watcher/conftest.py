from collections.abc import Iterator

import pytest

from tests.unit.watcher.stub import ApiStub
from watcher.api import Api


@pytest.fixture
def stub() -> Iterator[ApiStub]:
    with ApiStub() as running:
        yield running


@pytest.fixture
def api(stub: ApiStub) -> Iterator[Api]:
    client = Api(stub.configuration)
    yield client
    client.close()
