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
from temporalio.exceptions import ActivityError, ApplicationError

from workflows.model.members import Membership
from workflows.model.operations import OperationOrder, OperationResult, Outcome
from workflows.model.postgresoperation import Phase
from workflows.model.report import EventNote
from workflows.model.status import Word
from workflows.policies import FINAL, Policy, pause_before, policy_of
from workflows.progress import sentence
from workflows.remembering import PHASES
from workflows.steering import Steering
from workflows.telling import Progress, Telling

Order = TypeVar("Order")
Result = TypeVar("Result")
Step = Callable[[Any, Order], Result]

QUICK = timedelta(seconds=1)
"""A step that takes no longer is not worth a write to the status."""


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
        self._progress = Progress(total)
        self._telling = Telling(order, steering=steering, progress=self._progress, word=word)
        self._log = self._telling.log
        self._running = self._progress.running
        self.held = timedelta(0)
        """For how long people have held it."""
        self._shown: list[str] = []
        """Steps that the status shows as running."""

    def emit(self, *events: EventNote) -> None:
        """Emit Kubernetes events together with the next progress."""
        self._telling.events.extend(events)

    def show(self, seen: Membership) -> None:
        """Write the members as they were seen together with the next progress."""
        self._telling.seen = seen

    async def step(self, title: str, method: Step[Order, Result], order: Order) -> Result:
        """Run one step; raises StepFailed after its deadline, Stopped when steered away."""
        await self._gate(title)
        self._running.append(title)
        telling = asyncio.create_task(self._announce(title))
        try:
            result = await self._until_done(title, method, order)
        except (Exception, asyncio.CancelledError):  # nothing may be awaited at an eviction
            self._running.remove(title)
            await telling
            raise
        self._running.remove(title)
        await telling
        self._progress.done += 1
        if self._running and (title in self._shown or not _quick_steps_are_not_told()):
            await self._tell()
        return result

    async def _announce(self, title: str) -> None:
        """Tell of a step that takes a while; of the first, and so of the operation, at once."""
        if self._shown and _quick_steps_are_not_told():
            with suppress(asyncio.TimeoutError):
                await workflow.wait_condition(
                    lambda: title not in self._running,
                    timeout=QUICK,
                    timeout_summary=f"{title}: quick or not",
                )
                return
        await self._tell()

    async def look(self, title: str, method: Step[Order, Result], order: Order) -> Result:
        """Run a step that only looks: steered and retried like others, but it is no progress."""
        await self._gate(title)
        return await self._until_done(title, method, order)

    async def wait(self, why: str, *, seconds: float) -> None:
        """Let some time pass, with the reason shown; raises Stopped when steered away."""
        self._log.note(why, "running")
        await self._tell(waiting_for=why)
        await self._rest(timedelta(seconds=seconds), summary="before another look")
        self._log.drop(why)

    def expect(self, steps: int) -> None:
        """Say how many steps are left, where that is not known from the start."""
        self._progress.total = self._progress.done + steps

    async def finish(self, outcome: Outcome, message: str) -> OperationResult:
        """Write the last word of the operation into the status."""
        await self._telling.tell_end(PHASES[outcome], message)
        return OperationResult(
            kind=self.order.kind,
            outcome=outcome,
            message=message,
            changed=self.changed,
            problems=self.problems,
            paused=self._steering.paused_by or "",
        )

    async def _gate(self, title: str) -> None:
        """Stop here when told to; hold here while paused."""
        if self._steering.held_by is not None and not self._steering.stops:
            self._log.note(title, "running", f"paused: {self._steering.held_by}")
            self._telling.enter(Phase.PAUSED)
            await self._tell(waiting_for=f"resume, before {title}", phase=Phase.PAUSED)
            since = workflow.now()
            await workflow.wait_condition(
                lambda: self._steering.held_by is None or self._steering.stops
            )
            self.held += workflow.now() - since
            self._telling.enter(Phase.RUNNING)
        self._raise_if_stopped()

    def _raise_if_stopped(self) -> None:
        if self._steering.rolled_back_by is not None:
            raise Stopped(f"rolled back: {self._steering.rolled_back_by}")
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
                    self._log.note(title, "failed", reason)
                    raise StepFailed(f"{title}: {reason}") from error
            tries += 1
            self._log.note(title, "running", f"try {tries} after: {reason}")
            await self._tell(waiting_for=f"try {tries} of {title}, after: {reason}")
            await self._rest(pause, summary=f"before try {tries} of {title}")

    async def _attempt(
        self, title: str, method: Step[Order, Result], order: Order, policy: Policy
    ) -> Result:
        self._log.note(title, "running")
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
            self._log.note(title, "failed", "stopped")
            self._raise_if_stopped()
        result: Result = await running
        if workflow.cancellation_reason() is not None:
            raise asyncio.CancelledError
        self._log.note(title, "done")
        return result

    async def _rest(self, pause: timedelta, *, summary: str) -> None:
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self._steering.stops, timeout=pause, timeout_summary=summary
            )
        self._raise_if_stopped()

    async def _tell(self, *, waiting_for: str | None = None, phase: Phase = Phase.RUNNING) -> None:
        self._shown = list(self._running)
        await self._telling.tell(waiting_for=waiting_for, phase=phase)


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
        return await operation.finish(_stopped_how(steering), str(error))
    except asyncio.CancelledError:
        await asyncio.shield(operation.finish(Outcome.ABORTED, "cancelled in Temporal"))
        raise
    return await operation.finish(Outcome.SUCCEEDED, message)


def _quick_steps_are_not_told() -> bool:
    """Operations that began before this was so tell of every step."""
    return workflow.patched("quick-steps-untold")


def _worth_repeating(error: ActivityError) -> bool:
    return not (isinstance(error.cause, ApplicationError) and error.cause.type in FINAL)


def _stopped_how(steering: Steering) -> Outcome:
    if steering.rolled_back_by is not None:
        return Outcome.ROLLED_BACK
    return Outcome.ABORTED if steering.ended_by is not None else Outcome.SUPERSEDED
