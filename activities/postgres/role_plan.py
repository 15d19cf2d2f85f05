"""What the server's roles lack, and whose time is over: one look, one list of changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.postgres import departures, passwords, retirement, roles, rotation
from activities.postgres.changes import Change
from activities.postgres.connection import Connection
from activities.postgres.departures import Departures
from activities.postgres.passwords import Passwords
from activities.postgres.role import Origin, Role
from activities.postgres.roles import Existing
from activities.postgres.rotation import Renewal
from activities.postgres.scram import Encryption
from activities.postgres.sources import Wanted
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True)
class RolePlan:
    """Changes in the order in which they are made, then renewals of logins."""

    changes: Sequence[Change] = ()
    renewals: Sequence[Renewal] = ()
    refused: Sequence[str] = ()
    """A sentence on each change that is impossible."""
    outdates_pods: bool = False
    """Whether pods were started with a password of a system role that is not the right one."""

    @property
    def announced(self) -> list[Change]:
        """Everything, for those who only tell of it."""
        renewals = [Change(renewal.subject, renewal.deed, ()) for renewal in self.renewals]
        return [*self.changes, *renewals]


@dataclass(frozen=True, kw_only=True)
class Planner:
    """Plans for one cluster, given who is wanted in it and what their Secrets say. Only looks."""

    wanted: Wanted
    known: Passwords
    cluster: Postgresql
    configuration: Configuration
    now: datetime

    def plan(self, connection: Connection) -> RolePlan:
        """All that is to be done now."""
        stand_ins = [login.stand_in for login in self.known.logins if login.stand_in]
        usable = [*self.known.usable(self.wanted.roles), *stand_ins]
        existing = roles.read(connection, usable)
        moves = self._moves(connection, existing)
        if moves.renamed:
            existing = roles.read(connection, usable, renamed=moves.renamed)
        given = self.cluster, self.configuration
        logins = self.known.logins
        retired = retirement.plan(connection, logins, *given, today=self.now.date())
        return RolePlan(
            changes=[
                *moves.returns,
                *self._lacking(existing, usable, self.known.known),
                *moves.leaves,
                *retired.changes,
            ],
            renewals=rotation.plan(logins, *given, now=self.now),
            refused=[*moves.refused, *retired.refused],
            outdates_pods=self._outdates_pods(existing),
        )

    def renewed(self, connection: Connection, renewal: Renewal, password: str) -> list[Change]:
        """What gives the server the user that a Secret is to name."""
        role = renewal.login.role
        user = role if renewal.user == role.name else passwords.stand_in(role, renewal.user)
        existing = roles.read(connection, [role, user])
        return self._lacking(existing, [user], {user.name: password})

    def _lacking(
        self, existing: Existing, wanted: Sequence[Role], known: Mapping[str, str]
    ) -> list[Change]:
        parameters = self.cluster.spec.postgresql.parameters
        return roles.plan(
            existing,
            wanted,
            passwords=known,
            encryption=Encryption.of(parameters.get("password_encryption")),
            owner_roles=self.configuration.additional_owner_roles,
        )

    def _moves(self, connection: Connection, existing: Existing) -> Departures:
        if not departures.enabled(self.configuration):
            return Departures()
        return departures.plan(
            departures.read(connection, self.configuration),
            self.wanted.roles,
            self.configuration,
            existing=existing.roles,
            complete=self.wanted.complete,
        )

    def _outdates_pods(self, existing: Existing) -> bool:
        """Patroni has these passwords from the environment, which only a new pod gets anew."""
        return any(
            role.origin is Origin.SYSTEM
            and (found := existing.roles.get(role.name)) is not None
            and found.verifier is not None
            and role.name in self.known.known
            and not roles.knows(found, role, self.known.known[role.name])
            for role in self.wanted.roles
        )
