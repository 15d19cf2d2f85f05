"""What a person reads and does in Temporal, from a synchronous test."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from temporalio.client import Client, WorkflowHandle

from workflows import client
from workflows.cluster import Cluster
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

Value = TypeVar("Value")


@dataclass(frozen=True)
class Temporal:
    """A connection for each question: a test may have killed the server meanwhile."""

    address: str

    def look_now(self, ref: ClusterRef) -> None:
        """Ask the entity for a look, as a person does by a signal in the Web UI."""

        async def signal(connection: Client) -> None:
            message = Knock(uid="", reason="requested")
            await _entity(connection, ref).signal(Cluster.knock, message)

        self._ask(signal)

    def activities(self, workflow_id: str) -> list[str]:
        """Types of all activities scheduled in a workflow's run, in order."""

        async def read(connection: Client) -> list[str]:
            history = await connection.get_workflow_handle(workflow_id).fetch_history()
            return [
                event.activity_task_scheduled_event_attributes.activity_type.name
                for event in history.events
                if event.HasField("activity_task_scheduled_event_attributes")
            ]

        return self._ask(read)

    def summaries(self, workflow_id: str) -> list[str]:
        """Summaries that the Web UI shows on steps and timers."""

        async def read(connection: Client) -> list[str]:
            history = await connection.get_workflow_handle(workflow_id).fetch_history()
            converter = client.converter().payload_converter
            return [
                str(converter.from_payload(event.user_metadata.summary))
                for event in history.events
                if event.user_metadata.HasField("summary")
            ]

        return self._ask(read)

    def run_id(self, workflow_id: str) -> str:
        """Of the newest run, as addresses in the Web UI have it."""

        async def read(connection: Client) -> str:
            return (await connection.get_workflow_handle(workflow_id).describe()).run_id

        return self._ask(read)

    def running(self, prefix: str) -> list[str]:
        """Ids of workflows that run and whose id begins like this."""

        async def read(connection: Client) -> list[str]:
            query = f"ExecutionStatus = 'Running' AND WorkflowId STARTS_WITH '{prefix}'"
            return [found.id async for found in connection.list_workflows(query)]

        return self._ask(read)

    def history(self, workflow_id: str) -> str:
        """The whole history as JSON, for the replay gate and for looking for secrets."""

        async def read(connection: Client) -> str:
            history = await connection.get_workflow_handle(workflow_id).fetch_history()
            return history.to_json()

        return self._ask(read)

    def _ask(self, question: Callable[[Client], Coroutine[Any, Any, Value]]) -> Value:
        async def connected() -> Value:
            return await question(await client.connect(address=self.address))

        return _run(connected())


def _entity(connection: Client, ref: ClusterRef) -> WorkflowHandle[Cluster, None]:
    return connection.get_workflow_handle_for(Cluster.run, ref.workflow_id)


def _run(work: Coroutine[Any, Any, Value]) -> Value:
    """Run to the end in a loop of its own, whatever loop the test session has."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asyncio.wait_for(work, timeout=30))
    finally:
        loop.close()
