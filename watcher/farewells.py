"""Deletions that were told of and may not be over.

What exists is listed again whenever Temporal is to be told of everything anew; a resource that is
gone is not. So for as long as its workflow may be at work, this process keeps what it said of it.
"""

from collections.abc import Collection

from workflows.model.base import ClusterRef
from workflows.model.operations import Knock


class Farewells:
    """One per process: it outlives the terms. To be used in the event loop only."""

    def __init__(self) -> None:
        self._told: dict[ClusterRef, Knock] = {}

    def note(self, ref: ClusterRef, knock: Knock) -> None:
        """Keep a farewell; another resource of the same name makes it void.

        A knock without uid, as of a PostgresOperation, says nothing of the resource.
        """
        if knock.gone:
            self._told[ref] = knock
        elif knock.uid:
            self._told.pop(ref, None)

    def all(self) -> list[tuple[ClusterRef, Knock]]:
        return list(self._told.items())

    def settle(self, refs: Collection[ClusterRef]) -> None:
        """Forget those: their workflows were told, and have ended."""
        for ref in refs:
            self._told.pop(ref, None)
