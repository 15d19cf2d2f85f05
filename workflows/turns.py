"""A cluster's side of a roll-out: asking the fleet for a turn, and giving it back."""

from asyncio import Future
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError

from workflows.model.base import ClusterRef
from workflows.model.turns import FLEET, Turn, TurnEnd, Wish
from workflows.rollout import Rollout

ASKED_AGAIN_AFTER = timedelta(minutes=5)
"""In case that the fleet has forgotten us; the queue does not need to be asked about."""


class Asking:
    """One per cluster; forgetting it only means to ask once more."""

    def __init__(self) -> None:
        self._wish: Wish | None = None
        self._asked: datetime | None = None

    async def ask(self, wish: Wish) -> None:
        """Ask, unless the same was asked a moment ago."""
        recently = self._asked is not None and workflow.now() - self._asked < ASKED_AGAIN_AFTER
        if recently and wish == self._wish:
            return
        self._wish, self._asked = wish, workflow.now()
        if not await _signal("ask", wish):
            await _start(wish)

    async def give_back(self, ref: ClusterRef, turn: Turn, *, failed: bool) -> None:
        """Without a fleet there is nobody who waits for it."""
        self._asked = None
        await _signal("end", TurnEnd(ref=ref, rollout=turn.rollout, failed=failed))


async def _start(wish: Wish) -> None:
    """Start the fleet with a first wish."""
    try:
        fleet = await workflow.start_child_workflow(
            "fleet",
            Rollout().asked(wish),
            id=FLEET,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary="turns of clusters in a roll-out",
        )
        fleet.add_done_callback(_let_go)
    except WorkflowAlreadyStartedError:  # by another cluster, this very moment
        await _signal("ask", wish)


def _let_go(fleet: Future[None]) -> None:
    """However it ends is no concern of the cluster that has started it."""
    if not fleet.cancelled():
        fleet.exception()


async def _signal(name: str, message: Wish | TurnEnd) -> bool:
    """Whether there was somebody to tell."""
    with suppress(ApplicationError):
        await workflow.get_external_workflow_handle(FLEET).signal(name, message)
        return True
    return False
