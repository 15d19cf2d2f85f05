"""A real database server stands behind the pretended Patroni."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from activities.patroni import sight
from tests.unit.patroni.scene import Scene
from tests.unit.sql_server.fixtures import servers, sql_server
from tests.unit.sql_server.server import Server
from tests.unit.sql_server.world import World

__all__ = ["servers", "sql_server"]


@pytest.fixture
def without_sql(sql_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sight, "_SECONDS_BETWEEN_LISTS", 0.0)
    world = World(sql_server, options={"enable_database_access": "false"})
    with closing(Scene(world)) as scene:
        yield scene


@pytest.fixture
def with_sql(sql_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    monkeypatch.setattr(sight, "_SECONDS_BETWEEN_LISTS", 0.0)
    with closing(Scene(World(sql_server))) as scene:
        yield scene
