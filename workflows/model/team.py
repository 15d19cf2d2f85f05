"""The `PostgresTeam` resource: further teams and people, besides what the Teams API says."""

from typing import Any

from pydantic import Field, ValidationError

from workflows.model import validation
from workflows.model.errors import InvalidManifest
from workflows.model.fields import Resource
from workflows.model.postgresql.metadata import ObjectMeta


class PostgresTeamSpec(Resource):
    """Each map goes from a team's id; several objects are united team by team."""

    additional_superuser_teams: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Teams that are superusers in this team's clusters; needs opconfig "
        "`enable_postgres_team_crd_superusers`",
    )
    additional_teams: dict[str, list[str]] = Field(
        default_factory=dict,
        description="Teams whose members get roles in this team's clusters, and their additional "
        "teams' members, too",
    )
    additional_members: dict[str, list[str]] = Field(
        default_factory=dict, description="People who get roles in this team's clusters"
    )


class PostgresTeam(Resource):
    """Additional access to the clusters of a team."""

    api_version: str = "acid.zalan.do/v1"
    kind: str = "PostgresTeam"
    metadata: ObjectMeta
    spec: PostgresTeamSpec


def parse(obj: Any) -> PostgresTeam:
    """The model of a `PostgresTeam` object; raises InvalidManifest with all its bad fields."""
    if validation.too_deep(obj):
        raise InvalidManifest([validation.nested_too_deep("spec")])
    try:
        body = validation.without_nulls(obj)
        return PostgresTeam.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise InvalidManifest(validation.field_errors(error)) from None
