"""How an entity attends the operation that it runs: what it passes on, and what ends it early."""

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    WorkflowAlreadyStartedError,
)

from workflows import remembering, running, strays
from workflows.listening import BY_ANNOTATION, NOT_BY_ANNOTATION, Listening
from workflows.model.base import ClusterRef
from workflows.model.kinds import Kind
from workflows.model.memory import Failure, Memory
from workflows.model.names import STEERING
from workflows.model.observation import Observation
from workflows.model.operations import OperationOrder, OperationResult, Outcome
from workflows.model.orders import ObserveOrder
from workflows.model.postgresoperation import Verb
from workflows.model.record import ANNOTATION, Steer
from workflows.model.report import EventNote, Report
from workflows.model.status import Word
from workflows.plan import cannot_wait
from workflows.policies import policy_of
from workflows.report import FAILED_REASON, FAILED_WORD
from workflows.search import STATUS
from workflows.steering import BY_PAUSING
from workflows.steps import ClusterSteps
from workflows.telling import record_name, write
from workflows.turns import Asking

SPOILT = (Outcome.FAILED, Outcome.ROLLED_BACK)
"""Ends of a rolling update that speak against what is rolled out to others, too."""
YIELDING = (Kind.CREATE, Kind.UPDATE, Kind.SYNC)
"""Operations that wait for members, and may be begun anew without harm."""
PART_OF_PATIENCE = 20
"""What is urgent waits for the 20th part of what an operation may wait for members: a minute."""
MOST_DOUBLINGS = 5
"""Each time in a row it is twice as long: even who is disturbed for ever comes to an end."""


@dataclass
class Attended:
    """The operation that runs, and what was known when it began."""

    order: OperationOrder
    renewals: int
    urgent: int
    yields_at: datetime
    anew: bool
    """False: begun by a version that did not do all this."""
    yields: bool = False
    """Something was seen that can't wait for what it waits for."""
    held: bool = False
    """It was told that the cluster is paused by annotation."""
    kept: list[Steer] = field(default_factory=list)
    """Words that are not for this operation."""


