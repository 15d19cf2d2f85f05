"""The way to a server that refuses the superuser's password: through the pod.

Somebody wrote a password into the superuser's Secret that the server does not know yet, and the
one it knows is gone. Inside the pod no password is asked for, so the role is given the new one
there. The statement goes through the standard input and holds a verifier only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from psycopg import sql

from activities.postgres import scram
from activities.postgres.connection import MAINTENANCE_DATABASE, OPTIONS
from activities.postgres.scram import Encryption
from workflows.model.errors import LockedOut, MatriarchError
from workflows.model.names import POSTGRES_CONTAINER

_SECONDS: Final = 20.0


class RunsCommands(Protocol):
    """See `activities.kube.client.Kube.exec`."""

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        seconds: float = ...,
        given: str = ...,
    ) -> str: ...


@dataclass(frozen=True)
class WayIn:
    """Needs the right to run commands in pods."""

    kube: RunsCommands

    def give_password(
        self, user: str, password: str, *, namespace: str, pods: Sequence[str]
    ) -> str:
        """Give the superuser the password of its Secret in the first pod that takes writes.

        Returns a sentence on what was done. Run twice it gives the same password again. Raises
        LockedOut with the reasons when it succeeds nowhere.
        """
        statement = _statement(user, password)
        refusals: list[str] = []
        for pod in pods:
            try:
                self.kube.exec(
                    namespace,
                    pod,
                    POSTGRES_CONTAINER,
                    _command(user),
                    seconds=_SECONDS,
                    given=statement,
                )
            except MatriarchError as error:
                refusals.append(f"{pod}: {error}")
            else:
                return f"role {user} given the password of its Secret in pod {pod}"
        raise LockedOut(f"role {user} has another password than its Secret; {'; '.join(refusals)}")


def _command(user: str) -> list[str]:
    words = ["psql", "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1"]
    words += ["--set=VERBOSITY=terse"]  # an error must not quote the statement
    words += [f"--username={user}", f"--dbname={MAINTENANCE_DATABASE}"]
    return ["env", f"PGOPTIONS={OPTIONS}", *words]


def _statement(user: str, password: str) -> str:
    """Ends by itself, as the standard input stays open."""
    verifier = scram.verifier(password, role=user, encryption=Encryption.SCRAM)
    alter = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {};\n\\q\n")
    return alter.format(sql.Identifier(user), sql.Literal(verifier)).as_string(None)
