"""Hands out turns, so that a change of the configuration does not renew all clusters at once.

Nothing of it has to survive: clusters ask anew at each look, and a cluster that has a turn without
this workflow's knowledge ends what it has begun.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError

from workflows.model.base import ClusterRef
from workflows.model.turns import TurnEnd, Wish
from workflows.rollout import Rollout

REMINDED_AFTER = timedelta(minutes=5)
"""How often clusters with a turn are reminded of it: one that needs it no more gives it back, and
one that is not there any more is noticed."""
NEXT_IN_LINE = 10
"""So many are told when the queue moves; the others learn their place when they ask."""


@workflow.defn(name="fleet")
class Fleet:
    """One for all clusters; ends when nobody has, wants or has spoilt a turn."""

    @workflow.init
    def __init__(self, state: Rollout) -> None:
        self.state = state
        self.asking: list[ClusterRef] = []
        self.moved = True
        self.reminding = False
        """Those who have a turn are told again: who is not there any more is found out."""

    @workflow.run
    async def run(self, state: Rollout) -> None:
        while self.moved or not self.state.idle:
            self.moved, asking = False, self.asking
            self.asking = []
            if self.reminding:
                await self._remind()
            await self._hand_out(asking)
            self._describe()
            if workflow.info().is_continue_as_new_suggested() and not self.moved:
                workflow.continue_as_new(self.state)
            await self._until_news()

    @workflow.signal(description="A cluster asks for its turn.")
    def ask(self, wish: Wish) -> None:
        self.state = self.state.asked(wish)
        self.asking.append(wish.ref)
        self.moved = True

    @workflow.signal(description="A cluster gives its turn back.")
    def end(self, end: TurnEnd) -> None:
        self.state = self.state.ended(end)
        self.moved = True

    @workflow.signal(description="Go on in spite of the failures so far.")
    def approve(self, why: str = "by signal") -> None:
        self.state = self.state.approved()
        self.reminding = self.moved = True

    @workflow.query(description="Who has a turn, who waits, and what has failed.")
    def rollout(self) -> Rollout:
        return self.state

    async def _hand_out(self, asking: list[ClusterRef]) -> None:
        self.state, chosen = self.state.granted()
        line = self.state.waiting[:NEXT_IN_LINE]
        for ref in dict.fromkeys([*chosen, *asking, *line]):
            await self._tell(ref)

    async def _until_news(self) -> None:
        """Or until it is time to remind those who have a turn."""
        try:
            await workflow.wait_condition(
                lambda: self.moved or self.state.idle,
                timeout=REMINDED_AFTER if self.state.rolling else None,
                timeout_summary="remind clusters of their turns",
            )
        except TimeoutError:
            self.reminding = True

    async def _remind(self) -> None:
        self.reminding = False
        for ref in self.state.rolling:
            await self._tell(ref)

    async def _tell(self, ref: ClusterRef) -> None:
        """One that can't be told is not there any more."""
        entity = workflow.get_external_workflow_handle(ref.workflow_id)
        try:
            await entity.signal("turn", self.state.turn_of(ref))
        except ApplicationError:
            self.state = self.state.without(ref)
            self.moved = True

    def _describe(self) -> None:
        state = self.state
        told = f"{len(state.rolling)} roll, {len(state.waiting)} wait, {len(state.failed)} failed"
        workflow.set_current_details(f"{told}\n\n{state.stopped}".strip())
