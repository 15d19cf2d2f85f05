"""When the former pod template may be put back. Pure."""

from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Observation
from workflows.model.postgresoperation import Phase, Verb
from workflows.reasons import members_missing


def is_written(seen: Observation) -> bool:
    """Whether a record of an operation that waits asks for it."""
    return any(
        one.steering is Verb.ROLLBACK and one.automatic and one.phase is Phase.WAITING
        for one in seen.operations
    )


def obstacle(seen: Observation, memory: Memory) -> str:
    """Why nothing is rolled back while no operation runs, or nothing."""
    if not seen.stateful_set:
        return "nothing to roll back: no pods were made yet"
    failed = memory.failure_of(Kind.ROLLING_UPDATE) is not None
    if seen.stale or members_missing(seen) or failed:
        return ""
    return "nothing to roll back: every pod serves with the template that it should have"
