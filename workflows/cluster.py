"""One entity workflow per cluster: wait for a knock, look, decide, act, report, wait.

The entity holds no desired state: it looks afresh each time. It runs at most one operation, as a
child that outlives it, and ends an operation early when something newer is wanted.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from workflows import remembering
from workflows.listening import NOT_BY_ANNOTATION, Listening
from workflows.model.base import ClusterRef, Message
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.operations import OperationOrder, OperationResult, Outcome
from workflows.model.orders import ObserveOrder
from workflows.model.postgresoperation import Verb
from workflows.model.record import ANNOTATION
from workflows.model.report import EventNote, Report
from workflows.plan import Plan, decide
from workflows.policies import policy_of
from workflows.progress import sentence
from workflows.report import FAILED_REASON, FAILED_WORD
from workflows.search import CLUSTER, STATUS
from workflows.steps import ClusterSteps
from workflows.telling import record_name
from workflows.turns import Asking

OPERATIONS = {
    Kind.CREATE: "create",
    Kind.UPDATE: "update",
    Kind.SYNC: "update",
    Kind.DELETE: "delete",
    Kind.ROLLING_UPDATE: "rolling-update",
    Kind.SWITCHOVER: "switchover",
    Kind.RESTART: "restart",
    Kind.REINITIALISE: "reinitialise",
    Kind.DRAIN: "drain",
}
BLIND_SECONDS = 20.0
SPOILT = (Outcome.FAILED, Outcome.ROLLED_BACK)
"""Ends of a rolling update that speak against what is rolled out to others, too."""
QUICK_REPEATS = 5
"""How often in a row the same is done again at once for somebody who undoes it."""


class ClusterInput(Message):
    """Input of an entity; `memory` is set when it continues as new."""

    ref: ClusterRef
    memory: Memory = Memory()


@workflow.defn(name="cluster")
class Cluster(Listening):
    """The life of one cluster, from the first knock until resource and children are gone."""

    @workflow.init
    def __init__(self, given: ClusterInput) -> None:
        super().__init__(given.ref, given.memory)
        self.knocks_seen = -1
        self.touches_answered = 0
        self.rests_since = -1
        self.blind = False
        self.asking = Asking()
        self.doing = "looking"

    @workflow.run
    async def run(self, given: ClusterInput) -> None:
        workflow.upsert_search_attributes([CLUSTER.value_set(str(self.ref))])
        while True:
            heard = self.knocks
            plan = await self._look()
            await self._mind_turn(plan)
            if plan.ends and heard == self.knocks:
                self.rests_since = heard
                self._describe(plan.why)
                return
            if plan.report is not None:
                await self._tell(plan.report)
            await self._tell_of_records(plan)
            if plan.order is not None:
                await self._operate(plan.order)
                continue
            if heard == self.knocks:
                self._leave_long_history()
                await self._wait(plan)

    @workflow.query(description="What the entity does now, in a sentence.")
    def status(self) -> str:
        return self.doing

    @workflow.query(description="Whether it has done all it can about everything it was told.")
    def at_rest(self) -> bool:
        return self.rests_since == self.knocks and not self.blind

    async def _look(self) -> Plan:
        """Observe and decide; when blind, say so and try again soon."""
        policy = policy_of(ClusterSteps.observe)
        fresh, self.knocks_seen = self.knocks != self.knocks_seen, self.knocks
        try:
            seen = await workflow.execute_activity_method(
                ClusterSteps.observe,
                ObserveOrder(ref=self.ref, uid=self.memory.uid, fresh=fresh),
                start_to_close_timeout=policy.timeout,
                schedule_to_close_timeout=policy.deadline,
                retry_policy=policy.retry,
                summary="observe",
            )
        except ActivityError as error:
            self.blind = True
            why = f"can't see the cluster: {sentence(error)}"
            return Plan(why=why, look_again_seconds=BLIND_SECONDS)
        self.blind = False
        self.note_resource(seen)
        notes = self.obey(seen, now=workflow.now())
        if seen.steering:
            await self._tell(self._heard(seen.steering))
        if notes:
            await self._tell(Report(ref=self.ref, uid=self.memory.uid, events=notes))
        return decide(seen, self._memory_that_counts(), workflow.now())

    def _memory_that_counts(self) -> Memory:
        """What was done before is no circle if somebody has undone it: a few times in a row."""
        last = self.memory.achieved
        undone = self.touches != self.touches_answered
        if last is None or not undone or last.count >= QUICK_REPEATS:
            return self.memory
        return self.memory.model_copy(update={"achieved": None})

    async def _operate(self, order: OperationOrder) -> None:
        """Run one operation as a child and remember how it ended."""
        renewals, self.touches_answered = self.renewals, self.touches
        self.memory = self.memory.model_copy(update={"sequence": self.memory.sequence + 1})
        name = f"{self.ref}/op/{self.memory.sequence}-{order.kind}"
        try:
            child = await workflow.start_child_workflow(
                OPERATIONS[order.kind],
                order,
                id=name,
                result_type=OperationResult,
                parent_close_policy=workflow.ParentClosePolicy.ABANDON,
                static_summary=f"{order.kind} {self.ref}: {order.why}"[:200],
            )
        except WorkflowAlreadyStartedError:
            await self._end_stray(name)
            return
        self._describe(f"{order.kind}: {order.why}")
        while not child.done() and not self._is_superseded(order, renewals):
            await self._pass_on(child, order)
            await workflow.wait_condition(
                lambda: child.done() or self._is_superseded(order, renewals) or bool(self.said)
            )
        if not child.done():
            with suppress(ApplicationError):  # it has ended this very moment
                await child.signal("supersede", "the resource was changed meanwhile")
        result = await _outcome(child, order)
        self.memory = remembering.ended(
            self.memory, order, result, now=workflow.now(), undone=self.touches > 0
        )
        await self._tell_failure(order)
        if order.kind is Kind.ROLLING_UPDATE:
            await self._give_turn_back(failed=result.outcome in SPOILT)

    async def _mind_turn(self, plan: Plan) -> None:
        """Ask for a turn in a roll-out; give back the one that is not needed."""
        wish = plan.held.wish if plan.held is not None else None
        if wish is not None:
            await self.asking.ask(wish)
        elif plan.order is None and not self.blind:
            await self._give_turn_back()

    async def _give_turn_back(self, *, failed: bool = False) -> None:
        turn = self.memory.turn
        if turn is not None:
            self.memory = self.memory.model_copy(update={"turn": None})
            await self.asking.give_back(self.ref, turn, failed=failed)

    async def _pass_on(
        self, child: workflow.ChildWorkflowHandle[Any, OperationResult], order: OperationOrder
    ) -> None:
        """Let the running operation hear what concerns it."""
        said, self.said = self.said, []
        name = order.record or record_name(order, child.first_execution_run_id or "")
        for word in said:
            if word.verb is not Verb.APPROVE and word.operation in ("", name):
                with suppress(ApplicationError):  # it has ended this very moment
                    await child.signal(word.verb, f"by {word.by}")
            if word.by == ANNOTATION:
                await self._tell(self._heard(word.verb))

    def _heard(self, verb: str) -> Report:
        refused = verb == Verb.APPROVE
        note = EventNote(reason="Update", message=NOT_BY_ANNOTATION, warning=True)
        return Report(
            ref=self.ref,
            uid=self.memory.uid,
            steering_heard=verb,
            events=[note] if refused else [],
        )

    def _is_superseded(self, order: OperationOrder, renewals: int) -> bool:
        if self.memory.uid != order.uid:
            return True
        if order.requested and order.kind is not Kind.ROLLING_UPDATE:
            return self.gone  # short, and no edit makes it another one
        newer = self.generation > order.generation or self.renewals != renewals
        return order.kind is not Kind.DELETE and (self.gone or newer)

    async def _end_stray(self, name: str) -> None:
        """An operation of an earlier entity still runs: end it, never run two at once."""
        with suppress(Exception):
            stray = workflow.get_external_workflow_handle(name)
            await stray.signal("supersede", "its entity was started anew")
        await workflow.sleep(timedelta(seconds=2), summary=f"until {name} has ended")

    async def _tell_failure(self, order: OperationOrder) -> None:
        """A failed operation gets its word and a warning event at once."""
        failure = self.memory.failure_of(order.kind)
        if failure is None or order.kind is Kind.DELETE:
            return
        reason = FAILED_REASON.get(order.kind, "Sync")
        await self._tell(
            Report(
                ref=self.ref,
                uid=order.uid,
                word=FAILED_WORD[order.kind],
                events=[EventNote(reason=reason, message=failure.message, warning=True)],
            )
        )

    async def _tell_of_records(self, plan: Plan) -> None:
        """What waits, and what nobody works on any more."""
        for record in plan.records:
            await self._tell(Report(ref=self.ref, uid=self.memory.uid, record=record))
        if plan.closings:
            await self._tell(Report(ref=self.ref, uid=self.memory.uid, closings=plan.closings))

    async def _tell(self, report: Report) -> None:
        policy = policy_of(ClusterSteps.report)
        if report.word is not None and report.word != self.memory.word:
            workflow.upsert_search_attributes([STATUS.value_set(report.word)])
            self.memory = self.memory.model_copy(update={"word": report.word})
        try:
            await workflow.execute_activity_method(
                ClusterSteps.report,
                report,
                start_to_close_timeout=policy.timeout,
                schedule_to_close_timeout=policy.deadline,
                retry_policy=policy.retry,
                summary=f"report {report.word or 'status'}",
            )
        except ActivityError as error:
            workflow.logger.warning("status could not be written: %s", sentence(error))

    def _leave_long_history(self) -> None:
        """Continue as new before the history grows heavy; no operation runs at this point."""
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(ClusterInput(ref=self.ref, memory=self.memory))

    async def _wait(self, plan: Plan) -> None:
        heard = self.rests_since = self.knocks
        self._describe(plan.why)
        seconds = plan.look_again_seconds * workflow.random().uniform(0.9, 1.0)
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self.knocks != heard,
                timeout=timedelta(seconds=max(1.0, seconds)),
                timeout_summary="next look",
            )
        self.rests_since = -1

    def _describe(self, doing: str) -> None:
        self.doing = doing
        workflow.set_current_details(f"`{self.ref}`: {doing}")


async def _outcome(
    child: workflow.ChildWorkflowHandle[Any, OperationResult], order: OperationOrder
) -> OperationResult:
    """The child's result; one that was cancelled or terminated by hand counts as an outcome too."""
    try:
        return await child
    except ChildWorkflowError as error:
        cancelled = is_cancelled_exception(error)
        outcome = Outcome.ABORTED if cancelled else Outcome.FAILED
        message = "cancelled in Temporal" if cancelled else sentence(error)
        return OperationResult(kind=order.kind, outcome=outcome, message=message)
