"""`PostgresOperation` objects of a world that exists only in memory."""

from dataclasses import dataclass, field, replace
from typing import Self

from workflows.model.kinds import Kind
from workflows.model.postgresoperation import PostgresOperationStatus, Verb
from workflows.model.record import Closing, OperationSeen, Record


@dataclass(frozen=True)
class Asked:
    """One of them: what was asked for, and what its status says."""

    seen: OperationSeen
    status: PostgresOperationStatus | None = None
    told: tuple[str, ...] = ()
    """What it waited for, in order."""
    phases: tuple[str, ...] = field(default=())

    @classmethod
    def by_somebody(cls, name: str, kind: Kind, **more: str | bool) -> Self:
        created = "2026-01-01T00:00:00Z"
        return cls(OperationSeen(name=name, uid=f"uid-{name}", created=created, kind=kind, **more))

    @classmethod
    def automatic(cls, record: Record) -> Self:
        assert record.create, f"{record.name} is not there"
        return cls(
            OperationSeen(name=record.name, uid="", created="", kind=record.kind, automatic=True)
        )

    @property
    def finished(self) -> bool:
        return self.seen.phase is not None and self.seen.phase.finished

    def saying(self, status: PostgresOperationStatus) -> Self:
        known = {
            "phase": status.phase,
            "waiting_for": status.waiting_for or "",
            "leader": status.plan.leader if status.plan else "",
        }
        return replace(
            self,
            seen=self.seen.model_copy(update=known),
            status=status,
            told=(*self.told, status.waiting_for) if status.waiting_for else self.told,
            phases=(*self.phases, status.phase),
        )

    def closed(self, closing: Closing) -> Self:
        status = PostgresOperationStatus(phase=closing.phase, message=closing.message)
        return self.saying(status)

    def steered(self, verb: Verb) -> Self:
        return replace(self, seen=self.seen.model_copy(update={"steering": verb}))
