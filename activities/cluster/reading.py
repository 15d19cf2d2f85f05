"""What a resource says, as far as it can be understood, and what its author should know."""

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import ValidationError

from activities.cloud import volumes
from activities.manifests.sidecars import refused_at_creation
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError, InvalidManifest
from workflows.model.observation import BadField
from workflows.model.postgresql import (
    Postgresql,
    name_errors,
    notices,
    parse,
    team_errors,
    unknown_fields,
)
from workflows.model.status import OperationStatus
from workflows.model.validation import mapping

MOST_ERRORS: Final = 50
MOST_REMARKS: Final = 20
OLDEST_LOOK: Final = timedelta(minutes=1)
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True)
class Reading:
    """The resource, or why there is none that could be built."""

    cluster: Postgresql | None = None
    errors: Sequence[FieldError] = ()
    misnamed: bool = False
    """The name does not follow the team's rules, for which there is a status word of its own."""


def read(found: Mapping[str, Any], configuration: Configuration, *, exists: bool) -> Reading:
    """`exists`: the cluster runs already, so it keeps containers that are forbidden by now."""
    try:
        cluster = parse(found)
    except InvalidManifest as error:
        return Reading(errors=error.errors)
    misnamed = team_errors(cluster, team_prefix=configuration.enable_team_id_clustername_prefix)
    errors = [*(misnamed or name_errors(cluster))]
    errors += volumes.contradictions(cluster, configuration)
    if not exists:
        errors += refused_at_creation(cluster, configuration)
    return Reading(None if errors else cluster, errors, misnamed=bool(misnamed))


def unfinished(status: Mapping[str, Any]) -> OperationStatus | None:
    """The operation that runs, by the status; what can't be read is as good as none."""
    with suppress(ValidationError):
        operation = OperationStatus.model_validate(status.get("operation"))
        return None if operation.finished else operation
    return None


def is_silent(operation: OperationStatus, now: datetime) -> bool:
    """Whether it was told of longer ago than a look may be old."""
    with suppress(ValueError):
        return now - datetime.fromisoformat(operation.since) > OLDEST_LOOK
    return True


def without_effect(found: Mapping[str, Any], more: Iterable[FieldError] = ()) -> list[str]:
    """A sentence for each part that is understood and changes nothing.

    `more` are those that only the configuration makes so.
    """
    return [notice.remark for notice in [*notices(found), *more][:MOST_REMARKS]]


def remarks(
    found: Mapping[str, Any], cluster: Postgresql | None, configuration: Configuration
) -> list[str]:
    """What has no effect under this configuration; nothing of what could not be understood."""
    if cluster is None:
        return []
    return without_effect(found, volumes.without_effect(cluster, configuration))


def unknown(found: Mapping[str, Any]) -> list[str]:
    """Fields that don't exist; also what the API server dropped, if kubectl left what it was given.

    Old names count only where they were dropped: where they arrive, they are understood.
    """
    annotations = found["metadata"].get("annotations") or {}
    try:
        applied = json.loads(annotations.get(_LAST_APPLIED, "{}"))
    except (ValueError, RecursionError):
        applied = {}
    here = mapping(found.get("spec"))
    dropped = unknown_fields(applied, old_names=True)
    stray = [*unknown_fields(found), *(path for path in dropped if _field(path) not in here)]
    return list(dict.fromkeys(stray))[:MOST_REMARKS]


def bad_fields(errors: Sequence[FieldError]) -> list[BadField]:
    """The first of them, as an observation carries them."""
    return [
        BadField(path=error.path, value=error.shown, accepted=error.accepted)
        for error in errors[:MOST_ERRORS]
    ]


def _field(path: str) -> str:
    return path.removeprefix("spec.").partition(" ")[0]
