"""Which names a cluster may have, given its team and the operator's configuration."""

from workflows.model import names, syntax
from workflows.model.errors import FieldError
from workflows.model.postgresql.resource import Postgresql


def team_errors(cluster: Postgresql, *, team_prefix: bool) -> list[FieldError]:
    """With `enable_team_id_clustername_prefix` a name outside the rules makes the status Invalid.

    Such a cluster is not looked after at all, as with Zalando's operator.
    """
    name, team = cluster.metadata.name, cluster.spec.team_id
    if not team_prefix or names.is_team_cluster(name, team):
        return []
    if not team:
        return [FieldError("spec.teamId", team, "a team, as the cluster's name must begin with it")]
    return [
        FieldError(
            "metadata.name",
            name,
            f"{team}- and then a-z, 0-9 and -, ending with a letter or digit, "
            f"at most {names.LONGEST_CLUSTER} characters in all",
        )
    ]


def name_errors(cluster: Postgresql) -> list[FieldError]:
    """Names of which no service could be made: with dots, or too long for the replicas' service."""
    name = cluster.metadata.name
    if syntax.SERVICE.fits(name) and len(name) <= names.LONGEST_CLUSTER:
        return []
    return [
        FieldError(
            "metadata.name",
            name,
            "a-z, 0-9 and -, beginning with a letter and ending with a letter or digit, "
            f"at most {names.LONGEST_CLUSTER} characters",
        )
    ]
