"""The attributes class that a member's volume claim asks for, and whether its volume has it."""

from collections.abc import Mapping
from typing import Any, Final

FIELD: Final = "spec.volume.attributesClass"
ASKED: Final = "spec.volumeAttributesClassName"

_UNTOUCHED: Final = "no storage driver has taken it up"
_STATES: Final = {"Pending": "Pending, as the class is not there", "InProgress": "InProgress"}
"""What Kubernetes says of a change that is still to come, in words of `modifyVolumeStatus`."""
_COMPLAINT: Final = "ModifyVolumeError"


def request(name: str) -> dict[str, Any]:
    """The part of a claim's `spec` that asks for a class."""
    return {"volumeAttributesClassName": name}


def asked(claim: Mapping[str, Any]) -> str:
    """The class that a claim asks for; nothing if it asks for none."""
    return str(claim["spec"].get("volumeAttributesClassName") or "")


def is_bound(claim: Mapping[str, Any]) -> bool:
    """Whether it has a volume; before that its class can't be changed."""
    return _status(claim).get("phase") == "Bound"


def lack(claim: Mapping[str, Any]) -> str:
    """What keeps its volume from the class it asks for, in a sentence; nothing once it has it.

    What was said of another class before this one does not count.
    """
    if _has(claim) or not is_bound(claim):
        return ""
    state = _STATES.get(_change(claim).get("status", ""), _UNTOUCHED)
    sentence = f"{claim['metadata']['name']} has not got attributes class {asked(claim)}: {state}"
    return "; ".join([sentence, *complaints(claim)])


def hindrance(claim: Mapping[str, Any], wanted: str) -> str:
    """That a claim without a volume asks for another class, which may be why it gets none."""
    if is_bound(claim) or asked(claim) in ("", wanted):
        return ""
    return (
        f"{claim['metadata']['name']} has no volume yet and asks for attributes class "
        f"{asked(claim)}, which can't be changed before; should it stay so, delete it and its pod"
    )


def is_under_way(claim: Mapping[str, Any]) -> bool:
    """Whether the storage driver is at it."""
    return not _has(claim) and _change(claim).get("status") == "InProgress"


def refusal(claim: Mapping[str, Any]) -> str:
    """That the driver will not do it, with the field a person can change; nothing if it may."""
    if _has(claim) or not _is_refused(claim):
        return ""
    by = f"the storage driver refuses it for {claim['metadata']['name']}"
    return "; ".join([f"{FIELD} {asked(claim)} can't be had: {by}", *complaints(claim)])


def complaints(claim: Mapping[str, Any]) -> list[str]:
    """The driver's own words, as far as they stand on the claim."""
    return [
        f"{_COMPLAINT}: {one['message']}"
        for one in _status(claim).get("conditions") or []
        if one.get("type") == _COMPLAINT and one.get("status") == "True" and one.get("message")
    ]


def _has(claim: Mapping[str, Any]) -> bool:
    return asked(claim) == str(_status(claim).get("currentVolumeAttributesClassName") or "")


def _is_refused(claim: Mapping[str, Any]) -> bool:
    change = _change(claim)
    target = change.get("targetVolumeAttributesClassName")
    return change.get("status") == "Infeasible" and target == asked(claim)


def _change(claim: Mapping[str, Any]) -> Mapping[str, str]:
    change: Mapping[str, str] = _status(claim).get("modifyVolumeStatus") or {}
    return change


def _status(claim: Mapping[str, Any]) -> Mapping[str, Any]:
    status: Mapping[str, Any] = claim.get("status") or {}
    return status
