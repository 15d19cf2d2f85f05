"""What stands on a claim about its volume in EC2, so that no look has to ask there. Pure.

A claim that has been seen to carries a token of the wishes it was seen to for; one whose volume
could not be modified carries the token, the time of the next try and the reason.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from activities.cloud import volumes
from activities.cloud.volumes import Properties
from activities.kube import children as family
from activities.manifests.instances import number_of_instances
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.configuration import Configuration
from workflows.model.names import CLOUD_VOLUME, CLOUD_VOLUME_REFUSED, SYNC_REQUESTED
from workflows.model.postgresql import Postgresql

KIND: Final = "PersistentVolumeClaim"
MANAGER: Final = "postgres-operator-volumes"
"""Who writes these annotations: others of this operator's on claims go when nobody wants them."""
_LONGEST_REASON: Final = 400


@dataclass(frozen=True)
class Wish:
    """What the volumes of a cluster are to have, and who asked for it again."""

    properties: Properties
    again: str = ""
    """Of somebody who wants a new try now; any new value has EC2 asked anew."""

    @classmethod
    def of(cls, cluster: Postgresql, configuration: Configuration) -> "Wish | None":
        """None where EC2 is not the way to it."""
        properties = volumes.wanted(cluster, configuration)
        again = cluster.metadata.annotations.get(SYNC_REQUESTED, "")
        return None if properties is None else cls(properties, again)


@dataclass(frozen=True)
class Refusal:
    """Why a volume could not be modified, and when that is tried again."""

    until: datetime
    reason: str

    def __str__(self) -> str:
        return f"{self.reason}; next try after {_written(self.until)}"


def used(
    found: Iterable[Mapping[str, Any]], cluster: Postgresql, configuration: Configuration
) -> list[dict[str, Any]]:
    """The bound claims of members that are wanted."""
    ref = ClusterRef(namespace=cluster.metadata.namespace, name=cluster.metadata.name)
    members = number_of_instances(cluster, configuration)
    return [
        claim
        for claim in family.volume_claims(found, ref, configuration)
        if ordinal(claim) < members
        and claim["spec"].get("volumeName")
        and not claim["metadata"].get("deletionTimestamp")
    ]


def ordinal(claim: Mapping[str, Any]) -> int:
    """The number of its member."""
    return names.ordinal(claim["metadata"]["name"])


def token(claim: Mapping[str, Any], wish: Wish) -> str:
    """Stands for these wishes and this volume."""
    text = json.dumps([claim["spec"].get("volumeName"), asdict(wish)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_seen_to(claim: Mapping[str, Any], wish: Wish) -> bool:
    """Whether nothing has to be asked for; of a volume that has the room, for nothing else."""
    if _annotation(claim, CLOUD_VOLUME) == token(claim, wish):
        return True
    capacity = ((claim.get("status") or {}).get("capacity") or {}).get("storage")
    roomy = capacity is not None and volumes.has_room(str(capacity), wish.properties)
    return wish.properties.of_size_alone and roomy


def refusal(claim: Mapping[str, Any], wish: Wish, *, now: datetime) -> Refusal | None:
    """Why it is not to be tried now; None if it is."""
    about, _, rest = _annotation(claim, CLOUD_VOLUME_REFUSED).partition(" ")
    time, _, reason = rest.partition(" ")
    if about != token(claim, wish):
        return None
    try:
        until = datetime.fromisoformat(time)
    except ValueError:
        return None
    return Refusal(until, reason) if until.tzinfo is not None and until > now else None


def done(claim: Mapping[str, Any], wish: Wish) -> dict[str, Any]:
    """The merge patch that says so."""
    return _patch(claim, {CLOUD_VOLUME: token(claim, wish), CLOUD_VOLUME_REFUSED: None})


def refused(claim: Mapping[str, Any], wish: Wish, refusal: Refusal) -> dict[str, Any]:
    """The merge patch that says so."""
    reason = " ".join(refusal.reason.split())[:_LONGEST_REASON]
    text = f"{token(claim, wish)} {_written(refusal.until)} {reason}"
    return _patch(claim, {CLOUD_VOLUME_REFUSED: text})


def _patch(claim: Mapping[str, Any], annotations: Mapping[str, str | None]) -> dict[str, Any]:
    """For this very claim, not for one that was made in its place."""
    return {"metadata": {"uid": claim["metadata"]["uid"], "annotations": annotations}}


def _annotation(claim: Mapping[str, Any], key: str) -> str:
    return str((claim["metadata"].get("annotations") or {}).get(key, ""))


def _written(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
