"""The whole `postgresql` resource."""

from typing import Any

from pydantic import Field

from workflows.model.fields import Resource
from workflows.model.postgresql.metadata import ObjectMeta
from workflows.model.postgresql.spec import PostgresqlSpec


class Postgresql(Resource):
    """A Postgres cluster: what is wanted, and what was last reported of it."""

    api_version: str = "acid.zalan.do/v1"
    kind: str = "postgresql"
    metadata: ObjectMeta
    spec: PostgresqlSpec
    status: dict[str, Any] | None = Field(
        None, description="Written by the operator only; a text in very old objects"
    )
