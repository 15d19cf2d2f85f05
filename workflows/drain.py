"""Leave nodes that are being emptied, so that the primary has moved before its pod is evicted."""

from temporalio import workflow

from workflows.evacuation import departing, next_move
from workflows.gates import Operation, conduct
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.moving import Moves, window_has_closed
from workflows.renewal import Move
from workflows.steering import Steering


@workflow.defn(name="drain")
class Drain(Steering):
    """Level-based, as a rolling update: any run goes on where one ended.

    May be paused and aborted before each move. Nothing is rolled back: members serve wherever they
    are by then, and go back when their new nodes are to be left.
    """

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=1, word=Word.UPDATING)
        operation.emit(EventNote(reason="Update", message=f"Moving away: {order.why}"))
        return await conduct(operation, _Departure(operation).run(), steering=self)


class _Departure(Moves):
    def _next(self, seen: Membership) -> Move:
        order = self._operation.order
        stays = order.primary_stays or window_has_closed(seen, order)
        return next_move(seen, order.ref.name, primary_stays=stays)

    def _steps_left(self, seen: Membership) -> int:
        """Two for each that moves, and one for moving the primary."""
        leaving = [pod for pod in departing(seen) if not pod.stays]
        primary = any(seen.leader and pod.name == seen.leader.name for pod in departing(seen))
        return 2 * len(leaving) + (1 if primary and seen.instances > 1 else 0)

    def _title(self, move: Move) -> str:
        return f"move {move.name} to another node"

    def _in_vain(self, move: Move) -> str:
        return f"{move.name} has moved and is to move again: {move.why}"

    def _end(self, move: Move, seen: Membership) -> str:
        moved = f"{self._renewals.total()} pods moved; {move.why}"
        self._operation.emit(EventNote(reason="Update", message=f"Moved away: {moved}"))
        return moved
