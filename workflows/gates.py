"""How an operation goes from step to step: visible, steerable, and never stuck in silence.

`Operation` runs steps. Before each it writes progress into the resource's status and into the
workflow's current details, and honours steering. A step that keeps failing is shown with its
reason and tried again with growing pauses until the deadline of its policy.
"""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, TimeoutError

from workflows.model.operations import EventNote, OperationOrder, OperationResult, Outcome, Report
from workflows.model.status import OperationStatus, Word
from workflows.policies import FINAL, Policy, pause_before, policy_of
from workflows.search import CLUSTER, OPERATION
from workflows.steering import Steering
from workflows.steps import ClusterSteps

Order = TypeVar("Order")
Result = TypeVar("Result")
Step = Callable[[Any, Order], Result]

_SIGNS = {"done": "✓", "running": "…", "failed": "✗"}


class StepFailed(Exception):
    """A step did not succeed within its policy; carries the sentence for people."""


class Stopped(Exception):
    """The operation was aborted or superseded."""


class Operation:
    """Progress, gates and error handling around the steps of one operation."""

    def __init__(
        self, order: OperationOrder, *, steering: Steering, total: int, word: Word | None
    ) -> None:
        self.order = order
        self.changed: list[str] = []
        self.problems: list[str] = []
        self._steering = steering
        self._total = total
        self._word = word
        self._log: dict[str, tuple[str, str]] = {}
        self._running: list[str] = []
        self._done = 0
        self._events: list[EventNote] = []
        workflow.upsert_search_attributes(
            [CLUSTER.value_set(str(order.ref)), OPERATION.value_set(order.kind)]
        )

    def emit(self, *events: EventNote) -> None:
        """Emit Kubernetes events together with the next progress."""
        self._events.extend(events)

    async def step(self, title: str, method: Step[Order, Result], order: Order) -> Result:
        """Run one step; raises StepFailed after its deadline, Stopped when steered away."""
        await self._gate(title)
        self._running.append(title)
        telling = asyncio.create_task(self._tell())
        try:
            result = await self._until_done(title, method, order)
        finally:
            self._running.remove(title)
            await telling
        self._done += 1
        if self._running:
            await self._tell()
        return result

    async def finish(self, outcome: Outcome, message: str) -> OperationResult:
        """Write the last word of the operation into the status."""
        percent = 100 if outcome is Outcome.SUCCEEDED else self._percent()
        last = self._status(message=message, waiting_for=None)
        await self._send(last.model_copy(update={"finished": _stamp(), "percent": percent}))
        return OperationResult(
            kind=self.order.kind,
            outcome=outcome,
            message=message,
            changed=self.changed,
            problems=self.problems,
        )

    async def _gate(self, title: str) -> None:
        """Stop here when told to; hold here while paused."""
        if self._steering.paused_by is not None and not self._steering.stops:
            self._note(title, "running", f"paused: {self._steering.paused_by}")
            await self._tell(waiting_for=f"resume, before {title}")
            await workflow.wait_condition(
                lambda: self._steering.paused_by is None or self._steering.stops
            )
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._steering.ended_by is not None:
            raise Stopped(f"aborted: {self._steering.ended_by}")
        if self._steering.superseded_by is not None:
            raise Stopped(f"superseded: {self._steering.superseded_by}")

    async def _until_done(self, title: str, method: Step[Order, Result], order: Order) -> Result:
        """Run the step's activity; on failure say why, pause, try again until the deadline."""
        policy = policy_of(method)
        deadline = workflow.now() + policy.deadline
        tries = 1
        while True:
            try:
                return await self._attempt(title, method, order, policy)
            except ActivityError as error:
                reason = sentence(error)
                pause = pause_before(tries)
                if workflow.now() + pause > deadline or not _worth_repeating(error):
                    self._note(title, "failed", reason)
                    raise StepFailed(f"{title}: {reason}") from error
            tries += 1
            self._note(title, "running", f"try {tries} after: {reason}")
            await self._tell(waiting_for=f"try {tries} of {title}, after: {reason}")
            await self._rest(pause, summary=f"before try {tries} of {title}")

    async def _attempt(
        self, title: str, method: Step[Order, Result], order: Order, policy: Policy
    ) -> Result:
        self._note(title, "running", "")
        running = workflow.start_activity_method(
            method,
            order,
            task_queue=policy.queue,
            start_to_close_timeout=policy.timeout,
            schedule_to_close_timeout=policy.deadline,
            heartbeat_timeout=policy.heartbeat,
            retry_policy=policy.retry,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=title,
        )
        await workflow.wait_condition(lambda: running.done() or self._steering.stops)
        if not running.done():
            running.cancel()
            with suppress(ActivityError, asyncio.CancelledError):
                await running
            self._note(title, "failed", "stopped")
            self._raise_if_stopped()
        result: Result = await running
        if workflow.cancellation_reason() is not None:
            raise asyncio.CancelledError
        self._note(title, "done", "")
        return result

    async def _rest(self, pause: timedelta, *, summary: str) -> None:
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self._steering.stops, timeout=pause, timeout_summary=summary
            )
        self._raise_if_stopped()

    async def _tell(self, *, waiting_for: str | None = None) -> None:
        await self._send(self._status(message=self.order.why, waiting_for=waiting_for))

    async def _send(self, status: OperationStatus) -> None:
        """Write progress and events; a failure to do so never fails the operation."""
        events, self._events = self._events, []
        report = Report(
            ref=self.order.ref,
            uid=self.order.uid,
            word=self._word,
            operation=status,
            events=events,
        )
        policy = policy_of(ClusterSteps.report)
        try:
            await workflow.execute_activity_method(
                ClusterSteps.report,
                report,
                start_to_close_timeout=policy.timeout,
                schedule_to_close_timeout=policy.deadline,
                retry_policy=policy.retry,
                summary="status",
            )
        except ActivityError as error:
            workflow.logger.warning("status could not be written: %s", sentence(error))

    def _status(self, *, message: str, waiting_for: str | None) -> OperationStatus:
        return OperationStatus(
            kind=self.order.kind,
            workflow_id=workflow.info().workflow_id,
            step=" and ".join(self._running),
            done=self._done,
            total=self._total,
            percent=self._percent(),
            since=_stamp(),
            waiting_for=waiting_for,
            message=message,
        )

    def _percent(self) -> int:
        return min(99, 100 * self._done // max(1, self._total))

    def _note(self, title: str, state: str, remark: str) -> None:
        """Update the table that Temporal's Web UI shows as current details."""
        self._log[title] = (_SIGNS[state], remark)
        rows = "\n".join(
            f"| {sign} | {step} | {remark} |" for step, (sign, remark) in self._log.items()
        )
        heading = f"**{self.order.kind}** of `{self.order.ref}`: {self.order.why}"
        workflow.set_current_details(f"{heading}\n\n| | step | |\n|---|---|---|\n{rows}")


async def conduct(
    operation: Operation, work: Coroutine[Any, Any, str], *, steering: Steering
) -> OperationResult:
    """Run the body of an operation and turn every way it can end into a result.

    An operation never fails as a workflow: its failure is a result that the entity acts on.
    """
    try:
        message = await work
    except StepFailed as error:
        return await operation.finish(Outcome.FAILED, str(error))
    except Stopped as error:
        aborted = steering.ended_by is not None
        outcome = Outcome.ABORTED if aborted else Outcome.SUPERSEDED
        return await operation.finish(outcome, str(error))
    except asyncio.CancelledError:
        await asyncio.shield(operation.finish(Outcome.ABORTED, "cancelled in Temporal"))
        raise
    return await operation.finish(Outcome.SUCCEEDED, message)


def sentence(error: BaseException) -> str:
    """The innermost reason of a failure, as one line for people."""
    cause = error.cause if isinstance(error, FailureError) else error.__cause__
    if isinstance(cause, TimeoutError):
        return f"no answer in time ({cause.message})"
    if cause is not None:
        return sentence(cause)
    if isinstance(error, ApplicationError):
        return error.message.splitlines()[0] if error.message else str(error.type)
    return str(error) or type(error).__name__


def _worth_repeating(error: ActivityError) -> bool:
    return not (isinstance(error.cause, ApplicationError) and error.cause.type in FINAL)


def _stamp() -> str:
    return workflow.now().strftime("%Y-%m-%dT%H:%M:%SZ")
