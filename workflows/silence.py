"""Members that receive nothing though their pods serve: since when, and when people are told. Pure.

After each start, restart or change of the primary a member is silent for a moment. That is no news;
when it lasts, it is a replica that nobody should count on.
"""

from datetime import datetime, timedelta

from workflows.model.memory import Memory, Silence
from workflows.model.observation import Concern, Observation
from workflows.model.report import EventNote

LASTING = timedelta(seconds=45)
LOOK_SECONDS = 20.0
"""Between looks, until it is known whether it lasts."""
CONCERN = "Replication"


def heard(memory: Memory, seen: Observation, now: datetime) -> tuple[Memory, list[EventNote]]:
    """The memory after a look, and what to tell of those that have just become lasting."""
    if not (seen.silent or memory.silent):
        return memory, []
    known = {name: memory.silent.get(name, Silence(since=now)) for name in seen.silent}
    new = [name for name, one in known.items() if _lasts(one, now) and not one.told]
    notes = [
        EventNote(reason="Sync", message=_sentence(name, seen.silent[name]), warning=True)
        for name in new
    ]
    told = {
        name: one.model_copy(update={"told": True}) for name, one in known.items() if name in new
    }
    return memory.model_copy(update={"silent": known | told}), notes


def lasting(seen: Observation, memory: Memory, now: datetime) -> Observation:
    """Without those that may be silent for a moment only, and with a concern about the others."""
    if not seen.silent:
        return seen
    found = {name: why for name, why in seen.silent.items() if _is_known(memory, name, now)}
    told = "; ".join(_sentence(name, why) for name, why in sorted(found.items()))
    concerns = [Concern(name=CONCERN, message=told)] if told else []
    return seen.model_copy(update={"silent": found, "concerns": [*seen.concerns, *concerns]})


def pause_seconds(seen: Observation, memory: Memory, now: datetime) -> list[float]:
    """Until when to look again because of them: soon, while it is not known whether it lasts."""
    if not seen.silent:
        return []
    known = all(_is_known(memory, name, now) for name in seen.silent)
    return [seen.longest_retry_seconds if known else LOOK_SECONDS]


def _is_known(memory: Memory, name: str, now: datetime) -> bool:
    one = memory.silent.get(name)
    return one is not None and _lasts(one, now)


def _lasts(one: Silence, now: datetime) -> bool:
    return now - one.since >= LASTING


def _sentence(name: str, why: str) -> str:
    return f"{name} receives nothing from the primary: {why}"
