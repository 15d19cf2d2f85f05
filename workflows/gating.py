"""What an operation has to wait for before it begins. Pure, decided anew at each look.

Nothing waits in a running operation, so that whoever waits blocks nothing else, and forgets
nothing when a process dies: for a time that was asked for, a maintenance window, or somebody's
approval. An approval counts for the plan that was shown: the record's name holds the plan's digest,
so another plan has another record.
"""

import hashlib
from datetime import datetime

from workflows.model.base import Message
from workflows.model.kinds import DISRUPTIVE, Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder
from workflows.model.postgresoperation import (
    OperationPlan,
    Phase,
    PostgresOperationStatus,
    Verb,
)
from workflows.model.record import OperationSeen, Record
from workflows.model.turns import Wish

DRY_RUN = "dry run: only the plan is shown"


class Held(Message):
    """An operation that may not begin yet."""

    order: OperationOrder
    why: str
    phase: Phase = Phase.WAITING
    until: datetime | None = None
    """When it may begin, where that is known."""
    wish: Wish | None = None
    """The turn that it waits for."""

    @property
    def record(self) -> Record:
        return Record(
            name=self.order.record,
            kind=self.order.kind,
            create=not self.order.requested,
            status=PostgresOperationStatus(
                phase=self.phase,
                plan=self.order.plan,
                waiting_for=self.why if self.phase is Phase.WAITING else None,
                message=self.order.why if self.phase is Phase.WAITING else self.why,
            ),
        )

    def is_told(self, seen: Observation) -> bool:
        """Whether its record says so already."""
        known = find(seen, self.order.record)
        if known is None or (known.phase, known.waiting_for) != (self.phase, self.why):
            return False
        leader = self.order.plan.leader if self.order.plan is not None else ""
        return seen.edition < 1 or known.leader == leader  # else its plan is of another primary


def hold(order: OperationOrder, seen: Observation, memory: Memory, now: datetime) -> Held | None:
    """Why this operation may not begin now, or nothing."""
    asked = find(seen, order.record)
    if asked is not None and asked.phase in (Phase.RUNNING, Phase.PAUSED):
        return None  # it has begun before, and goes on
    if seen.dry_run or (asked is not None and asked.dry_run):
        return Held(order=order, why=DRY_RUN, phase=Phase.PLANNED)
    if order.kind not in DISRUPTIVE:
        return None
    if order.requested and seen.paused:
        return Held(order=order, why="the cluster is paused by annotation")
    return (
        _until_its_time(order, asked, now)
        or _until_window(order, seen)
        or _until_approved(order, asked, seen, memory)
        or _until_turn(order, asked, seen, memory)
    )


def _until_its_time(
    order: OperationOrder, asked: OperationSeen | None, now: datetime
) -> Held | None:
    if asked is None or not asked.at:
        return None
    at = datetime.fromisoformat(asked.at)
    return Held(order=order, why=f"its time, {asked.at}", until=at) if now < at else None


def _until_window(order: OperationOrder, seen: Observation) -> Held | None:
    """Who asks for an operation wants it now; windows are for what the operator begins.

    Of a drain only the handover waits, whatever is configured.
    """
    gap = order.plan is not None and order.plan.write_gap_seconds is not None
    gated = gap if order.kind is Kind.DRAIN else order.kind in seen.in_windows
    if order.requested or seen.window_open or not gated:
        return None
    opens = datetime.fromisoformat(seen.window_opens) if seen.window_opens else None
    return Held(order=order, why=f"a maintenance window, opens at {seen.window_opens}", until=opens)


def _until_approved(
    order: OperationOrder, asked: OperationSeen | None, seen: Observation, memory: Memory
) -> Held | None:
    if order.kind not in seen.to_approve or _is_approved(order, asked, memory):
        return None
    return Held(order=order, why="approval")


def _is_approved(order: OperationOrder, asked: OperationSeen | None, memory: Memory) -> bool:
    written = asked is not None and asked.steering is Verb.APPROVE
    return written or order.record in memory.approved


def _until_turn(
    order: OperationOrder, asked: OperationSeen | None, seen: Observation, memory: Memory
) -> Held | None:
    """Last, so that nobody has a turn who waits for something else. An approval is one, too."""
    if order.requested or order.kind is not Kind.ROLLING_UPDATE or not seen.rolled_out_to:
        return None
    turn = memory.turn
    if (turn is not None and turn.granted) or _is_approved(order, asked, memory):
        return None
    wish = Wish(
        ref=seen.ref,
        rollout=seen.rollout.name,
        parallel=seen.rollout.parallel,
        most_failures=seen.rollout.most_failures,
    )
    why = "its turn in the roll-out"
    if turn is not None:
        why = f"{why} ({turn.place} of {turn.waiting})" + ("; " if turn.stopped else "")
        why += turn.stopped
    return Held(order=order, why=why, wish=wish)


def find(seen: Observation, name: str) -> OperationSeen | None:
    """The unfinished record of this name."""
    return next((one for one in seen.operations if one.name == name), None)


def pending_name(order: OperationOrder, plan: OperationPlan) -> str:
    """Name of the record of an operation that waits; the same as long as the plan is."""
    parts = [order.kind, str(order.generation), *plan.restarts, "", *plan.changes]
    parts += ["", order.configuration] if order.configuration else []
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{order.ref.name}-{order.kind}-{digest[:8]}"
