"""Operations that people ask for by creating a `PostgresOperation`. Pure."""

from collections.abc import Collection
from datetime import datetime

from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.model.postgresoperation import Phase, Verb
from workflows.model.record import Closing, OperationSeen


def asked_for(seen: Observation, memory: Memory) -> list[OperationSeen]:
    """What is still to be done, in the order in which it was asked for."""
    ended = {one.uid for one in memory.answered}
    return [
        one
        for one in seen.operations
        if not (one.automatic or one.invalid or one.uid in ended or one.steering is Verb.ABORT)
    ]


def order_of(asked: OperationSeen, seen: Observation) -> OperationOrder:
    """The operation that answers a request."""
    return OperationOrder(
        ref=seen.ref,
        uid=seen.uid,
        generation=seen.generation,
        kind=asked.kind,
        why=f"asked for by PostgresOperation {asked.name}",
        instances=seen.instances,
        patience_seconds=seen.patience_seconds,
        longest_retry_seconds=seen.longest_retry_seconds,
        record=asked.name,
        requested=True,
        request_uid=asked.uid,
        asked_at=_wanted_from(asked),
        candidate=asked.candidate,
        former=asked.leader,
        member=asked.member,
    )


def _wanted_from(asked: OperationSeen) -> str:
    """What was done before its time does not count, even if somebody had asked already."""
    if not asked.at:
        return asked.created
    return max(asked.created, asked.at, key=datetime.fromisoformat)


def closings(seen: Observation, memory: Memory, *, kept: Collection[str]) -> list[Closing]:
    """Records that nobody works on any more; `kept` are those of what runs or waits."""
    found = (_closing(one, seen, memory) for one in seen.operations if one.name not in kept)
    return [closing for closing in found if closing is not None]


def _closing(one: OperationSeen, seen: Observation, memory: Memory) -> Closing | None:
    if one.invalid:
        return Closing(name=one.name, phase=Phase.REFUSED, message=one.invalid)
    for answer in memory.answered:
        if answer.uid == one.uid:
            return Closing(name=one.name, phase=answer.phase, message=answer.message)
    if one.steering is Verb.ABORT or _was_called_off(one, memory):
        return Closing(name=one.name, phase=Phase.ABORTED, message="aborted before it began")
    if not seen.found:
        message = f"there is no cluster {seen.ref.name}"
        return Closing(name=one.name, phase=Phase.REFUSED, message=message)
    if one.automatic:
        message = "not wanted any more, or its workflow was lost; what is left to do goes on anew"
        return Closing(name=one.name, phase=Phase.SUPERSEDED, message=message)
    return None


def _was_called_off(one: OperationSeen, memory: Memory) -> bool:
    """An automatic one; of requests it is remembered as their answer."""
    failure = memory.failure_of(one.kind)
    waited = one.automatic and one.phase is Phase.WAITING
    return waited and failure is not None and failure.aborted