class Attending(Listening):
    """Base of the entity: runs one operation at a time."""

    def __init__(self, ref: ClusterRef, memory: Memory) -> None:
        super().__init__(ref, memory)
        self.touches_answered = 0
        self.yielded = 0
        """How often in a row an operation had to make room for something urgent."""
        self.carried: Steer | None = None
        """The pause of an operation that had to make room: it holds the next one."""
        self.asking = Asking()
        self.doing = "looking"

    async def operate(self, order: OperationOrder) -> None:
        """Run one operation as a child and remember how it ended."""
        one = self._attended(order)
        self.touches_answered = self.touches
        self.memory = self.memory.model_copy(update={"sequence": self.memory.sequence + 1})
        name = f"{self.ref}/op/{self.memory.sequence}-{order.kind}"
        try:
            child = await running.start(order, name=name)
        except WorkflowAlreadyStartedError:
            await strays.end(name)
            return
        self.describe(f"{order.kind}: {order.why}")
        if one.anew and order.kind is not Kind.DELETE:
            self._index(Word.CREATING if order.kind is Kind.CREATE else Word.UPDATING)
        await self._attend(child, one)
        await self._remember(one, await running.outcome(child, order))

    def _attended(self, order: OperationOrder) -> Attended:
        if self.carried is not None and order.kind is not Kind.DELETE:
            self.said = [self.carried, *self.said]
        self.carried = None
        return Attended(
            order=order,
            renewals=self.renewals,
            urgent=self.urgent,
            yields_at=workflow.now() + self._patience(order),
            anew=workflow.patched("attending"),
        )

    def _patience(self, order: OperationOrder) -> timedelta:
        """For how long what is urgent waits before it is looked at."""
        part = order.patience_seconds / PART_OF_PATIENCE
        return timedelta(seconds=part * 2 ** min(self.yielded, MOST_DOUBLINGS))

    async def _attend(self, child: running.Child, one: Attended) -> None:
        """Until it has ended, or was told to make room."""
        while not child.done() and not self._is_superseded(one):
            await self._pass_on(child, one)
            try:
                await self._until_news(child, one, pressed=self._is_pressed(one))
            except TimeoutError:
                await self._look_beside(one)
        if not child.done():
            with suppress(ApplicationError):  # it has ended this very moment
                await child.signal("supersede", self._why_superseded(one))

    async def _until_news(self, child: running.Child, one: Attended, *, pressed: bool) -> None:
        """Raises TimeoutError when it is time to look whether what presses can't wait."""
        await workflow.wait_condition(
            lambda: (
                child.done()
                or self._is_superseded(one)
                or bool(self.said)
                or self._holds(one) != one.held
                or self._is_pressed(one) != pressed
            ),
            timeout=one.yields_at - workflow.now() if pressed else None,
            timeout_summary="something urgent waits",
        )

    async def _look_beside(self, one: Attended) -> None:
        """See whether what was heard is really something that can't wait: most news are not."""
        urgent = self.urgent
        one.yields_at = workflow.now() + self._patience(one.order)
        with suppress(ActivityError):
            seen = await self.observe(fresh=True)
            one.urgent = urgent
            one.yields = cannot_wait(seen, self.memory, workflow.now())

    async def observe(self, *, fresh: bool) -> Observation:
        """Look at the cluster; raises ActivityError when it can't be seen."""
        policy = policy_of(ClusterSteps.observe)
        return await workflow.execute_activity_method(
            ClusterSteps.observe,
            ObserveOrder(ref=self.ref, uid=self.memory.uid, fresh=fresh),
            start_to_close_timeout=policy.timeout,
            schedule_to_close_timeout=policy.deadline,
            retry_policy=policy.retry,
            summary="observe",
        )

    async def _pass_on(self, child: running.Child, one: Attended) -> None:
        """Let the running operation hear what concerns it."""
        said, self.said = self.said, []
        name = one.order.record or record_name(one.order, child.first_execution_run_id or "")
        for word in said:
            approves = word.verb is Verb.APPROVE
            if not approves and word.operation in ("", name):
                with suppress(ApplicationError):  # it has ended this very moment
                    await child.signal(word.verb, f"by {word.by}")
            if approves and word.by != ANNOTATION and one.anew:
                one.kept.append(word)
            if word.by == ANNOTATION:
                await self.tell(self.heard(word.verb))
        if self._holds(one) != one.held:
            one.held = self._holds(one)
            with suppress(ApplicationError):
                await child.signal(Verb.PAUSE if one.held else Verb.RESUME, BY_PAUSING)

    def _holds(self, one: Attended) -> bool:
        """Whether the annotation that pauses the cluster holds this operation, too."""
        return self.annotated_paused and one.anew and one.order.kind is not Kind.DELETE

    def _is_superseded(self, one: Attended) -> bool:
        order = one.order
        if self.memory.uid != order.uid:
            return True
        if order.kind is Kind.DELETE:
            return False
        if self.gone or (one.anew and self.memory.deletion.demanded):
            return True
        if order.requested and order.kind is not Kind.ROLLING_UPDATE:
            return False  # short, and no edit makes it another one
        return one.yields or self._is_outdated(one)

    def _is_outdated(self, one: Attended) -> bool:
        return self.generation > one.order.generation or self.renewals != one.renewals

    def _why_superseded(self, one: Attended) -> str:
        if one.yields:
            return "something that can't wait comes first"
        return "the resource was changed meanwhile"

    def _is_pressed(self, one: Attended) -> bool:
        """Whether something waits that must not wait for what this operation waits for."""
        return one.anew and one.order.kind in YIELDING and self.urgent != one.urgent

    async def _remember(self, one: Attended, result: OperationResult) -> None:
        order = one.order
        known = self.memory.failure_of(order.kind)
        made_room = result.outcome is Outcome.SUPERSEDED
        self.yielded = self.yielded + 1 if one.yields else 0
        if made_room and result.paused and result.paused != BY_PAUSING:
            self.carried = Steer(verb=Verb.PAUSE, by=result.paused.removeprefix("by "))
        of_another = order.uid != self.memory.uid and not order.requested
        if not (one.anew and of_another):  # that the old cluster is deleted says nothing of the new
            self.memory = remembering.ended(
                self.memory,
                order,
                result,
                now=workflow.now(),
                undone=self.touches > 0,
                once_approved=one.anew,
                alike=one.anew,
                own_template=result.outcome is not Outcome.ROLLED_BACK
                or workflow.patched("own-template"),
            )
        self.said = [*one.kept, *self.said]
        await self._tell_failure(order, known)
        if order.kind is Kind.ROLLING_UPDATE:
            await self.give_turn_back(failed=result.outcome in SPOILT)

    async def give_turn_back(self, *, failed: bool = False) -> None:
        turn = self.memory.turn
        if turn is not None:
            self.memory = self.memory.model_copy(update={"turn": None})
            await self.asking.give_back(self.ref, turn, failed=failed)

    def heard(self, verb: str) -> Report:
        """Of a word by annotation, which is to be taken off."""
        refused = ""
        if verb == Verb.APPROVE:
            refused = NOT_BY_ANNOTATION
        elif verb not in [*Verb]:
            words = ", ".join(sorted(BY_ANNOTATION))
            refused = f"annotation {STEERING}: nobody knows {verb}; expected one of {words}"
        events = [EventNote(reason="Update", message=refused, warning=True)] if refused else []
        return Report(ref=self.ref, uid=self.memory.uid, steering_heard=verb, events=events)

    async def _tell_failure(self, order: OperationOrder, known: Failure | None) -> None:
        """A failed operation gets its word and a warning event at once; what failed before it
        under the same kind is `known` and was told."""
        failure = self.memory.failure_of(order.kind)
        if failure is None or order.kind is Kind.DELETE:
            return
        if failure == known and workflow.patched("failures-once"):
            return
        reason = FAILED_REASON.get(order.kind, "Sync")
        await self.tell(
            Report(
                ref=self.ref,
                uid=order.uid,
                word=FAILED_WORD[order.kind],
                events=[EventNote(reason=reason, message=failure.message, warning=True)],
            )
        )

    async def tell(self, report: Report) -> None:
        if report.word is not None:
            self._index(report.word)
        await write(report, summary=f"report {report.word or 'status'}")

    def _index(self, word: Word) -> None:
        """In Temporal's list, from which metrics count."""
        if word != self.memory.word:
            workflow.upsert_search_attributes([STATUS.value_set(word)])
            self.memory = self.memory.model_copy(update={"word": word})

    def describe(self, doing: str) -> None:
        self.doing = doing
        workflow.set_current_details(f"`{self.ref}`: {doing}")
