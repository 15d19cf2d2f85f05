"""Which operation a word of steering is for, whether it fits, and whether it was heard. Pure.

`spec.steering` holds the newest word only. The operator looks at it when it changes, so a word that
stands there already is taken away first.
"""

from collections.abc import Sequence
from typing import Any

from cli.errors import Complaint, Missing
from cli.facts import Operation
from workflows.model.postgresoperation import Phase, Verb

_BEGUN = (Phase.RUNNING, Phase.PAUSED)


def choose(found: Sequence[Operation], target: str, verb: Verb) -> Operation:
    """The operation named so, or the one of the cluster named so that the word makes sense for."""
    named = [one for one in found if one.name == target]
    if named:
        if why := objection(named[0], verb):
            raise Complaint(f"{target} can't {verb}: {why}.")
        return named[0]
    open_ones = [one for one in found if one.cluster == target and not one.finished]
    if not open_ones:
        raise Missing(f"No operation called {target}, or of a cluster called so, runs or waits.")
    fitting = [one for one in open_ones if not objection(one, verb)]
    if len(fitting) > 1:
        names = ", ".join(one.name for one in fitting)
        raise Complaint(f"Several operations of {target} could {verb}; name one of them: {names}.")
    if not fitting:
        reasons = "; ".join(f"{one.name}: {objection(one, verb)}" for one in open_ones)
        raise Complaint(f"Nothing of {target} can {verb} ({reasons}).")
    return fitting[0]


def objection(one: Operation, verb: Verb) -> str:
    """Why the word makes no sense for it, or nothing."""
    if one.finished:
        return f"it has ended ({one.phase})"
    if verb is Verb.APPROVE:
        return "it has begun already" if one.phase in _BEGUN else ""
    if one.phase is Phase.WAITING and (verb is Verb.PAUSE or _is_wish(one, verb)):
        return "it has not begun; abort calls it off"
    if verb is Verb.RESUME and not _is_to_pause(one):
        return "it is not paused"
    return ""


def _is_wish(one: Operation, verb: Verb) -> bool:
    """An edit that waits can be rolled back; of what somebody asked for nothing is there yet."""
    return verb is Verb.ROLLBACK and not one.automatic


def _is_to_pause(one: Operation) -> bool:
    return one.phase is Phase.PAUSED or Verb.PAUSE in (one.steering, one.status.steering)


def changes(one: Operation, verb: Verb) -> list[dict[str, Any]]:
    """Merge patches by which it is said."""
    saying: list[dict[str, Any]] = [{"spec": {"steering": verb}}]
    return [{"spec": {"steering": None}}, *saying] if one.steering == verb else saying


def is_heard(one: Operation, verb: Verb) -> bool:
    """Whether the operator has said so, or done so."""
    if one.finished or one.status.steering == verb:
        return True
    if verb is Verb.APPROVE:
        return one.phase is not Phase.WAITING
    if verb is Verb.PAUSE:
        return one.phase is Phase.PAUSED
    return False


def answer(one: Operation, verb: Verb) -> str:
    """What came of it."""
    if one.finished:
        return f"{one.name}: {one.phase}{f', {one.status.message}' if one.status.message else ''}"
    if one.phase is Phase.PAUSED:
        return f"{one.name} is paused at {one.status.percent} %"
    if verb is Verb.PAUSE:
        return f"{one.name} has heard it and holds before its next step"
    return f"{one.name} has heard it: {one.phase}"


def unheard(one: Operation, verb: Verb, seconds: float) -> Complaint:
    """What there is to say when nobody has answered in time."""
    said = f"{one.name} was told to {verb}, and has not answered within {seconds:.0f} s"
    if verb is Verb.APPROVE and one.status.waiting_for not in (None, "approval"):
        return Complaint(f"{said}: it still waits for {one.status.waiting_for}.")
    if one.phase is Phase.RUNNING and one.status.step:
        return Complaint(
            f'{said}: "{one.status.step}" still runs, and it answers before its next step; '
            "kubectl pg status shows it."
        )
    return Complaint(f"{said}: check that the operator runs.")
