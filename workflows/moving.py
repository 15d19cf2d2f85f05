"""Making members anew one by one: what rolling updates and drains have in common."""

from abc import ABC, abstractmethod
from collections import Counter

from workflows import handover
from workflows.gates import Operation, StepFailed
from workflows.handover import Patience
from workflows.model.kinds import Kind
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder
from workflows.model.orders import RenewalOrder
from workflows.renewal import Act, Move
from workflows.steps import KubeSteps

MOST_RENEWALS = 2
"""Of one pod in one operation; whoever is to be made anew again then would be so for ever."""
MOST_SWITCHOVERS = 3
"""In one operation: if somebody moves the primary back each time, writes stop each time."""


def window_has_closed(seen: Membership, order: OperationOrder) -> bool:
    """Whether the primary has to stay where it is, as the window in which it might move is over.

    Those who ask for an operation, or want the former template back, want it now.
    """
    if seen.window_open or order.requested or order.rolls_back:
        return False
    return order.kind is Kind.DRAIN or order.kind in seen.in_windows


class Moves(ABC):
    """Level-based: every move is decided on a fresh look, so any run goes on where one ended."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self._patience = Patience(operation)
        self._renewals: Counter[str] = Counter()
        self._switchovers = 0

    @abstractmethod
    def _next(self, seen: Membership) -> Move:
        """What to do next."""

    @abstractmethod
    def _steps_left(self, seen: Membership) -> int:
        """A guess, as the world may change."""

    @abstractmethod
    def _title(self, move: Move) -> str:
        """Of the step that makes a member anew."""

    @abstractmethod
    def _in_vain(self, move: Move) -> str:
        """What is wrong when a member is to be made anew once too often."""

    @abstractmethod
    def _end(self, move: Move, seen: Membership) -> str:
        """Tell that it has ended; returns what was done."""

    async def run(self) -> str:
        while True:
            seen = await handover.look(self._operation)
            move = self._next(seen)
            self._operation.expect(self._steps_left(seen))
            if move.act is Act.DONE:
                return self._end(move, seen)
            waits = move.why if move.act is Act.WAIT else await self._make(move, seen)
            if waits:
                await self._patience.wait(waits)
            else:
                self._patience.moved()

    async def _make(self, move: Move, seen: Membership) -> str:
        """Do it. Returns nothing, or why it was not done and is to be looked at again."""
        if move.act is Act.RENEW:
            return await self._renew(move)
        if move.act is Act.AWAIT:
            await handover.until_healthy(self._operation, move.name)
            return ""
        return await self._switch_over(seen, candidate=move.name)

    async def _switch_over(self, seen: Membership, *, candidate: str) -> str:
        assert seen.leader is not None
        if self._switchovers >= MOST_SWITCHOVERS:
            raise StepFailed(f"{seen.leader.name} leads again after {MOST_SWITCHOVERS} switchovers")
        self._switchovers += 1
        return await handover.switch_over(self._operation, seen, candidate=candidate)

    async def _renew(self, move: Move) -> str:
        if self._renewals[move.name] >= MOST_RENEWALS:
            raise StepFailed(self._in_vain(move))
        order = self._operation.order
        downtime = " with downtime, as nobody may take over" if move.downtime else ""
        result = await self._operation.step(
            f"{self._title(move)}{downtime}",
            KubeSteps.renew_pod,
            RenewalOrder(
                ref=order.ref,
                uid=order.uid,
                pod=move.name,
                pod_uid=move.pod_uid,
                leads=move.leads,
                deadline_seconds=order.patience_seconds,
            ),
        )
        if result.spared:
            return result.spared
        self._renewals[move.name] += 1
        self._operation.changed.append(f"Pod/{move.name}")
        if move.gated:
            await handover.until_healthy(self._operation, move.name)
        return ""
