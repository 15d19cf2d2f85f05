"""Concerns that a look has found and no operation has told of: one warning event each. Pure."""

import re

from workflows.model.memory import Memory
from workflows.model.observation import Concern, Observation
from workflows.model.report import EventNote

MOMENTARY = frozenset({"StatefulSet", "Patroni"})
"""Mostly over with the next look; they have their conditions."""
_NUMBER = re.compile(r"\d+")


def heard(memory: Memory, seen: Observation) -> tuple[Memory, list[EventNote]]:
    """The memory after a look, and what to tell: the same with other numbers is no news."""
    lasting = [concern for concern in seen.concerns if concern.name not in MOMENTARY]
    known = {concern.name: _NUMBER.sub("", concern.message) for concern in lasting}
    if known == memory.concerns:
        return memory, []
    notes = [
        EventNote(reason="Sync", message=f"{concern.name}: {concern.message}", warning=True)
        for concern in lasting
        if memory.concerns.get(concern.name) != known[concern.name]
        and not _is_told(memory, concern)
    ]
    return memory.model_copy(update={"concerns": known}), notes


def _is_told(memory: Memory, concern: Concern) -> bool:
    """Whether the last operations have tried all of it in vain, and said so."""
    told = {problem for failure in memory.failures for problem in failure.problems}
    told |= set(memory.achieved.problems if memory.achieved is not None else ())
    return all(part in told for part in concern.message.split("; "))
