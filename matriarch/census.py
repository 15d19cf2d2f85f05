"""How many clusters stand under which word, as Temporal's index of workflows has it."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from temporalio.client import Client
from temporalio.service import RPCError

from workflows.model.status import Word
from workflows.search import STATUS

log = logging.getLogger(__name__)

COUNT_SECONDS: Final = 30.0


class Census:
    """Counts now and then; eight cheap queries, whatever the number of clusters."""

    def __init__(self, client: Callable[[], Client], *, wanted: Callable[[], bool]) -> None:
        """`wanted` says whether this process is the one of several that counts."""
        self._client = client
        self._wanted = wanted
        self.words: Mapping[str, int] = {}

    async def keep_counting(self) -> None:
        """Until cancelled; while Temporal does not answer, nothing is known."""
        while True:
            try:
                self.words = await self.count() if self._wanted() else {}
            except RPCError as error:
                log.debug("clusters could not be counted: %s", error)
                self.words = {}
            await asyncio.sleep(COUNT_SECONDS)

    async def count(self) -> dict[str, int]:
        return {str(word): await self._clusters(word) for word in Word}

    async def _clusters(self, word: Word) -> int:
        running = "WorkflowType = 'cluster' AND ExecutionStatus = 'Running'"
        found = await self._client().count_workflows(f"{running} AND {STATUS.name} = '{word}'")
        return found.count
