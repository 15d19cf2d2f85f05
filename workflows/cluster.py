"""One entity workflow per cluster: wait for a knock, look, decide, act, report, wait.

The entity holds no desired state: it looks afresh each time. It runs at most one operation, as a
child that outlives it, and ends an operation early when something newer is wanted.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows import concerns, remembering, silence, strays
from workflows.attending import Attending
from workflows.beginning import Plan
from workflows.model.base import ClusterRef, Message
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.report import EventNote, Report
from workflows.plan import decide
from workflows.progress import sentence
from workflows.reasons import members_missing
from workflows.report import broken
from workflows.search import CLUSTER

BLIND_SECONDS = 20.0
BLIND_LOOKS = 3
"""In a row, before people are told."""
QUICK_REPEATS = 5
"""How often in a row the same is done again at once for somebody who undoes it."""


class ClusterInput(Message):
    """Input of an entity; `memory` is set when it continues as new."""

    ref: ClusterRef
    memory: Memory = Memory()


@workflow.defn(name="cluster")
class Cluster(Attending):
    """The life of one cluster, from the first knock until resource and children are gone."""

    @workflow.init
    def __init__(self, given: ClusterInput) -> None:
        super().__init__(given.ref, given.memory)
        self.knocks_seen = -1
        self.rests_since = -1
        self.blind = False
        self.blind_looks = 0

    @workflow.run
    async def run(self, given: ClusterInput) -> None:
        workflow.upsert_search_attributes([CLUSTER.value_set(str(self.ref))])
        while True:
            heard = self.knocks
            plan = await self._look()
            await self._mind_turn(plan)
            if plan.ends and heard == self.knocks:
                if (plan.closings or plan.report) and workflow.patched("last-words"):
                    await self._tell_last(plan)
                self.rests_since = heard
                self.describe(plan.why)
                return
            if plan.report is not None:
                await self.tell(plan.report)
            await self._tell_of_records(plan)
            if plan.order is not None:
                await self.operate(plan.order)
                self.memory = self.memory.model_copy(update={"silent": {}})
                continue
            if heard == self.knocks:
                self._leave_long_history()
                await self._wait(plan)

    @workflow.query(description="What the entity does now, in a sentence.")
    def status(self) -> str:
        return self.doing

    @workflow.query(description="Whether it has done all it can about everything it was told.")
    def at_rest(self) -> bool:
        return self.rests_since == self.knocks and not self.blind

    async def _look(self) -> Plan:
        """Observe and decide; when blind, say so and try again soon."""
        fresh, self.knocks_seen = self.knocks != self.knocks_seen, self.knocks
        try:
            seen = await self.observe(fresh=fresh)
        except ActivityError as error:
            self.blind = True
            why = f"can't see the cluster: {sentence(error)}"
            await self._tell_blindness(why)
            return Plan(why=why, look_again_seconds=BLIND_SECONDS)
        self.blind, self.blind_looks = False, 0
        self.note_resource(seen)
        if seen.found and not self._heard_since_look():
            self.generation = seen.generation  # lower than before, when a backup was restored
        if seen.status.unfinished is not None:
            sequence = await strays.end_lost(
                seen.status.unfinished, self.ref, sequence=self.memory.sequence
            )
            self.memory = self.memory.model_copy(update={"sequence": sequence})
        self.memory = remembering.only_ended(self.memory, seen, now=workflow.now())
        self.memory, silent = silence.heard(self.memory, seen, workflow.now())
        notes = [*self.obey(seen, now=workflow.now()), *silent, *self._concerns(seen)]
        if seen.steering:
            await self.tell(self.heard(seen.steering))
        if notes:
            await self.tell(Report(ref=self.ref, uid=self.memory.uid, events=notes))
        if _edited_beside_a_request(seen) and workflow.patched("edits-first"):
            seen = seen.model_copy(update={"edit_first": True})
        plan = decide(seen, self._memory_that_counts(), workflow.now())
        if _mends_members(plan, seen) and workflow.patched("broken-members"):
            plan = plan.model_copy(update={"report": broken(seen, also=plan.report)})
        return plan

    def _concerns(self, seen: Observation) -> list[EventNote]:
        self.memory, notes = concerns.heard(self.memory, seen)
        return notes if notes and workflow.patched("concern-events") else []

    def _heard_since_look(self) -> bool:
        return self.knocks != self.knocks_seen

    async def _tell_blindness(self, why: str) -> None:
        """By an event, once: what the status says may not be so any more."""
        self.blind_looks += 1
        if self.blind_looks == BLIND_LOOKS and self.memory.uid and workflow.patched("blindness"):
            note = EventNote(reason="Sync", message=why, warning=True)
            await self.tell(Report(ref=self.ref, uid=self.memory.uid, events=[note]))

    def _memory_that_counts(self) -> Memory:
        """What was done before is no circle if somebody has undone it: a few times in a row."""
        last = self.memory.achieved
        undone = self.touches != self.touches_answered
        if last is None or not undone or last.count >= QUICK_REPEATS:
            return self.memory
        return self.memory.model_copy(update={"achieved": None})

    async def _mind_turn(self, plan: Plan) -> None:
        """Ask for a turn in a roll-out; give back the one that is not needed."""
        wish = plan.held.wish if plan.held is not None else None
        if wish is not None:
            await self.asking.ask(wish)
        elif plan.order is None and not self.blind:
            await self.give_turn_back()

    async def _tell_last(self, plan: Plan) -> None:
        if plan.report is not None:
            await self.tell(plan.report)
        await self._tell_of_records(plan)

    async def _tell_of_records(self, plan: Plan) -> None:
        """What waits, and what nobody works on any more."""
        for record in plan.records:
            await self.tell(Report(ref=self.ref, uid=self.memory.uid, record=record))
        if plan.closings:
            await self.tell(Report(ref=self.ref, uid=self.memory.uid, closings=plan.closings))

    def _leave_long_history(self) -> None:
        """Continue as new before the history grows heavy; no operation runs at this point."""
        if workflow.info().is_continue_as_new_suggested():
            workflow.continue_as_new(ClusterInput(ref=self.ref, memory=self.memory))

    async def _wait(self, plan: Plan) -> None:
        self.carried = None  # nothing followed that could be held
        heard = self.rests_since = self.knocks
        self.describe(plan.why)
        seconds = plan.look_again_seconds * workflow.random().uniform(0.9, 1.0)
        with suppress(asyncio.TimeoutError):
            await workflow.wait_condition(
                lambda: self.knocks != heard,
                timeout=timedelta(seconds=max(1.0, seconds)),
                timeout_summary="next look",
            )
        self.rests_since = -1


def _mends_members(plan: Plan, seen: Observation) -> bool:
    """Whether members were lost that the status still counts."""
    begins = plan.order is not None and plan.order.kind in (Kind.SYNC, Kind.UPDATE)
    return begins and bool(members_missing(seen))


def _edited_beside_a_request(seen: Observation) -> bool:
    """An edit that nobody has answered yet, and a rolling update that somebody asks for."""
    asked = any(
        one.kind is Kind.ROLLING_UPDATE and not one.automatic and not one.invalid
        for one in seen.operations
    )
    return asked and seen.generation != seen.status.observed_generation
