"""Who may be rolled out to now: as many at a time as wanted, and nobody after too many failures.

Pure. Turns go by the order of asking. A cluster that has failed may try again whenever there is
room, and is no failure any more once it succeeds: so what is cured by itself stops nothing.
"""

from typing import Self

from pydantic import Field

from workflows.model.base import ClusterRef, Message
from workflows.model.turns import Turn, TurnEnd, Wish


class Rollout(Message):
    """State of one roll-out; carried through continue-as-new."""

    name: str = ""
    parallel: int = 1
    most_failures: int = 0
    rolling: list[ClusterRef] = Field(default_factory=list, description="who has a turn")
    waiting: list[ClusterRef] = Field(default_factory=list, description="in order of asking")
    failed: list[ClusterRef] = Field(default_factory=list, description="whose last try failed")

    def asked(self, wish: Wish) -> Self:
        """A wish for another roll-out begins that one: what failed before counts no more."""
        state = self if wish.rollout == self.name else self.approved()
        known = wish.ref in state.rolling or wish.ref in state.waiting
        return state.model_copy(
            update={
                "name": wish.rollout,
                "parallel": max(1, wish.parallel),
                "most_failures": wish.most_failures,
                "waiting": state.waiting if known else [*state.waiting, wish.ref],
            }
        )

    def ended(self, end: TurnEnd) -> Self:
        """What was tried for an earlier roll-out says nothing about this one."""
        state = self.without(end.ref)
        if end.rollout != self.name:
            return state
        others = [ref for ref in state.failed if ref != end.ref]
        return state.model_copy(update={"failed": [*others, end.ref] if end.failed else others})

    def without(self, ref: ClusterRef) -> Self:
        """A cluster that neither has nor wants a turn."""
        return self.model_copy(
            update={
                "rolling": [one for one in self.rolling if one != ref],
                "waiting": [one for one in self.waiting if one != ref],
            }
        )

    def approved(self) -> Self:
        """Somebody lets it go on in spite of what has failed."""
        return self.model_copy(update={"failed": []})

    def granted(self) -> tuple[Self, list[ClusterRef]]:
        """The state after all turns that can be given, and who gets one."""
        room = max(0, self.parallel - len(self.rolling))
        fit = [ref for ref in self.waiting if not self.stopped or ref in self.failed]
        chosen = fit[:room]
        rest = [ref for ref in self.waiting if ref not in chosen]
        return self.model_copy(
            update={"rolling": [*self.rolling, *chosen], "waiting": rest}
        ), chosen

    @property
    def stopped(self) -> str:
        """Why nobody else gets a turn, or nothing."""
        if not self.most_failures or len(self.failed) < self.most_failures:
            return ""
        told = ", ".join(map(str, self.failed))
        return f"the roll-out has stopped, as it failed in {told}"

    @property
    def idle(self) -> bool:
        """Nothing would be lost if this were forgotten."""
        return not (self.rolling or self.waiting or self.failed)

    def turn_of(self, ref: ClusterRef) -> Turn:
        """What to tell a cluster."""
        if ref not in self.waiting:
            return Turn(rollout=self.name, granted=ref in self.rolling)
        return Turn(
            rollout=self.name,
            place=self.waiting.index(ref) + 1,
            waiting=len(self.waiting),
            stopped=self.stopped,
        )
