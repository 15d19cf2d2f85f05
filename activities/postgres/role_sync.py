"""Carrying out a plan for roles: the server first, then the Secrets that tell of it.

So an application that reads a Secret can always log in with what it reads. For a password that is
renewed in place there is a moment between the two; should the Secret not be written, the server
gets the old password back, and after a crash the next sync finds that Secret and server differ.
"""

from collections.abc import Callable
from dataclasses import dataclass

from activities.kube.credentials import generated
from activities.kube.rotated import Rotated
from activities.postgres.changes import carry_out
from activities.postgres.connection import Connection
from activities.postgres.role import Origin
from activities.postgres.role_plan import Planner
from activities.postgres.rotation import Renewal
from workflows.model.errors import MatriarchError
from workflows.model.orders import SqlResult
from workflows.tripwire import TRIPWIRE


@dataclass(frozen=True, kw_only=True)
class RoleSync:
    """One sync over one connection; `beat` is called before each change."""

    planner: Planner
    rotated: Rotated
    beat: Callable[[], None]

    def run(self, connection: Connection) -> SqlResult:
        """Raises Unavailable and NotYet when nothing more can be done."""
        plan = self.planner.plan(connection)
        if plan.outdates_pods:  # first, as afterwards nobody could tell
            self._outdate_pods()
        results = [carry_out(connection, plan.changes, self.beat)]
        results += [self._renew(connection, renewal) for renewal in plan.renewals]
        return SqlResult(
            changed=[sentence for result in results for sentence in result.changed],
            failed=[*(sentence for result in results for sentence in result.failed), *plan.refused],
        )

    def _renew(self, connection: Connection, renewal: Renewal) -> SqlResult:
        password = renewal.password or _new_password()
        if renewal.in_server:
            told = self._tell_server(connection, renewal, password)
            if told.failed:
                return SqlResult(failed=told.failed)
        self.beat()
        try:
            self.rotated.write(
                renewal.login.contents,
                user=renewal.user,
                password=password,
                next_rotation=renewal.next_rotation,
            )
        except MatriarchError as error:
            if renewal.in_server and renewal.user == renewal.login.user:
                self._tell_server(connection, renewal, renewal.login.password)
            return SqlResult(failed=[f"{renewal.subject} could not be {renewal.deed}: {error}"])
        return SqlResult(changed=[f"{renewal.subject} {renewal.deed}"])

    def _tell_server(self, connection: Connection, renewal: Renewal, password: str) -> SqlResult:
        if renewal.login.role.origin is Origin.SYSTEM:
            self._outdate_pods()
        changes = self.planner.renewed(connection, renewal, password)
        return carry_out(connection, changes, self.beat)

    def _outdate_pods(self) -> None:
        self.rotated.outdate_pods(self.planner.cluster, self.planner.configuration)


def _new_password() -> str:
    password = generated()
    TRIPWIRE.note(password)
    return password
