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
    ChildWorkflowError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from workflows.gates import sentence
from workflows.model.base import ClusterRef, Message
from workflows.model.memory import Achieved, Failure, Memory
from workflows.model.observation import Observation
from workflows.model.operations import (
    EventNote,
    Kind,
    Knock,
    ObserveOrder,
    OperationOrder,
    OperationResult,
    Outcome,
    Report,
)
from workflows.plan import Plan, decide
from workflows.policies import policy_of
from workflows.report import FAILED_WORD
from workflows.search import CLUSTER, STATUS
from workflows.steps import ClusterSteps

OPERATIONS = {
    Kind.CREATE: "create",
    Kind.UPDATE: "update",
    Kind.SYNC: "update",
    Kind.DELETE: "delete",
}
FIRST_RETRY_SECONDS = 15.0
BLIND_SECONDS = 20.0


class ClusterInput(Message):
    """Input of an entity; `memory` is set when it continues as new."""

    ref: ClusterRef
    memory: Memory = Memory()


@workflow.defn(name="cluster")
class Cluster:
    """The life of one cluster, from the first knock until resource and children are gone."""

    @workflow.init
    def __init__(self, given: ClusterInput) -> None:
        self.ref = given.ref
        self.memory = given.memory
        self.generation = 0
        self.knocks = 0
        self.doing = "looking"
        self.gone = False

    @workflow.run
    async def run(self, given: ClusterInput) -> None:
        workflow.upsert_search_attributes([CLUSTER.value_set(str(self.ref))])
        while True:
            heard = self.knocks
            plan = await self._look()
            if plan.ends and heard == self.knocks:
                self._describe(plan.why)
                return
            if plan.order is not None:
                await self._operate(plan.order)
                continue
            if plan.report is not None:
                await self._tell(plan.report)
            if heard == self.knocks:
                self._leave_long_history()
                await self._wait(plan)

    @workflow.signal(description="Look again: the resource was added, modified or deleted.")
    def knock(self, message: Knock) -> None:
        self.knocks += 1
        if message.gone:
            self._hear_gone(message)
        elif message.uid:
            self._hear_change(message)
        if message.reason == "requested":
            forgotten = {"failure": None, "achieved": None}
            self.memory = self.memory.model_copy(update=forgotten)

    def _hear_gone(self, message: Knock) -> None:
        """Of a resource that left, unless another one of its name is known already."""
        if self.memory.uid and message.uid not in ("", self.memory.uid):
            return
        uid = self.memory.uid or message.uid
        self.memory = self.memory.model_copy(update={"uid": uid, "deletion": message.deletion})
        self.gone = True

    def _hear_change(self, message: Knock) -> None:
        if message.uid != self.memory.uid:
            self._forget_resource(uid=message.uid)
        self.memory = self.memory.model_copy(update={"deletion": message.deletion})
        self.generation = max(self.generation, message.generation)

    @workflow.query(description="What the entity does now, in a sentence.")
    def status(self) -> str:
        return self.doing

    async def _look(self) -> Plan:
        """Observe and decide; when blind, say so and try again soon."""
        policy = policy_of(ClusterSteps.observe)
        try:
            seen = await workflow.execute_activity_method(
                ClusterSteps.observe,
                ObserveOrder(ref=self.ref, uid=self.memory.uid),
                start_to_close_timeout=policy.timeout,
                schedule_to_close_timeout=policy.deadline,
                retry_policy=policy.retry,
                summary="observe",
            )
        except ActivityError as error:
            why = f"can't see the cluster: {sentence(error)}"
            return Plan(why=why, look_again_seconds=BLIND_SECONDS)
        self._note_resource(seen)
        return decide(seen, self.memory, workflow.now())

    def _note_resource(self, seen: Observation) -> None:
        if seen.found and seen.uid != self.memory.uid:
            self._forget_resource(uid=seen.uid)
        if seen.found:
            self.memory = self.memory.model_copy(update={"deletion": seen.deletion})

    def _forget_resource(self, *, uid: str) -> None:
        """A resource of the same name but another uid is another cluster."""
        self.memory = Memory(uid=uid, sequence=self.memory.sequence)
        self.generation = 0
        self.gone = False

    async def _operate(self, order: OperationOrder) -> None:
        """Run one operation as a child and remember how it ended."""
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
        await workflow.wait_condition(lambda: child.done() or self._is_superseded(order))
        if not child.done():
            await child.signal("supersede", "the resource was changed meanwhile")
        self._remember(order, await _outcome(child, order))
        await self._tell_failure(order)

    def _is_superseded(self, order: OperationOrder) -> bool:
        if self.memory.uid != order.uid:
            return True
        return order.kind is not Kind.DELETE and (self.gone or self.generation > order.generation)

    async def _end_stray(self, name: str) -> None:
        """An operation of an earlier entity still runs: end it, never run two at once."""
        with suppress(Exception):
            stray = workflow.get_external_workflow_handle(name)
            await stray.signal("supersede", "its entity was started anew")
        await workflow.sleep(timedelta(seconds=2), summary=f"until {name} has ended")

    def _remember(self, order: OperationOrder, result: OperationResult) -> None:
        ended = result.outcome
        if ended is Outcome.SUCCEEDED:
            deleted = order.kind is Kind.DELETE
            achieved = Achieved(generation=order.generation, why=order.why, at=workflow.now())
            changes = {
                "failure": None,
                "achieved": achieved,
                "deleted": deleted or self.memory.deleted,
            }
            self.memory = self.memory.model_copy(update=changes)
        elif ended is not Outcome.SUPERSEDED:
            failure = self._failure(order, result)
            self.memory = self.memory.model_copy(update={"failure": failure})

    def _failure(self, order: OperationOrder, result: OperationResult) -> Failure:
        last = self.memory.failure
        again = last is not None and last.generation == order.generation
        count = last.count + 1 if last is not None and again else 1
        pause = timedelta(seconds=min(300.0, FIRST_RETRY_SECONDS * 2 ** min(count - 1, 8)))
        return Failure(
            kind=order.kind,
            generation=order.generation,
            message=result.message,
            count=count,
            aborted=result.outcome is Outcome.ABORTED,
            retry_at=workflow.now() + pause,
        )

    async def _tell_failure(self, order: OperationOrder) -> None:
        """A failed operation gets its word and a warning event at once."""
        failure = self.memory.failure
        if failure is None or order.kind is Kind.DELETE:
            return
        reason = "Create" if order.kind is Kind.CREATE else "Sync"
        await self._tell(
            Report(
                ref=self.ref,
                uid=order.uid,
                word=FAILED_WORD[order.kind],
                events=[EventNote(reason=reason, message=failure.message, warning=True)],
            )
        )

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
        heard = self.knocks
        self._describe(plan.why)
        seconds = plan.look_again_seconds * workflow.random().uniform(0.9, 1.0)
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self.knocks != heard,
                timeout=timedelta(seconds=max(1.0, seconds)),
                timeout_summary="next look",
            )

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
