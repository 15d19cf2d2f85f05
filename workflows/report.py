"""What the status of a cluster should say, as pure functions of what was seen."""

from workflows.model.memory import Failure
from workflows.model.observation import Observation, PodSeen
from workflows.model.operations import EventNote, EventReason, Kind, Report
from workflows.model.status import Condition, Member, Word

FAILED_WORD = {
    Kind.CREATE: Word.CREATE_FAILED,
    Kind.UPDATE: Word.UPDATE_FAILED,
    Kind.SYNC: Word.SYNC_FAILED,
    Kind.DELETE: Word.SYNC_FAILED,
}
STARTED_WORD = {Kind.CREATE: Word.CREATING, Kind.UPDATE: Word.UPDATING, Kind.SYNC: Word.UPDATING}


def settled(seen: Observation, *, failure: Failure | None) -> Report:
    """What to say when no operation runs: all is well, or the last one failed."""
    word = FAILED_WORD[failure.kind] if failure else Word.RUNNING
    if failure is None and seen.paused:
        word = Word(seen.status.word) if seen.status.word else Word.CREATING
    return Report(
        ref=seen.ref,
        uid=seen.uid,
        word=word,
        observed_generation=seen.generation,
        conditions=[_valid(seen), _ready(seen), _synced(seen, failure), *_concerns(seen)],
        members=members(seen),
        members_ready=members_ready(seen),
    )


def invalid(seen: Observation) -> Report:
    """What to say of a manifest that can't be built; the running cluster stays untouched."""
    created = seen.stateful_set
    word = Word.UPDATE_FAILED if created else Word.CREATE_FAILED
    reason: EventReason = "Update" if created else "Create"
    return Report(
        ref=seen.ref,
        uid=seen.uid,
        word=word,
        observed_generation=seen.generation,
        conditions=[_valid(seen), _ready(seen), *_concerns(seen)],
        members=members(seen),
        members_ready=members_ready(seen),
        events=[EventNote(reason=reason, message=str(bad), warning=True) for bad in seen.invalid],
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


def members(seen: Observation) -> list[Member]:
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


def members_ready(seen: Observation) -> str:
    """Members that serve, of those wanted, as in `2/2`."""
    return f"{sum(1 for pod in seen.pods if serves(pod))}/{seen.instances}"


def serves(pod: PodSeen) -> bool:
    return pod.ready and bool(pod.role) and not pod.deleting


def _valid(seen: Observation) -> Condition:
    if seen.invalid:
        message = "; ".join(str(bad) for bad in seen.invalid)
        return _condition(seen, kind="Valid", ok=False, reason="InvalidField", message=message)
    if seen.unknown_fields:
        message = f"ignored: {', '.join(seen.unknown_fields)} (no such field)"
        return _condition(seen, kind="Valid", ok=True, reason="UnknownFields", message=message)
    return _condition(seen, kind="Valid", ok=True, reason="Accepted", message="")


def _ready(seen: Observation) -> Condition:
    serving = sum(1 for pod in seen.pods if serves(pod))
    ok = serving >= seen.instances and (seen.primary is not None or seen.instances == 0)
    message = f"{serving} of {seen.instances} members serve"
    reason = "MembersServe" if ok else "MembersMissing"
    return _condition(seen, kind="Ready", ok=ok, reason=reason, message=message)


def _synced(seen: Observation, failure: Failure | None) -> Condition:
    if failure is not None:
        return _condition(
            seen, kind="Synced", ok=False, reason="OperationFailed", message=failure.message
        )
    if seen.paused:
        return _condition(
            seen, kind="Synced", ok=False, reason="Paused", message="paused by annotation"
        )
    if not seen.pods_current:
        stale = ", ".join(pod.name for pod in seen.pods if not pod.current)
        message = f"made from an older template, to be recreated: {stale}"
        return _condition(
            seen, kind="Synced", ok=False, reason="RollingUpdatePending", message=message
        )
    return _condition(seen, kind="Synced", ok=True, reason="UpToDate", message="")


def _concerns(seen: Observation) -> list[Condition]:
    return [
        _condition(seen, kind=concern.name, ok=False, reason="Failed", message=concern.message)
        for concern in seen.concerns
    ]


def _condition(seen: Observation, *, kind: str, ok: bool, reason: str, message: str) -> Condition:
    return Condition(
        type=kind,
        status="True" if ok else "False",
        reason=reason,
        message=message,
        observed_generation=seen.generation,
    )
