"""What to write into a resource's status, given what stands there. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from activities.kube.client import only_if
from workflows.model.status import OperationStatus

Status = Mapping[str, Any]

WORD: Final = "PostgresClusterStatus"


def change(wanted: Status, present: Status, *, now: str) -> dict[str, Any] | None:
    """The merge patch that brings `wanted` into `present`; None when nothing would change.

    `now` becomes the transition time of conditions whose status is another than before.
    """
    patch = dict(wanted)
    if WORD not in present:
        patch.setdefault(WORD, "")  # the schema wants it, also in a report that has no word
    if "conditions" in wanted:
        before = present.get("conditions") or []
        patch["conditions"] = with_transition_times(wanted["conditions"], before, now=now)
    return None if merged(present, patch) == present else patch


def still_running(workflow_id: str, *, place: str = "/status/operation") -> list[dict[str, Any]]:
    """Conditions of a JSON patch: this operation is shown there, and it has not ended."""
    return [
        only_if(f"{place}/workflowId", workflow_id),
        only_if(f"{place}/finished", None),
    ]


def is_late(told: OperationStatus, present: Status) -> bool:
    """Whether the operation has had its last word before this was to be told of it."""
    shown = present.get("operation") or {}
    ended = str(shown.get("finished") or "")
    same = shown.get("workflowId") == told.workflow_id
    return bool(same and ended and not told.finished and ended >= told.since)


def with_transition_times(
    conditions: Sequence[Status], before: Sequence[Status], *, now: str
) -> list[dict[str, Any]]:
    """`lastTransitionTime` only moves when a condition's status does."""
    known = {one.get("type"): one for one in before}
    return [{**one, "lastTransitionTime": _since(one, known, now)} for one in conditions]


def _since(condition: Status, known: Mapping[Any, Status], now: str) -> str:
    last = known.get(condition["type"], {})
    same = last.get("status") == condition["status"]
    return str(last.get("lastTransitionTime") or now) if same else now


def merged(present: Status, patch: Status) -> dict[str, Any]:
    """What a JSON merge patch makes of `present`."""
    result = dict(present)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping):
            below = result.get(key)
            result[key] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[key] = value
    return result


def without_nulls(value: Any) -> Any:
    """The value as it is stored; nulls only tell a merge patch what to remove."""
    if not isinstance(value, Mapping):
        return value
    return {key: item for key, item in value.items() if item is not None}
