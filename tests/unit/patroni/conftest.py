"""A real database server stands behind the pretended Patroni."""

from tests.unit.sql_server.fixtures import servers, sql_server

__all__ = ["servers", "sql_server"]
