"""Tells people how an operation is getting on: in the cluster's status, in its own record, in
events, and in Temporal's search attributes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.model.kinds import Kind
from workflows.model.members import Membership
from workflows.model.operations import OperationOrder
from workflows.model.postgresoperation import Phase, PostgresOperationStatus
from workflows.model.record import Record
from workflows.model.report import EventNote, Report
from workflows.model.status import OperationStatus, Word
from workflows.policies import policy_of
from workflows.progress import Log, sentence, stamp
from workflows.report import members, members_ready
from workflows.search import CLUSTER, OPERATION, PHASE, TEAM
from workflows.steering import Steering
from workflows.steps import ClusterSteps

RECORD_EVERY = timedelta(seconds=2)
"""Progress is written into the record no oftener, as each time costs a request."""


@dataclass
class Progress:
    """How many steps are done, of how many, and which ones run."""

    total: int
    done: int = 0
    running: list[str] = field(default_factory=list)

    @property
    def percent(self) -> int:
        """Never all of it before the end."""
        return min(99, 100 * self.done // max(1, self.total))


class Telling:
    """One per run of an operation."""

    def __init__(
        self, order: OperationOrder, *, steering: Steering, progress: Progress, word: Word | None
    ) -> None:
        self.log = Log(order)
        self.events: list[EventNote] = []
        """Emitted together with the next progress."""
        self.seen: Membership | None = None
        """Members that the status does not show yet."""
        self._order = order
        self._steering = steering
        self._progress = progress
        self._word = word
        self._began = workflow.now()
        self._record = order.record or record_name(order, workflow.info().run_id)
        self._recorded: datetime | None = None
        self._told = False
        workflow.upsert_search_attributes(
            [
                CLUSTER.value_set(str(order.ref)),
                OPERATION.value_set(order.kind),
                TEAM.value_set(order.team),
                PHASE.value_set(Phase.RUNNING),
            ]
        )

    def enter(self, phase: Phase) -> None:
        """Operations that began before this was so have no phase in Temporal's list."""
        if workflow.patched("phases"):
            workflow.upsert_search_attributes([PHASE.value_set(phase)])

    async def tell(self, *, waiting_for: str | None = None, phase: Phase = Phase.RUNNING) -> None:
        """Write progress; a failure to do so never fails the operation."""
        await self._send(self._status(message=self._order.why, waiting_for=waiting_for), phase)

    async def tell_end(self, phase: Phase, message: str) -> None:
        """Write the last word of the operation."""
        self.enter(phase)
        percent = 100 if phase is Phase.SUCCEEDED else self._progress.percent
        last = self._status(message=message, waiting_for=None)
        ended = {"finished": stamp(workflow.now()), "percent": percent, "eta": None}
        await self._send(last.model_copy(update=ended), phase)

    async def _send(self, status: OperationStatus, phase: Phase) -> None:
        events, self.events = self.events, []
        seen, self.seen = self.seen, None
        report = Report(
            ref=self._order.ref,
            uid=self._order.uid,
            word=self._word,
            operation=status,
            members=members(seen) if seen else None,
            members_ready=members_ready(seen) if seen else None,
            events=events,
            first=self._order.untouched and not self._told,
            begins=not self._told,
            record=self._recording(status, phase),
        )
        self._told = True
        await write(report, summary="status")

    def _status(self, *, message: str, waiting_for: str | None) -> OperationStatus:
        return OperationStatus(
            kind=self._order.kind,
            workflow_id=workflow.info().workflow_id,
            record=None if self._order.kind is Kind.DELETE else self._record,
            step=" and ".join(self._progress.running),
            done=self._progress.done,
            total=self._progress.total,
            percent=self._progress.percent,
            eta=self._eta(),
            since=stamp(workflow.now()),
            waiting_for=waiting_for,
            message=message,
        )

    def _eta(self) -> str | None:
        """Not told any more when it has passed."""
        expected = self._began + timedelta(seconds=self._order.expected_seconds)
        known = self._order.expected_seconds > 0 and expected > workflow.now()
        return stamp(expected) if known else None

    def _recording(self, status: OperationStatus, phase: Phase) -> Record | None:
        """The same for the operation's own object; deletions have none, as it would go, too."""
        if self._order.kind is Kind.DELETE or not self._is_due(status, phase):
            return None
        first, self._recorded = self._recorded is None, workflow.now()
        if phase is Phase.SUPERSEDED and self._order.requested:
            phase = Phase.WAITING  # what was asked for is still to be done
        return Record(
            name=self._record,
            kind=self._order.kind,
            create=first and not self._order.requested,
            status=PostgresOperationStatus(
                phase=phase,
                workflow_id=status.workflow_id,
                plan=self._order.plan,
                steps=self.log.steps,
                step=status.step,
                done=status.done,
                total=status.total,
                percent=status.percent,
                started=stamp(self._began),
                eta=status.eta,
                eta_from=self._order.expected_from if status.eta else None,
                finished=status.finished if phase.finished else None,
                waiting_for=status.waiting_for,
                steering=self._steering.heard,
                message=status.message,
            ),
        )

    def _is_due(self, status: OperationStatus, phase: Phase) -> bool:
        if phase is not Phase.RUNNING or status.waiting_for or self._recorded is None:
            return True
        return workflow.now() - self._recorded >= RECORD_EVERY


async def write(report: Report, *, summary: str) -> None:
    """Write a status, with what belongs to it; a failure to do so is logged and stops nobody."""
    policy = policy_of(ClusterSteps.report)
    try:
        await workflow.execute_activity_method(
            ClusterSteps.report,
            report,
            start_to_close_timeout=policy.timeout,
            schedule_to_close_timeout=policy.deadline,
            retry_policy=policy.retry,
            summary=summary,
        )
    except ActivityError as error:
        workflow.logger.warning("status could not be written: %s", sentence(error))


def record_name(order: OperationOrder, run_id: str) -> str:
    """Name of the `PostgresOperation` of a run that nobody has asked for.

    Run ids begin with the time, so only their ends differ.
    """
    return f"{order.ref.name}-{order.kind}-{run_id[-5:]}"
