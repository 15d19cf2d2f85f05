"""Fixtures for whoever needs a real server."""

from collections.abc import Iterator

import pytest

from tests.unit.sql_server.server import Server

NEWEST = "18"


class Servers:
    """Starts a server of a major version when it is first asked for."""

    def __init__(self) -> None:
        self._running: dict[str, Server] = {}

    def of(self, major: str) -> Server:
        if major not in self._running:
            server = Server(major)
            self._running[major] = server
            server.start()
        return self._running[major]

    def stop(self) -> None:
        while self._running:
            self._running.popitem()[1].stop()


_SHARED = Servers()


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    """The same for all folders that have this fixture."""
    yield _SHARED
    _SHARED.stop()


@pytest.fixture
def sql_server(servers: Servers, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server as an image would have it at first; of another major version by `indirect`."""
    server = servers.of(getattr(request, "param", NEWEST))
    yield server
    server.reset()
