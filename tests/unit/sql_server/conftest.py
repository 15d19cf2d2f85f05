"""Real servers for tests of SQL, one per major version and test run."""

from tests.unit.sql_server.fixtures import servers, sql_server

__all__ = ["servers", "sql_server"]
