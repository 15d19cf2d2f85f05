"""Renew pods whose template changed, one by one, so that somebody serves all the time."""

from temporalio import workflow

from workflows.gates import Operation, conduct
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder, OperationResult
from workflows.model.orders import RestoreOrder
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.moving import Moves, window_has_closed
from workflows.renewal import Move, next_move, wanted
from workflows.steering import Steering
from workflows.steps import KubeSteps

STARTED = "Rolling update started"


@workflow.defn(name="rolling-update")
class RollingUpdate(Steering):
    """Level-based: every move is decided on a fresh look, so any run goes on where one ended."""

    @workflow.run
    async def run(self, order: OperationOrder) -> OperationResult:
        operation = Operation(order, steering=self, total=1, word=Word.UPDATING)
        begun = f"Rollback started, {order.rolls_back}" if order.rolls_back else STARTED
        operation.emit(EventNote(reason="Update", message=begun))
        return await conduct(operation, _Roll(operation).run(), steering=self)


class _Roll(Moves):
    async def run(self) -> str:
        if self._operation.order.rolls_back:
            await self._restore()
        return await super().run()

    async def _restore(self) -> None:
        """Before any pod is looked at: from then on those of the newer template are the stale."""
        order = self._operation.order
        restored = await self._operation.step(
            "put the former pod template back",
            KubeSteps.restore_template,
            RestoreOrder(
                ref=order.ref,
                uid=order.uid,
                generation=order.generation,
                by=order.rolls_back,
            ),
        )
        self._operation.changed.extend(restored.written)

    def _next(self, seen: Membership) -> Move:
        order = self._operation.order
        stays = window_has_closed(seen, order)
        return next_move(seen, order.ref.name, primary_stays=stays)

    def _steps_left(self, seen: Membership) -> int:
        """Two for each stale pod, and one for moving the primary."""
        stale = [pod for pod in wanted(seen) if pod.stale]
        primary = any(seen.leader and pod.name == seen.leader.name for pod in stale)
        return 2 * len(stale) + (1 if primary and seen.instances > 1 else 0)

    def _title(self, move: Move) -> str:
        return f"renew {move.name}"

    def _in_vain(self, move: Move) -> str:
        return f"{move.name} was made anew and still is not as wanted: {move.why}"

    def _end(self, move: Move, seen: Membership) -> str:
        back = bool(self._operation.order.rolls_back)
        ended = "Rollback finished" if back else "Rolling update finished"
        left = f"; {move.why}" if move.name else ""
        self._operation.emit(EventNote(reason="Update", message=f"{ended}{left}"))
        leader = left or (f"; {seen.leader.name} leads" if seen.leader else "")
        template = "the former pod template is back; " if back else ""
        return f"{template}{self._renewals.total()} pods made anew{leader}"
