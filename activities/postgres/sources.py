"""All roles a cluster ought to have, whoever wants them: the one place where sources meet.

The resource itself asks for most of them; infrastructure roles come from Secrets, people from
their teams. What can't be read or followed is told under the name of its concern, and stops
nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from activities.kept import Kept
from activities.postgres.infrastructure import Infrastructure, definitions, read
from activities.postgres.role import Role
from activities.postgres.wanted import (
    infrastructure_roles,
    refused,
    team_roles,
    wanted_roles,
)
from activities.teams.people import People
from activities.teams.source import PeopleSource
from activities.vault import ReadsObjects
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

ROLES = "Roles"
INFRASTRUCTURE = "InfrastructureRoles"
TEAMS = "Teams"

KEPT_SECONDS = 300.0
"""How long looks share what one of them has read of a source that all clusters have in common."""


@dataclass(frozen=True)
class Wanted:
    """Roles, and pairs of a concern's name and a sentence on what is not in order there."""

    roles: Sequence[Role]
    concerns: Sequence[tuple[str, str]] = ()
    complete: bool = False
    """Whether somebody who is not among the roles is wanted by nobody."""


class RoleSources:
    """Shared by all clusters of a process; used from many threads.

    `kept_seconds` is for looks, of which there are many; steps that act read afresh.
    """

    def __init__(
        self, kube: ReadsObjects, people: PeopleSource, *, kept_seconds: float = 0.0
    ) -> None:
        self._kube = kube
        self._people = people
        self._infrastructure: Kept[Infrastructure] = Kept(seconds=kept_seconds)

    def wanted(self, cluster: Postgresql, configuration: Configuration) -> Wanted:
        """Raises nothing of its own: a source that fails becomes a concern."""
        infrastructure = self._read_infrastructure(configuration)
        people = self._people.people(cluster.spec.team_id, configuration)
        known = people or People(complete=False)
        elsewhere = [
            *infrastructure_roles(infrastructure.roles, cluster, configuration),
            *team_roles(known.persons, cluster, configuration),
        ]
        left_out = refused(cluster=cluster, configuration=configuration, elsewhere=elsewhere)
        return Wanted(
            roles=wanted_roles(cluster=cluster, configuration=configuration, elsewhere=elsewhere),
            concerns=[
                *((INFRASTRUCTURE, problem) for problem in infrastructure.problems),
                *((TEAMS, problem) for problem in known.problems),
                *((ROLES, sentence) for sentence in left_out),
            ],
            complete=known.complete and not infrastructure.problems,
        )

    def roles(self, cluster: Postgresql, configuration: Configuration) -> Sequence[Role]:
        """Only the roles, for those who make their Secrets."""
        return self.wanted(cluster, configuration).roles

    def forget(self) -> None:
        """Something was changed: what was read before now is not to be used any more."""
        self._infrastructure.forget()
        self._people.forget()

    def _read_infrastructure(self, configuration: Configuration) -> Infrastructure:
        return self._infrastructure.get(
            tuple(definitions(configuration)), lambda: read(self._kube, configuration)
        )
