"""The room that a member's volume claim asks for, and whether it is to become more."""

from collections.abc import Mapping
from typing import Any, Final

from activities.manifests import quantities
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

REQUEST: Final = "spec.resources.requests.storage"
_RESIZED_BY_CLAIM: Final = ("pvc", "mixed")


def request(size: str) -> dict[str, Any]:
    """The part of a claim that asks for this much."""
    return {"spec": {"resources": {"requests": {"storage": size}}}}


def wanted_size(cluster: Postgresql, configuration: Configuration) -> str | None:
    """What all claims are to ask for; None where claims are not the way to resize."""
    by_claim = configuration.storage_resize_mode in _RESIZED_BY_CLAIM
    return cluster.spec.volume.size if by_claim else None


def is_smaller(claim: Mapping[str, Any], size: str) -> bool:
    """Whether the claim asks for less."""
    return _requested(claim) < quantities.parse(size)


def is_larger(claim: Mapping[str, Any], size: str) -> bool:
    """Whether it asks for more: no volume can be made smaller."""
    return _requested(claim) > quantities.parse(size)


def differs(claim: Mapping[str, Any], size: str) -> bool:
    """Whether it asks for another amount, in whatever way that is written."""
    return _requested(claim) != quantities.parse(size)


def growth(claim: Mapping[str, Any]) -> str:
    """How far a volume is behind what its claim asks for, in a sentence; nothing once it is there.

    Kubernetes tells the new capacity only when the file system has it, too.
    """
    capacity = _capacity(claim)
    if capacity is None or capacity >= _requested(claim):
        return ""
    name = claim["metadata"]["name"]
    behind = f"{name} has {capacity} of {_requested(claim)}"
    conditions = (claim.get("status") or {}).get("conditions") or []
    told = [_said(one) for one in conditions if one.get("status") == "True"]
    return "; ".join([behind, *told])


def may_ask_for_less(claim: Mapping[str, Any], size: str) -> bool:
    """Whether it asks for more than it could get so far, and `size` is still more than it has."""
    capacity = _capacity(claim)
    return capacity is not None and capacity < quantities.parse(size) < _requested(claim)


def shrinking(claim: Mapping[str, Any], size: str) -> str:
    """Why a claim that asks for more than `size` is left as it is."""
    name, capacity = claim["metadata"]["name"], _capacity(claim)
    if capacity is None or capacity > quantities.parse(size):
        return f"{name} is larger than spec.volume.size {size}: a volume can't shrink"
    return (
        f"{name} has asked for {_requested(claim)} and has {capacity}: Kubernetes takes a request "
        f"back, but only to more than there is; spec.volume.size is to be more than {capacity}"
    )


def _said(condition: Mapping[str, Any]) -> str:
    message = condition.get("message") or ""
    return f"{condition['type']}: {message}" if message else str(condition["type"])


def _capacity(claim: Mapping[str, Any]) -> quantities.Quantity | None:
    """None before it is bound."""
    found = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
    return None if found is None else quantities.parse(str(found))


def _requested(claim: Mapping[str, Any]) -> quantities.Quantity:
    return quantities.parse(str(claim["spec"]["resources"]["requests"]["storage"]))
