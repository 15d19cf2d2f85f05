"""Changes to a database server: what is done, the sentence for it, and carrying it out.

Plans are made of these by pure functions, so that the same plan says what would be done when
nothing is to be touched. No sentence holds a secret.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import psycopg
from psycopg import sql

from activities.postgres.connection import Connection, reason, translated
from workflows.model.orders import SqlResult

Beat = Callable[[], None]


@dataclass(frozen=True)
class Change:
    """One deed. Its statements succeed or fail together."""

    subject: str
    """As in `role zalando`."""
    deed: str
    """A participle, as in `created` or `made a member of admin`."""
    statements: tuple[sql.Composed, ...] = field(repr=False)
    """May hold a verifier, so they are never shown."""

    @property
    def failure(self) -> str:
        return f"{self.subject} could not be {self.deed}"


def announced(changes: Sequence[Change]) -> list[str]:
    """What is going to be done, one sentence per subject."""
    return [f"{subject} is to be {deeds}" for subject, deeds in _by_subject(changes)]


def _by_subject(changes: Sequence[Change]) -> list[tuple[str, str]]:
    ordered = sorted(changes, key=lambda change: change.subject)
    return [
        (subject, ", ".join(change.deed for change in group))
        for subject, group in groupby(ordered, key=lambda change: change.subject)
    ]


def carry_out(connection: Connection, changes: Sequence[Change], beat: Beat) -> SqlResult:
    """Do each change by itself. What failed is tried again while others still succeed, because
    one may need what another makes. Raises Unavailable and NotYet when none can be done.
    """
    done: list[Change] = []
    left = list(changes)
    while left:
        failed: list[tuple[Change, str]] = []
        for change in left:
            beat()
            why = _attempt(connection, change)
            if why is None:
                done.append(change)
            else:
                failed.append((change, why))
        if len(failed) == len(left):
            return _result(done, failed)
        left = [change for change, _ in failed]
    return _result(done, [])


def _attempt(connection: Connection, change: Change) -> str | None:
    """Why the change failed, or None."""
    try:
        if len(change.statements) == 1:  # CREATE DATABASE must not stand in a transaction block
            connection.execute(change.statements[0])
        else:
            with connection.transaction():
                for statement in change.statements:
                    connection.execute(statement)
    except psycopg.Error as error:
        fatal = translated(error, connection)
        if fatal is not None:
            raise fatal from None
        return reason(error)
    return None


def _result(done: Sequence[Change], failed: Sequence[tuple[Change, str]]) -> SqlResult:
    return SqlResult(
        changed=[f"{subject} {deeds}" for subject, deeds in _by_subject(done)],
        failed=[f"{change.failure}: {why}" for change, why in failed],
    )
