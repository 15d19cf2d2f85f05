"""What was done to clusters, from Temporal's histories: kept for weeks, whoever is restarted."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecution

from workflows.model.base import ClusterRef
from workflows.model.operations import OperationResult, Outcome
from workflows.search import CLUSTER, OPERATION

OPERATIONS: Final = f"{OPERATION.name} IS NOT NULL"
READ_AT_MOST: Final = 100
"""Operations, the newest first; each costs a request."""


class Past:
    """Reads operations and their steps. To be asked in the event loop."""

    def __init__(self, client: Callable[[], Client]) -> None:
        self._client = client

    async def lines(self, about: ClusterRef | None, *, most: int) -> list[dict[str, Any]]:
        """The last steps of a cluster (or of all of them), the oldest first."""
        found: list[dict[str, Any]] = []
        async for operation in self._operations(about):
            steps = [line async for line in self._steps(operation)]
            found = steps + found
            if len(found) >= most:
                break
        return sorted(found, key=lambda line: str(line["Time"]))[-most:]

    async def changes(self, about: ClusterRef, *, most: int) -> list[dict[str, Any]]:
        """The last operations of a cluster that succeeded, with what they changed."""
        found: list[dict[str, Any]] = []
        async for operation in self._operations(about):
            if operation.close_time is None or len(found) >= most:
                continue
            result = await self._result(operation)
            if result is not None and result.outcome is Outcome.SUCCEEDED:
                found.append(_change(operation, result))
        return found[::-1]

    async def _operations(self, about: ClusterRef | None) -> AsyncIterator[WorkflowExecution]:
        query = f"{OPERATIONS} AND {CLUSTER.name} = '{about}'" if about else OPERATIONS
        count = 0
        async for operation in self._client().list_workflows(query):
            yield operation
            count += 1
            if count >= READ_AT_MOST:
                return

    async def _steps(self, operation: WorkflowExecution) -> AsyncIterator[dict[str, Any]]:
        handle = self._client().get_workflow_handle(operation.id, run_id=operation.run_id)
        names: dict[int, str] = {}
        async for event in handle.fetch_history_events():
            for level, what in self._said(event, names):
                yield {
                    "Time": _time(event.event_time.ToDatetime(tzinfo=UTC)),
                    "Level": level,
                    "ClusterName": _cluster(operation.id),
                    "Message": f"{_name(operation.id)}: {what}",
                }

    def _said(self, event: HistoryEvent, names: dict[int, str]) -> Iterator[tuple[str, str]]:
        """What an event means to a person; most mean nothing."""
        match event.WhichOneof("attributes"):
            case "workflow_execution_started_event_attributes":
                yield "info", "begun"
            case "activity_task_scheduled_event_attributes":
                names[event.event_id] = self._summary(event)
            case "activity_task_completed_event_attributes":
                done = event.activity_task_completed_event_attributes
                yield "info", f"{names.get(done.scheduled_event_id, 'a step')}: done"
            case "activity_task_failed_event_attributes":
                failed = event.activity_task_failed_event_attributes
                reason = failed.failure.cause.message or failed.failure.message
                yield "error", f"{names.get(failed.scheduled_event_id, 'a step')}: {reason}"
            case "activity_task_timed_out_event_attributes":
                late = event.activity_task_timed_out_event_attributes
                yield "warning", f"{names.get(late.scheduled_event_id, 'a step')}: timed out"
            case "workflow_execution_completed_event_attributes":
                yield "info", "ended"

    def _summary(self, event: HistoryEvent) -> str:
        if not event.user_metadata.HasField("summary"):
            return event.activity_task_scheduled_event_attributes.activity_type.name
        converter = self._client().data_converter.payload_converter
        return str(converter.from_payload(event.user_metadata.summary))

    async def _result(self, operation: WorkflowExecution) -> OperationResult | None:
        handle = self._client().get_workflow_handle(
            operation.id, run_id=operation.run_id, result_type=OperationResult
        )
        try:
            found: OperationResult = await handle.result(follow_runs=False)
        except Exception:  # terminated, or gone since it was listed: then there is no result
            return None
        return found


def _change(operation: WorkflowExecution, result: OperationResult) -> dict[str, Any]:
    assert operation.close_time is not None
    return {
        "EventTime": _time(operation.start_time),
        "ProcessTime": _time(operation.close_time),
        "Diff": [f"{result.kind}: {result.message}", *result.changed],
    }


def _cluster(workflow_id: str) -> dict[str, str]:
    namespace, name, *_ = workflow_id.split("/")
    return {"Namespace": namespace, "Name": name}


def _name(workflow_id: str) -> str:
    """`3-update` of `shop/acid-orders/op/3-update`."""
    return workflow_id.rpartition("/")[2]


def _time(moment: datetime) -> str:
    """All of the same length, so that they sort as they follow each other."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
