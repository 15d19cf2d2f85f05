"""Reads `PostgresOperation` objects of a cluster: what is asked for, and how long things took."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from activities.kube.client import Kube, Object
from workflows.model.base import ClusterRef
from workflows.model.errors import (
    FieldError,
    Forbidden,
    InvalidManifest,
    InvalidSpec,
    NotFound,
    Precondition,
)
from workflows.model.kinds import REQUESTABLE, Kind
from workflows.model.names import AUTOMATIC
from workflows.model.postgresoperation import KIND, Phase, PostgresOperation, Verb, parse
from workflows.model.record import OperationSeen


def of_cluster(kube: Kube, ref: ClusterRef) -> list[Object]:
    """All of one cluster, oldest first; none where there is no such kind, or no right to see it."""
    try:
        found = _listed(kube, ref)
    except (NotFound, Forbidden):
        return []
    own = [one for one in found if (one.get("spec") or {}).get("cluster") == ref.name]
    return sorted(own, key=lambda one: (_created(one), one["metadata"]["name"]))


def _listed(kube: Kube, ref: ClusterRef) -> list[Object]:
    """The server chooses by `spec.cluster`; one before 1.31 does not know how, and sends all.

    Never from its cache: a request that is not seen yet would wait for the next look, and one that
    has just ended would not be counted where finished ones are pruned.
    """
    try:
        return kube.list(KIND, ref.namespace, {}, fields={"spec.cluster": ref.name}, fresh=True)
    except (InvalidSpec, Precondition):
        return kube.list(KIND, ref.namespace, {}, fresh=True)


def unfinished(found: Sequence[Object], *, members: Collection[str]) -> list[OperationSeen]:
    """What runs, waits, or is not answered yet. `members`: names of the pods there are."""
    return [_seen(one, members) for one in found if not is_finished(one)]


def durations(found: Sequence[Object]) -> dict[Kind, float]:
    """Median seconds of those that succeeded, by kind."""
    took: dict[Kind, list[float]] = defaultdict(list)
    for one in found:
        status, kind = status_of(one), str((one.get("spec") or {}).get("kind"))
        if status.get("phase") == Phase.SUCCEEDED and kind in [*Kind]:
            took[Kind(kind)] += _seconds(status)
    return {kind: median(each) for kind, each in took.items() if each}


def outdated(found: Sequence[Object], *, most: int, age: timedelta, now: datetime) -> list[Object]:
    """Finished ones that are too many or too old, oldest first."""
    over = [(ended, one) for one in found if (ended := _finished_at(one)) is not None]
    over.sort(key=lambda pair: pair[0])
    surplus = len(over) - most
    return [one for place, (ended, one) in enumerate(over) if place < surplus or now - ended > age]


def is_finished(one: Mapping[str, Any]) -> bool:
    phase = str(status_of(one).get("phase"))
    return phase in [*Phase] and Phase(phase).finished


def status_of(one: Mapping[str, Any]) -> dict[str, Any]:
    return dict(one.get("status") or {})


def _seen(one: Mapping[str, Any], members: Collection[str]) -> OperationSeen:
    metadata, status = one["metadata"], status_of(one)
    facts = {
        "name": metadata["name"],
        "uid": metadata["uid"],
        "created": _created(one),
        "automatic": (metadata.get("annotations") or {}).get(AUTOMATIC) == "true",
        "phase": status.get("phase") if status.get("phase") in [*Phase] else None,
        "waiting_for": status.get("waitingFor") or "",
        "leader": (status.get("plan") or {}).get("leader", ""),
    }
    try:
        asked = parse(one)
    except InvalidManifest as error:
        told = "; ".join(map(str, error.errors))
        return OperationSeen(**facts, kind=Kind.SYNC, invalid=told)
    spec = asked.spec
    waits = facts["phase"] is not None
    wrong = None if facts["automatic"] else _wrong(asked, None if waits else members)
    return OperationSeen(
        **facts,
        kind=Kind(spec.kind),
        candidate=spec.candidate or "",
        member=spec.member or "",
        at=spec.at or "",
        dry_run=spec.dry_run,
        steering=_steering(asked),
        invalid=str(wrong) if wrong else "",
    )


def _steering(asked: PostgresOperation) -> Verb | None:
    """Who may only ask can't approve: what stands there from the beginning is no approval."""
    word, edited = asked.spec.steering, asked.metadata.generation > 1
    if word is None or (word == Verb.APPROVE and not edited):
        return None
    return Verb(word)


def _wrong(asked: PostgresOperation, members: Collection[str] | None) -> FieldError | None:
    """The first field that can't be carried out as it is written.

    `members` None: it was accepted before, and a pod may be away for a moment.
    """
    spec = asked.spec
    if spec.kind not in REQUESTABLE:
        return FieldError("spec.kind", spec.kind, f"one of {', '.join(REQUESTABLE)}")
    if spec.at and not _is_time(spec.at):
        return FieldError("spec.at", spec.at, "a time with zone such as 2026-01-31T02:00:00Z")
    known = f"a member: {', '.join(sorted(members or ())) or 'there is none'}"
    if spec.kind == Kind.REINITIALISE and not spec.member:
        return FieldError("spec.member", None, known)
    for field, value, kinds in (
        ("candidate", spec.candidate, (Kind.SWITCHOVER,)),
        ("member", spec.member, (Kind.RESTART, Kind.REINITIALISE)),
    ):
        if value and spec.kind not in kinds:
            return FieldError(f"spec.{field}", value, f"nothing for kind {spec.kind}")
        if value and members is not None and value not in members:
            return FieldError(f"spec.{field}", value, known)
    return None


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _created(one: Mapping[str, Any]) -> str:
    return str(one["metadata"].get("creationTimestamp") or "")


def _seconds(status: Mapping[str, Any]) -> list[float]:
    began, ended = status.get("started"), status.get("finished")
    if not (began and ended and _is_time(began) and _is_time(ended)):
        return []
    return [(datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()]


def _finished_at(one: Mapping[str, Any]) -> datetime | None:
    ended = status_of(one).get("finished")
    if not is_finished(one):
        return None
    return datetime.fromisoformat(ended if ended and _is_time(ended) else _created(one))
