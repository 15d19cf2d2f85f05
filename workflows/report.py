"""What the status of a cluster should say, as pure functions of what was seen."""

from collections.abc import Sequence
from datetime import datetime

from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.members import Membership, PodSeen
from workflows.model.memory import Failure, Memory
from workflows.model.names import ROLLED_BACK
from workflows.model.observation import Observation
from workflows.model.report import EventNote, EventReason, Report
from workflows.model.status import Condition, Member, Word
from workflows.progress import stamp
from workflows.reasons import groups_to_apply, members_missing

FAILED_WORD = {
    Kind.CREATE: Word.CREATE_FAILED,
    Kind.UPDATE: Word.UPDATE_FAILED,
    Kind.SYNC: Word.SYNC_FAILED,
    Kind.DELETE: Word.SYNC_FAILED,
    Kind.ROLLING_UPDATE: Word.UPDATE_FAILED,
    Kind.DRAIN: Word.SYNC_FAILED,
    Kind.SWITCHOVER: Word.SYNC_FAILED,
    Kind.RESTART: Word.SYNC_FAILED,
}
FAILED_REASON: dict[Kind, EventReason] = {Kind.CREATE: "Create", Kind.ROLLING_UPDATE: "Update"}
"""Of the warning event; all other kinds have `Sync`."""
MOST_EVENTS = 10
"""Bad fields that get an event of their own; the condition names more of them."""


HOW_TO_GO_ON = (
    "edit the manifest to go on, "
    f"or take the annotation {ROLLED_BACK} off the StatefulSet to try the same once more"
)
LOST = "its workflow was lost; what was left to do was done anew, or is not wanted any more"
CONCERN_OF_SUBJECT = {"role": "Roles", "database": "Databases"}
"""By the first word of a sentence on what could not be done."""


def settled(seen: Observation, *, failure: Failure | None, waits: str = "") -> Report:
    """What to say when no operation runs: all is well, the last one failed, or one waits."""
    word = FAILED_WORD[failure.kind] if failure else Word.RUNNING
    if failure is None and seen.paused:
        word = Word(seen.status.word) if seen.status.word else Word.CREATING
    elif failure is None and (seen.patroni.held or _broken_while_waiting(seen)):
        word = Word.UPDATING if seen.created or seen.edition < 1 else Word.CREATING
    elif failure is None and seen.rolled_back:
        word = Word.UPDATE_FAILED
    return Report(
        ref=seen.ref,
        uid=seen.uid,
        word=word,
        observed_generation=seen.generation,
        conditions=[
            _valid(seen),
            _ready(seen),
            _synced(seen, failure, waits),
            *_concerns(seen, failure.problems if failure else ()),
        ],
        members=members(seen),
        members_ready=members_ready(seen),
        slots=seen.patroni.slots,
        standby=seen.patroni.standby,
        next_window=seen.next_window,
        rolled_generation=_rolled(seen),
    )


def broken(seen: Observation, *, also: Report | None) -> Report:
    """Before the operation that puts members right, which may take long: what is so meanwhile.

    `also` is what was to be told in any case.
    """
    report = also or Report(ref=seen.ref, uid=seen.uid)
    return report.model_copy(
        update={
            "conditions": [_valid(seen), _ready(seen), _synced(seen, None, ""), *_concerns(seen)],
            "members": members(seen),
            "members_ready": members_ready(seen),
        }
    )


def invalid(seen: Observation) -> Report:
    """What to say of a manifest that can't be built; the running cluster stays untouched."""
    created = seen.stateful_set
    word = Word.UPDATE_FAILED if created else Word.CREATE_FAILED
    if seen.misnamed:
        word = Word.INVALID
    reason: EventReason = "Update" if created else "Create"
    return Report(
        ref=seen.ref,
        uid=seen.uid,
        word=word,
        observed_generation=seen.generation,
        conditions=[_valid(seen), _ready(seen), *_concerns(seen)],
        members=members(seen),
        members_ready=members_ready(seen),
        slots=seen.patroni.slots,
        standby=seen.patroni.standby,
        next_window=seen.next_window,
        rolled_generation=_rolled(seen),
        events=[
            EventNote(reason=reason, message=str(bad), warning=True)
            for bad in seen.invalid[:MOST_EVENTS]
        ],
    )


def refused(seen: Observation) -> Report:
    """What to say when deletion was asked for and protection forbids it."""
    report = settled(seen, failure=None)
    refusal = Condition(
        type="DeletionAllowed",
        status="False",
        reason="Protected",
        message=seen.deletion.refused,
        observed_generation=seen.generation,
    )
    word = Word(seen.status.word) if seen.status.word else None
    note = EventNote(reason="Delete", message=seen.deletion.refused, warning=True)
    conditions = [*(report.conditions or []), refusal]
    return report.model_copy(update={"word": word, "conditions": conditions, "events": [note]})


def without_lost_operation(
    report: Report | None, seen: Observation, memory: Memory, now: datetime
) -> Report | None:
    """While none runs, the status must not say so for ever of one that ended without a word.

    What this entity has begun itself ends with a word of its own, which may not be read yet; but
    that it is read late does not last.
    """
    lost = seen.status.unfinished
    if not seen.found or lost is None:
        return report
    number = number_of(lost.workflow_id)
    ours = number is not None and number <= memory.sequence
    if ours and not seen.status.silent:
        return report
    message = "it has ended; its PostgresOperation says how" if ours else LOST
    ended = lost.model_copy(
        update={"finished": stamp(now), "message": message, "eta": None, "waiting_for": None}
    )
    told = report or Report(ref=seen.ref, uid=seen.uid)
    return told.model_copy(update={"operation": ended})


