"""EC2's API, as far as volumes need it: three calls, with time-outs, and its errors as ours.

Credentials come from wherever boto3 finds them (a service account's role, an instance's, the
environment), the endpoint as well.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from activities.cloud.volumes import Properties
from workflows.model.errors import (
    Forbidden,
    MatriarchError,
    NotFound,
    NotYet,
    Precondition,
    Unavailable,
)

CONNECT_SECONDS: Final = 3.0
READ_SECONDS: Final = 8.0
ATTEMPTS: Final = 3

_UNTIMELY: Final = frozenset({"VolumeModificationRateExceeded", "IncorrectModificationState"})
_DENIED: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "Blocked",
        "ExpiredToken",
        "InvalidClientTokenId",
        "OptInRequired",
        "PendingVerification",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnauthorizedOperation",
    }
)
_BUSY: Final = frozenset(
    {"InternalError", "InternalFailure", "RequestLimitExceeded", "ServiceUnavailable", "Throttling"}
)
_ABSENT: Final = frozenset({"InvalidVolume.NotFound", "InvalidVolumeID.Malformed"})


class TooSoon(NotYet):
    """EC2 modifies a volume again only some hours after the modification before."""


@dataclass(frozen=True, kw_only=True)
class Modification:
    """The last one of a volume, as EC2 tells it."""

    state: str
    """modifying, optimizing (in use as wanted already), completed or failed"""
    target: Properties
    progress: int = 0
    message: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    def foreseen(self, seen: Properties) -> Properties:
        """What the volume will have when a modification that is under way is through."""
        if self.state not in ("modifying", "optimizing"):
            return seen
        return Properties(
            gibibytes=self.target.gibibytes or seen.gibibytes,
            type=self.target.type or seen.type,
            iops=self.target.iops or seen.iops,
            throughput=self.target.throughput or seen.throughput,
        )


class Ec2:
    """One region. Safe to use from any number of threads."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def volume(self, name: str) -> Properties:
        """What it has now, as far as EC2 shows it. Raises NotFound if there is no such volume."""
        answer = self._ask("describe_volumes", Filters=_named(name))
        for found in answer["Volumes"]:
            return _properties(found, "")
        raise NotFound(f"EC2 knows no volume {name} in {self._client.meta.region_name}")

    def last_modification(self, name: str) -> Modification | None:
        """The one that began last; None if it was never modified, or long ago."""
        answer = self._ask("describe_volumes_modifications", Filters=_named(name))
        found = [_modification(one) for one in answer["VolumesModifications"]]
        return sorted(found, key=_beginning)[-1] if found else None

    def modify(self, name: str, change: Mapping[str, Any]) -> None:
        """Ask for a modification; it goes on for long after. Raises TooSoon before its time."""
        self._ask("modify_volume", VolumeId=name, **change)

    def _ask(self, call: str, **arguments: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return getattr(self._client, call)(**arguments)
        except ClientError as error:
            raise _refusal(error.response) from error
        except BotoCoreError as error:
            raise _trouble(error) from error


class Regions:
    """Clients by region: each takes a while to be made, and a lot of room."""

    def __init__(self, connect: Callable[[str], Ec2] | None = None) -> None:
        self._connect = connect or connected
        self._lock = threading.Lock()
        self._known: dict[str, Ec2] = {}

    def __call__(self, region: str) -> Ec2:
        with self._lock:
            if region not in self._known:
                self._known[region] = self._connect(region)
            return self._known[region]


def connected(region: str) -> Ec2:
    """A client of this region; the library is loaded by whoever needs it only."""
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
    )
    try:
        client = boto3.session.Session().client("ec2", region_name=region, config=config)
    except (BotoCoreError, ValueError) as error:
        raise Precondition(f"EC2 can't be asked in {region!r}: {error}") from error
    return Ec2(client)


def _refusal(response: Mapping[str, Any]) -> MatriarchError:
    """What an answer with an error means for us, in EC2's words."""
    error = response.get("Error") or {}
    code = str(error.get("Code", ""))
    text = f"EC2: {error.get('Message') or 'refused'} ({code})"
    status = int((response.get("ResponseMetadata") or {}).get("HTTPStatusCode") or 0)
    if code in _UNTIMELY:
        return TooSoon(text)
    if code in _DENIED:
        return Forbidden(text)
    if code in _ABSENT:
        return NotFound(text)
    return Unavailable(text) if code in _BUSY or status >= 500 else Precondition(text)


def _trouble(error: Exception) -> MatriarchError:
    """No answer, or nobody to ask as."""
    denied = "Credential" in type(error).__name__ or "Token" in type(error).__name__
    return (Forbidden if denied else Unavailable)(f"EC2: {error}")


def _named(name: str) -> list[dict[str, Any]]:
    """By a filter: asked by its name, what is not there would be an error of several kinds."""
    return [{"Name": "volume-id", "Values": [name]}]


def _properties(found: Mapping[str, Any], prefix: str) -> Properties:
    type_ = found.get(f"{prefix}VolumeType")
    return Properties(
        gibibytes=found.get(f"{prefix}Size"),
        type=None if type_ is None else str(type_),
        iops=found.get(f"{prefix}Iops"),
        throughput=found.get(f"{prefix}Throughput"),
    )


def _modification(found: Mapping[str, Any]) -> Modification:
    return Modification(
        state=str(found.get("ModificationState", "")),
        target=_properties(found, "Target"),
        progress=int(found.get("Progress") or 0),
        message=str(found.get("StatusMessage") or ""),
        started=found.get("StartTime"),
        ended=found.get("EndTime"),
    )


def _beginning(modification: Modification) -> float:
    return modification.started.timestamp() if modification.started else 0.0
