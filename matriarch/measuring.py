"""Counts operations and steps where they run, without a line in any workflow.

An interceptor sees each workflow and each step of this process's workers from outside. A workflow
that is only replayed, say because another worker went away, is not counted again.
"""

import time
from collections.abc import Iterable
from typing import Any

from temporalio import activity, workflow
from temporalio.exceptions import FailureError
from temporalio.worker import (
    ActivityInboundInterceptor,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from matriarch.metrics import Counter, Family, Histogram, gauge
from workflows.model.operations import OperationResult

LOOK = "cluster.observe"


class Measurements(Interceptor):
    """What the workers of one process have done so far."""

    def __init__(self) -> None:
        self.started = Counter("operations_started", "Operations begun, by kind.")
        self.ended = Counter("operations_ended", "Operations ended, by kind and outcome.")
        self.lasted = Histogram("operation_duration", "How long operations took, by kind.")
        self.steps = Counter("steps", "Steps run, by name and whether they succeeded.")
        self.step_lasted = Histogram("step_duration", "How long steps took, by name.")
        self.last_look: float | None = None
        """Unix time of the last look at any cluster."""

    def families(self) -> Iterable[Family]:
        counted = (self.started, self.ended, self.lasted, self.steps, self.step_lasted)
        yield from (each.family() for each in counted)
        if self.last_look is not None:
            age = time.time() - self.last_look
            yield gauge("last_sync_age_seconds", "Since this process looked at a cluster.", age)

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return _Steps(next, self)

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        measurements = self

        class Operations(_Operations):
            counts = measurements

        return Operations


class _Steps(ActivityInboundInterceptor):
    def __init__(self, next: ActivityInboundInterceptor, counts: Measurements) -> None:
        super().__init__(next)
        self._counts = counts

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        name, began, outcome = activity.info().activity_type, time.monotonic(), "failed"
        try:
            result = await self.next.execute_activity(input)
            outcome = "succeeded"
            return result
        finally:
            self._counts.steps.add(step=name, outcome=outcome)
            self._counts.step_lasted.observe(time.monotonic() - began, step=name)
            if name == LOOK and outcome == "succeeded":
                self._counts.last_look = time.time()


class _Operations(WorkflowInboundInterceptor):
    counts: Measurements

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        kind = _kind(input.args)
        if not kind:
            return await self.next.execute_workflow(input)
        if not workflow.unsafe.is_replaying():
            self.counts.started.add(kind=kind)
        try:
            result = await self.next.execute_workflow(input)
        except FailureError:
            self._ended(kind, "failed")
            raise
        outcome = result.outcome if isinstance(result, OperationResult) else "succeeded"
        self._ended(kind, str(outcome))
        return result

    def _ended(self, kind: str, outcome: str) -> None:
        if workflow.unsafe.is_replaying():
            return
        lasted = workflow.now() - workflow.info().start_time
        self.counts.ended.add(kind=kind, outcome=outcome)
        self.counts.lasted.observe(lasted.total_seconds(), kind=kind)


def _kind(args: Any) -> str:
    """What the order of an operation says; nothing for an entity."""
    order = next(iter(args), None)
    return str(getattr(order, "kind", ""))