def number_of(workflow_id: str) -> int | None:
    """8 of `shop/acid-orders/op/8-update`; None of any other id."""
    number = workflow_id.rpartition("/")[2].partition("-")[0]
    return int(number) if number.isdecimal() else None


def kept(seen: Observation, why: str, *, uid: str) -> Report:
    """What to say of a resource that is gone while its children stay: it has no status any more."""
    note = EventNote(reason="Delete", message=why, warning=True)
    return Report(ref=seen.ref, uid=uid, events=[note])


def members(seen: Observation | Membership) -> list[Member]:
    """Pods with what Patroni says of them."""
    known = {member.name: member for member in seen.members}
    found = []
    for pod in seen.pods:
        member = known.get(pod.name)
        found.append(
            Member(
                name=pod.name,
                role=pod.role,
                state=member.state if member else pod.phase.lower(),
                lag=member.lag_bytes if member else None,
                timeline=member.timeline if member else None,
            )
        )
    return found


def members_ready(seen: Observation | Membership) -> str:
    """Members that serve, of those wanted, as in `2/2`."""
    return f"{serving(seen)}/{seen.instances}"


def serving(seen: Observation | Membership) -> int:
    """A member that has received nothing for long has old data to offer."""
    silent = seen.silent if isinstance(seen, Observation) else {}
    return sum(1 for pod in seen.pods if serves(pod) and pod.name not in silent)


def serves(pod: PodSeen) -> bool:
    return pod.ready and bool(pod.role) and not pod.deleting


def _broken_while_waiting(seen: Observation) -> bool:
    """What waits (for approval, a window, its turn) may bring the cure; it is not well before."""
    return bool((seen.template_waits or seen.edition) and members_missing(seen))


def _rolled(seen: Observation) -> int:
    """What stands there is said again, as long as pods are stale or about to be."""
    pending = (
        seen.invalid
        or seen.stale
        or seen.template_waits
        or seen.primary_goes
        or Group.STATEFUL_SET in groups_to_apply(seen)
    )
    return seen.status.rolled_generation if pending or not seen.pods else seen.generation


def _valid(seen: Observation) -> Condition:
    if seen.invalid:
        message = "; ".join(str(bad) for bad in seen.invalid)
        return _condition(seen, kind="Valid", ok=False, reason="InvalidField", message=message)
    remarks = list(seen.without_effect)
    if seen.unknown_fields:
        remarks.insert(0, f"no such field, ignored: {', '.join(seen.unknown_fields)}")
    reason = "UnknownFields" if seen.unknown_fields else "WithoutEffect" if remarks else "Accepted"
    return _condition(seen, kind="Valid", ok=True, reason=reason, message="; ".join(remarks))


def _ready(seen: Observation) -> Condition:
    count = serving(seen)
    ok = count >= seen.instances and (seen.primary is not None or seen.instances == 0)
    message = f"{count} of {seen.instances} members serve"
    reason = "MembersServe" if ok else "MembersMissing"
    return _condition(seen, kind="Ready", ok=ok, reason=reason, message=message)


def _synced(seen: Observation, failure: Failure | None, waits: str) -> Condition:
    if failure is not None:
        return _condition(
            seen, kind="Synced", ok=False, reason="OperationFailed", message=failure.message
        )
    if seen.paused:
        return _condition(
            seen, kind="Synced", ok=False, reason="Paused", message="paused by annotation"
        )
    if seen.stale:
        message = "; ".join(f"{pod.name} is to be made anew: {pod.stale}" for pod in seen.stale)
        message = f"waits for {waits}; {message}" if waits else message
        return _condition(
            seen, kind="Synced", ok=False, reason="RollingUpdatePending", message=message
        )
    if waits:
        return _condition(
            seen, kind="Synced", ok=False, reason="Waiting", message=f"waits for {waits}"
        )
    if seen.patroni.held:
        message = f"until Patroni is resumed: {'; '.join(seen.patroni.held)}"
        return _condition(seen, kind="Synced", ok=False, reason="PatroniPaused", message=message)
    if seen.rolled_back:
        message = f"{seen.rolled_back}; {HOW_TO_GO_ON}"
        return _condition(seen, kind="Synced", ok=False, reason="RolledBack", message=message)
    behind = ", ".join(pod.name for pod in seen.pods if not pod.current)
    message = f"at their next restart these follow the newest template: {behind}" if behind else ""
    return _condition(seen, kind="Synced", ok=True, reason="UpToDate", message=message)


def _concerns(seen: Observation, undone: Sequence[str] = ()) -> list[Condition]:
    """One condition for each concern: what a look found impossible, and what was tried in vain."""
    messages = {concern.name: [concern.message] for concern in seen.concerns}
    told = " ".join(concern.message for concern in seen.concerns)
    for sentence in undone:
        concern = CONCERN_OF_SUBJECT.get(sentence.partition(" ")[0])
        if concern is not None and sentence not in told:
            messages.setdefault(concern, []).append(sentence)
    return [
        _condition(seen, kind=name, ok=False, reason="Failed", message="; ".join(sentences))
        for name, sentences in messages.items()
    ]


def _condition(seen: Observation, *, kind: str, ok: bool, reason: str, message: str) -> Condition:
    return Condition(
        type=kind,
        status="True" if ok else "False",
        reason=reason,
        message=message,
        observed_generation=seen.generation,
    )
