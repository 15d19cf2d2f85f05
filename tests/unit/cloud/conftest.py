from collections.abc import Iterator

import pytest

from tests.field.ec2 import Ec2Server, led_to, serving


@pytest.fixture(scope="session")
def ec2_server() -> Iterator[Ec2Server]:
    with serving() as server:
        yield server


@pytest.fixture
def aws(ec2_server: Ec2Server, monkeypatch: pytest.MonkeyPatch) -> Ec2Server:
    """An empty EC2, which every client of this test asks."""
    return led_to(ec2_server, monkeypatch)
