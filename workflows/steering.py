"""Signals by which a person, or the entity, steers a running operation.

pause      hold before the next step          resume   go on
abort      end at once; what was begun is left to the next operation
rollback   end at once, and put the former pod template back, where there is one
supersede  end at once because a newer specification is to be realised (sent by the entity)

The entity takes the same words and `approve`, and passes them on: whoever knows only the cluster's
name can steer. The names are part of the interface to people and never change.
"""

from temporalio import workflow

from workflows.model.names import PAUSED
from workflows.model.postgresoperation import Verb

BY_PAUSING = f"by annotation {PAUSED}"
"""Why the entity pauses and resumes an operation of a cluster that is paused as a whole."""


class Steering:
    """Base of every operation workflow: receives the signals, decides nothing."""

    def __init__(self) -> None:
        self.paused_by: str | None = None
        self.cluster_paused = False
        self.ended_by: str | None = None
        self.rolled_back_by: str | None = None
        self.superseded_by: str | None = None
        self.heard: Verb | None = None
        """The last word of a person."""

    @workflow.signal(description="Hold before the next step; the argument says why.")
    def pause(self, why: str = "by signal") -> None:
        self.heard = Verb.PAUSE
        if why == BY_PAUSING and _two_may_pause():
            self.cluster_paused = True
        else:
            self.paused_by = why

    @workflow.signal(description="Go on after a pause.")
    def resume(self, why: str = "by signal") -> None:
        self.heard = Verb.RESUME
        self.cluster_paused = False
        if why != BY_PAUSING or not _two_may_pause():
            self.paused_by = None

    @workflow.signal(description="End the operation now; the argument says why.")
    def abort(self, why: str = "by signal") -> None:
        self.heard = Verb.ABORT
        self.ended_by = why

    @workflow.signal(description="End the operation and put the former pod template back.")
    def rollback(self, why: str = "by signal") -> None:
        self.heard = Verb.ROLLBACK
        self.rolled_back_by = why

    @workflow.signal(description="End the operation because something newer is wanted.")
    def supersede(self, why: str) -> None:
        self.superseded_by = why

    @property
    def held_by(self) -> str | None:
        """Who holds it before the next step: a person's pause outlasts that of the cluster."""
        return self.paused_by or (BY_PAUSING if self.cluster_paused else None)

    @property
    def stops(self) -> bool:
        reasons = (self.ended_by, self.rolled_back_by, self.superseded_by)
        return any(reason is not None for reason in reasons)


def _two_may_pause() -> bool:
    """In operations that began before this was so the last word counts, whoever said it."""
    return workflow.patched("two-may-pause")
