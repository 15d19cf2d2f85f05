"""The `postgresql` resource: the model, and the one way to read it from the API server."""

from workflows.model.postgresql.decode import notices, parse, unknown_fields
from workflows.model.postgresql.metadata import ObjectMeta
from workflows.model.postgresql.naming import name_errors, team_errors
from workflows.model.postgresql.resource import Postgresql
from workflows.model.postgresql.spec import PostgresqlSpec

__all__ = [
    "ObjectMeta",
    "Postgresql",
    "PostgresqlSpec",
    "name_errors",
    "notices",
    "parse",
    "team_errors",
    "unknown_fields",
]
