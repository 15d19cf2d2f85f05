"""The way to Temporal: connection, payload rules, search attributes, and how to knock.

Everything that enters a history passes `TripwireCodec`, everything that fails passes
`ScrubbingFailureConverter`; so no secret that this process has read is ever stored.
"""

import dataclasses
from collections.abc import AsyncIterator, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.failure.v1 import Failure
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey, WorkflowIDConflictPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    PayloadCodec,
    PayloadConverter,
)

from workflows.cluster import Cluster, ClusterInput
from workflows.model.base import ClusterRef
from workflows.model.errors import SecretLeak
from workflows.model.operations import Knock
from workflows.policies import LONG_QUEUE, QUEUE
from workflows.search import ATTRIBUTES
from workflows.tripwire import TRIPWIRE

__all__ = ["ATTRIBUTES", "LONG_QUEUE", "QUEUE", "connect", "knock", "open_clusters", "register"]


class TripwireCodec(PayloadCodec):
    """Refuses payloads that hold a secret; changes nothing else."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        for payload in payloads:
            if TRIPWIRE.trips(payload.data.decode(errors="replace")):
                raise SecretLeak("a payload held a secret value and was refused")
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)


class ScrubbingFailureConverter(DefaultFailureConverter):
    """Masks secrets in messages and stack traces, down the chain of causes."""

    def to_failure(
        self, exception: BaseException, payload_converter: PayloadConverter, failure: Failure
    ) -> None:
        super().to_failure(exception, payload_converter, failure)
        link: Failure | None = failure
        while link is not None:
            link.message = TRIPWIRE.scrub(link.message)
            link.stack_trace = TRIPWIRE.scrub(link.stack_trace)
            link = link.cause if link.HasField("cause") else None


def converter() -> DataConverter:
    """The data converter of every client, worker, test and replay of this project."""
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=TripwireCodec(),
        failure_converter_class=ScrubbingFailureConverter,
    )


async def connect(*, address: str, namespace: str = "default") -> Client:
    """Connect to Temporal at `address` (host:port); raises RuntimeError when it is not there."""
    return await Client.connect(address, namespace=namespace, data_converter=converter())


async def register(client: Client) -> list[str]:
    """Register missing search attributes and return their names.

    Must succeed before a worker polls: an unknown attribute fails a workflow task for ever.
    """
    service = client.operator_service
    known = await service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = [key for key in ATTRIBUTES if key.name not in known.custom_attributes]
    if missing:
        await service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={key.name: _indexed_type(key) for key in missing},
            )
        )
    return [key.name for key in missing]


def _indexed_type(key: SearchAttributeKey[str]) -> IndexedValueType.ValueType:
    return IndexedValueType.ValueType(key.indexed_value_type)


async def knock(client: Client, ref: ClusterRef, message: Knock) -> None:
    """Tell the cluster's entity to look again, starting it when it does not run."""
    await client.start_workflow(
        Cluster.run,
        ClusterInput(ref=ref),
        id=ref.workflow_id,
        task_queue=QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"Postgres cluster {ref.name} in {ref.namespace}",
        start_signal="knock",
        start_signal_args=[message],
    )


async def open_clusters(client: Client) -> AsyncIterator[ClusterRef]:
    """Entities that run now, also those whose resource is gone."""
    query = "WorkflowType = 'cluster' AND ExecutionStatus = 'Running'"
    async for execution in client.list_workflows(query):
        namespace, _, name = execution.id.partition("/")
        yield ClusterRef(namespace=namespace, name=name)
