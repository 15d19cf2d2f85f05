"""What an entity keeps of an operation that has ended. Pure."""

from datetime import datetime, timedelta

from workflows.model.kinds import Kind
from workflows.model.memory import Achieved, Answered, Failure, Memory, Rollback
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder, OperationResult, Outcome
from workflows.model.postgresoperation import Phase
from workflows.model.record import OperationSeen

FIRST_RETRY_SECONDS = 15.0
FORGOTTEN_AFTER = timedelta(minutes=5)
"""What was undone longer ago than this counts as the first time again."""

ROLLED_BACK_BY_TEMPLATE = (Kind.CREATE, Kind.UPDATE, Kind.SYNC, Kind.ROLLING_UPDATE)
"""What the former pod template may undo; of others rollback is but an end."""

EDITS = (Kind.UPDATE, Kind.SYNC)
"""The same work: the one for an edit, the other for what else differs."""

PHASES = {
    Outcome.SUCCEEDED: Phase.SUCCEEDED,
    Outcome.FAILED: Phase.FAILED,
    Outcome.ABORTED: Phase.ABORTED,
    Outcome.SUPERSEDED: Phase.SUPERSEDED,
    Outcome.ROLLED_BACK: Phase.ROLLED_BACK,
}


def ended(
    memory: Memory,
    order: OperationOrder,
    result: OperationResult,
    *,
    now: datetime,
    undone: bool,
    once_approved: bool = True,
    alike: bool = True,
    own_template: bool = True,
) -> Memory:
    """The memory after it. `undone`: somebody has undone something since this entity began.

    `once_approved`: an approval is used up; `alike`: what an edit failed in, a sync would fail in;
    `own_template`: no template is put back that this operation has not changed. They are false in
    histories of versions that did not know them.
    """
    if once_approved and result.outcome is not Outcome.SUPERSEDED:
        memory = memory.without_approval(order.record)
    if order.requested:
        return _answered(memory, order, result)
    if result.outcome is Outcome.SUCCEEDED:
        achieved = _achieved(memory.achieved, order, result, now=now, undone=undone)
        deleted = order.kind is Kind.DELETE or memory.deleted
        changes = {"achieved": achieved, "deleted": deleted, "rollback": None}
        return memory.without(order.kind).model_copy(update=changes)
    if result.outcome is Outcome.ROLLED_BACK and order.kind in ROLLED_BACK_BY_TEMPLATE:
        rolls = order.kind is Kind.ROLLING_UPDATE or not own_template
        rolled_out = rolls or memory.failure_of(Kind.ROLLING_UPDATE) is not None
        return rolling_back(
            memory,
            generation=order.generation,
            by=result.message,
            of=None if rolled_out else order.kind,
        )
    if result.outcome is Outcome.SUPERSEDED:
        return memory
    failure = _failure(memory.failure_of(order.kind), order, result, now=now)
    if alike and order.kind in EDITS:
        failure = failure.model_copy(update={"also": [k for k in EDITS if k is not order.kind]})
    failed = memory.failed(failure)
    return failed.model_copy(update={"rollback": None})


def rolling_back(memory: Memory, *, generation: int, by: str, of: Kind | None = None) -> Memory:
    """Somebody wants the former pod template back; what failed before is no reason to wait."""
    wish = Rollback(generation=generation, by=by, of=of)
    return memory.model_copy(update={"rollback": wish, "failures": [], "achieved": None})


def only_ended(memory: Memory, seen: Observation, *, now: datetime) -> Memory:
    """Where the operation that somebody has rolled back had changed no pod template, it was only
    ended: the template that pods have is nobody's mistake."""
    wish = memory.rollback
    if wish is None or wish.of is None or seen.stale or seen.new_template is not None:
        return memory
    failure = Failure(
        kind=wish.of,
        also=[kind for kind in EDITS if wish.of in EDITS and kind is not wish.of],
        generation=wish.generation,
        message=f"{wish.by}; it had changed no pod template, so it was only ended",
        aborted=True,
        retry_at=now,
    )
    return memory.failed(failure).model_copy(update={"rollback": None})


def called_off(memory: Memory, one: OperationSeen, *, generation: int, now: datetime) -> Memory:
    """It was aborted before it began. An automatic one waits for an edit or a request now."""
    message = "aborted before it began"
    if not one.automatic:
        return memory.answering(Answered(uid=one.uid, phase=Phase.ABORTED, message=message))
    failure = Failure(
        kind=one.kind,
        generation=generation,
        message=f"{one.kind} was {message}",
        aborted=True,
        retry_at=now,
    )
    return memory.failed(failure)


def _answered(memory: Memory, order: OperationOrder, result: OperationResult) -> Memory:
    """Once is enough, whatever came of it; one that had to make room is run again."""
    if result.outcome is Outcome.SUPERSEDED:
        return memory
    phase = PHASES[result.outcome]
    return memory.answering(Answered(uid=order.request_uid, phase=phase, message=result.message))


def _achieved(
    last: Achieved | None,
    order: OperationOrder,
    result: OperationResult,
    *,
    now: datetime,
    undone: bool,
) -> Achieved:
    again = last is not None and (last.generation, last.why) == (order.generation, order.why)
    if last is not None and undone and now - last.at > FORGOTTEN_AFTER:
        again = False
    return Achieved(
        generation=order.generation,
        why=order.why,
        at=now,
        count=last.count + 1 if last is not None and again else 1,
        problems=result.problems,
    )


def _failure(
    last: Failure | None, order: OperationOrder, result: OperationResult, *, now: datetime
) -> Failure:
    again = last is not None and last.generation == order.generation
    count = last.count + 1 if last is not None and again else 1
    growing = FIRST_RETRY_SECONDS * 2 ** min(count - 1, 8)
    pause = timedelta(seconds=min(order.longest_retry_seconds, growing))
    return Failure(
        kind=order.kind,
        generation=order.generation,
        message=result.message,
        count=count,
        aborted=result.outcome in (Outcome.ABORTED, Outcome.ROLLED_BACK),
        retry_at=now + pause,
    )
