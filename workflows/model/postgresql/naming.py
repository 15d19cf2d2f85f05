"""Which names a cluster may have, given its team and the operator's configuration."""

from workflows.model import names
from workflows.model.errors import FieldError
from workflows.model.postgresql.resource import Postgresql


def name_errors(cluster: Postgresql, *, team_prefix: bool) -> list[FieldError]:
    """With `enable_team_id_clustername_prefix` a name outside the rules makes the status Invalid.

    Without that option no name is refused here; what is too long fails at the API server.
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
            "at most 58 characters in all",
        )
    ]
