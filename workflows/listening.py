"""What an entity is told, by the watcher and by people, and what it concludes from it.

Nothing here runs a step: what is heard changes what the next look is decided on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio import workflow

from workflows import remembering
from workflows.model.base import ClusterRef
from workflows.model.memory import Failure, Memory
from workflows.model.observation import Observation
from workflows.model.operations import Knock
from workflows.model.postgresoperation import Phase, Verb
from workflows.model.record import ANNOTATION, RECORD, Steer
from workflows.model.report import EventNote
from workflows.model.turns import Turn
from workflows.rollback import is_written, obstacle

BY_ANNOTATION = frozenset(Verb) - {Verb.APPROVE}
"""Whoever may edit a cluster could approve the edit otherwise."""
NOT_BY_ANNOTATION = (
    "an annotation can't approve; set spec.steering of the PostgresOperation to approve"
)


class Listening:
    """Base of the entity: its signals, and what it has heard so far."""

    def __init__(self, ref: ClusterRef, memory: Memory) -> None:
        self.ref = ref
        self.memory = memory
        self.generation = 0
        self.knocks = 0
        self.renewals = 0
        self.touches = 0
        self.urgent = 0
        """News that must not wait until members are there."""
        self.annotated_paused = False
        self.gone = False
        self.said: list[Steer] = []
        """Words of steering that nobody was told yet."""

    @workflow.signal(description="Look again: the resource was added, modified or deleted.")
    def knock(self, message: Knock) -> None:
        self.knocks += 1
        self.renewals += message.renewed
        self.touches += message.touched
        self.urgent += message.touched or message.urgent
        if message.steering is not None:
            self.said.append(message.steering)
        if message.gone:
            self._hear_gone(message)
        elif message.uid:
            self._hear_change(message)
        if message.reason == "requested":
            self._try_anew()
        if message.renewed:
            self._try_anew(keep=[one for one in self.memory.failures if one.aborted])

    @workflow.signal(description="Where this cluster stands in a roll-out.")
    def turn(self, message: Turn) -> None:
        self.memory = self.memory.model_copy(update={"turn": message})
        self.knocks += 1

    @workflow.signal(description="Let what waits for approval begin.")
    def approve(self, why: str = "by signal") -> None:
        self._hear_word(Verb.APPROVE, why)

    @workflow.signal(description="Hold the operation that runs before its next step.")
    def pause(self, why: str = "by signal") -> None:
        self._hear_word(Verb.PAUSE, why)

    @workflow.signal(description="Let the operation that is paused go on.")
    def resume(self, why: str = "by signal") -> None:
        self._hear_word(Verb.RESUME, why)

    @workflow.signal(description="End the operation that runs, or call off the one that waits.")
    def abort(self, why: str = "by signal") -> None:
        self._hear_word(Verb.ABORT, why)

    @workflow.signal(description="End the operation that runs, put the former pod template back.")
    def rollback(self, why: str = "by signal") -> None:
        self._hear_word(Verb.ROLLBACK, why)

    def _hear_word(self, verb: Verb, why: str) -> None:
        self.said.append(Steer(verb=verb, by=why.removeprefix("by ")))
        self.knocks += 1

    def _hear_gone(self, message: Knock) -> None:
        """Of a resource that left, unless another one of its name is known already."""
        if self.memory.uid and message.uid not in ("", self.memory.uid):
            return
        uid = self.memory.uid or message.uid
        self.memory = self.memory.model_copy(update={"uid": uid, "deletion": message.deletion})
        self.gone = True

    def _hear_change(self, message: Knock) -> None:
        if message.uid != self.memory.uid:
            self._forget_resource(uid=message.uid)
        self.memory = self.memory.model_copy(update={"deletion": message.deletion})
        self.annotated_paused = message.paused
        self.generation = max(self.generation, message.generation)

    def _hear_request(self, wish: str) -> None:
        """The annotation says the same as a knock with reason `requested`, once per value."""
        if wish and wish != self.memory.requested:
            self._try_anew()
            self.memory = self.memory.model_copy(update={"requested": wish})

    def _try_anew(self, *, keep: Sequence[Failure] = ()) -> None:
        """Whatever else failed or was in vain so far is no reason to wait."""
        forgotten: dict[str, Any] = {"failures": list(keep), "achieved": None}
        self.memory = self.memory.model_copy(update=forgotten)

    def note_resource(self, seen: Observation) -> None:
        if seen.found and seen.uid != self.memory.uid:
            self._forget_resource(uid=seen.uid)
        if seen.found:
            self.memory = self.memory.model_copy(update={"deletion": seen.deletion})
            self.annotated_paused = seen.paused
            self._hear_request(seen.sync_requested)

    def _forget_resource(self, *, uid: str) -> None:
        """A resource of the same name but another uid is another cluster."""
        self.memory = Memory(uid=uid, sequence=self.memory.sequence)
        self.generation = 0
        self.gone = False

    def obey(self, seen: Observation, *, now: datetime) -> list[EventNote]:
        """Words that were said while nothing ran go to what waits; returns what to tell of that.

        What stands written, as an annotation or in `spec.steering`, counts as it stands there.
        """
        said = {word.verb: word.by for word in self.said if word.by not in (ANNOTATION, RECORD)}
        if seen.steering in BY_ANNOTATION:
            said[Verb(seen.steering)] = ANNOTATION
        if is_written(seen):
            said[Verb.ROLLBACK] = RECORD
        self.said = []
        refused = self._roll_back(seen, said[Verb.ROLLBACK]) if Verb.ROLLBACK in said else ""
        for one in seen.operations:
            if one.phase is not Phase.WAITING:
                continue
            if Verb.APPROVE in said:
                self.memory = self.memory.approving([one.name])
            if Verb.ABORT in said or one.steering is Verb.ABORT:
                self.memory = remembering.called_off(
                    self.memory, one, generation=seen.generation, now=now
                )
        return [EventNote(reason="Update", message=refused, warning=True)] if refused else []

    def _roll_back(self, seen: Observation, by: str) -> str:
        """Returns why not, if not."""
        if not seen.found or seen.deletion.requested:
            return ""
        if refused := obstacle(seen, self.memory):
            return refused
        self.memory = remembering.rolling_back(
            self.memory, generation=seen.generation, by=f"rolled back: by {by}"
        )
        return ""
