"""Signals by which a person, or the entity, steers a running operation.

pause      hold before the next step          resume   go on
abort      end at once; what was begun is left to the next operation
supersede  end at once because a newer specification is to be realised (sent by the entity)

The names are part of the interface to people and never change.
"""

from temporalio import workflow


class Steering:
    """Base of every operation workflow: receives the signals, decides nothing."""

    def __init__(self) -> None:
        self.paused_by: str | None = None
        self.ended_by: str | None = None
        self.superseded_by: str | None = None

    @workflow.signal(description="Hold before the next step; the argument says why.")
    def pause(self, why: str = "by signal") -> None:
        self.paused_by = why

    @workflow.signal(description="Go on after a pause.")
    def resume(self) -> None:
        self.paused_by = None

    @workflow.signal(description="End the operation now; the argument says why.")
    def abort(self, why: str = "by signal") -> None:
        self.ended_by = why

    @workflow.signal(description="End the operation because something newer is wanted.")
    def supersede(self, why: str) -> None:
        self.superseded_by = why

    @property
    def stops(self) -> bool:
        return self.ended_by is not None or self.superseded_by is not None
