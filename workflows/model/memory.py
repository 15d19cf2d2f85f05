"""What an entity remembers between two looks. Small on purpose: losing all of it must converge.

Everything that matters longer is in Kubernetes objects; this only saves doing things twice.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from pydantic import Field

from workflows.model.base import Message
from workflows.model.kinds import Kind
from workflows.model.observation import Deletion
from workflows.model.postgresoperation import Phase
from workflows.model.turns import Turn

KEPT = 20
"""Requests and approvals that are remembered."""


class Failure(Message):
    """The last operation of a kind that did not succeed, and when it is tried again."""

    kind: Kind
    also: list[Kind] = Field(default_factory=list, description="kinds that it speaks against, too")
    generation: int
    message: str
    count: int = 1
    aborted: bool = Field(default=False, description="by a person: wait for an edit or a request")
    problems: list[str] = Field(
        default_factory=list, description="what stayed undone while the rest was done"
    )
    retry_at: datetime


class Achieved(Message):
    """The last operation that succeeded: what it was for, so that it is not run in circles."""

    generation: int
    why: str
    at: datetime
    count: int = Field(default=1, description="how often in a row it was wanted for this reason")
    problems: list[str] = Field(default_factory=list, description="what it could not do")


class Answered(Message):
    """A request whose operation has ended: it is not carried out again, come what may."""

    uid: str
    phase: Phase
    message: str


class Rollback(Message):
    """Somebody wants the former pod template back."""

    generation: int
    by: str = Field(description="as in `rolled back: by annotation`")
    of: Kind | None = Field(
        default=None,
        description="what was ended by it and may have changed no template; None = a rolling "
        "update, or nothing ran",
    )


class Silence(Message):
    """A member that receives nothing though its pod serves."""

    since: datetime = Field(description="the first look that has found it so")
    told: bool = Field(default=False, description="by an event")


class Memory(Message):
    """State of one entity; carried through continue-as-new."""

    uid: str = ""
    sequence: int = Field(default=0, description="number of the last operation")
    deletion: Deletion = Deletion()
    deleted: bool = Field(default=False, description="all children of `uid` were seen gone")
    failures: list[Failure] = Field(default_factory=list, description="at most one of a kind")
    achieved: Achieved | None = None
    requested: str = Field(default="", description="the last request for a sync that was heard")
    approved: list[str] = Field(
        default_factory=list, description="records that were approved by signal or annotation"
    )
    answered: list[Answered] = Field(default_factory=list, description="newest last")
    rollback: Rollback | None = Field(default=None, description="until it is done, or an edit")
    turn: Turn | None = Field(default=None, description="in a roll-out, as the fleet told it")
    silent: dict[str, Silence] = Field(
        default_factory=dict, description="by member; since the last operation"
    )
    concerns: dict[str, str] = Field(
        default_factory=dict, description="by name, those that were told by an event"
    )
    word: str = Field(default="", description="last status word, for the search attribute")

    def failure_of(self, kind: Kind) -> Failure | None:
        return next((one for one in self.failures if kind in (one.kind, *one.also)), None)

    def without(self, kind: Kind) -> Self:
        """After an operation of this kind has succeeded."""
        others = [one for one in self.failures if kind not in (one.kind, *one.also)]
        return self.model_copy(update={"failures": others})

    def failed(self, failure: Failure) -> Self:
        others = self.without(failure.kind).failures
        return self.model_copy(update={"failures": [*others, failure]})

    def answering(self, answered: Answered) -> Self:
        """Of the last few: a status that can't be written now can be in a while."""
        return self.model_copy(update={"answered": [*self.answered, answered][-KEPT:]})

    def approving(self, names: Iterable[str]) -> Self:
        return self.model_copy(update={"approved": [*self.approved, *names][-KEPT:]})

    def without_approval(self, name: str) -> Self:
        """It counts once."""
        return self.model_copy(update={"approved": [one for one in self.approved if one != name]})
