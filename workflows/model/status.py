"""The status of a `postgresql` resource: Zalando's one word, and beside it what a person needs.

Source of the status schema in `deploy/crds` and of everything `cluster.report` writes.
Camel-case names are those in the resource; unset optional fields are left out.
"""

import hashlib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class Word(StrEnum):
    """`status.PostgresClusterStatus`, exactly Zalando's words and meaning."""

    CREATING = "Creating"
    RUNNING = "Running"
    CREATE_FAILED = "CreateFailed"
    UPDATING = "Updating"
    UPDATE_FAILED = "UpdateFailed"
    SYNC_FAILED = "SyncFailed"
    INVALID = "Invalid"

    @property
    def failed(self) -> bool:
        return self in (Word.CREATE_FAILED, Word.UPDATE_FAILED, Word.SYNC_FAILED)


class StatusPart(BaseModel):
    """Part of a status: camelCase outside, unset optional fields are left out."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True
    )


class Condition(StatusPart):
    """One concern of the cluster, by the Kubernetes conventions for conditions."""

    type: str = Field(description="What it is about, e.g. Ready, Valid, Roles")
    status: Literal["True", "False", "Unknown"]
    reason: str = Field(description="One CamelCase word for programs")
    message: str = Field(default="", description="A sentence for people")
    observed_generation: int = Field(default=0, description="Generation it was judged on")
    last_transition_time: str = Field(default="", description="RFC 3339; when `status` changed")


class OperationStatus(StatusPart):
    """The operation that runs now, or the last one when `finished` is set."""

    kind: str = Field(description="create, update, delete, ...")
    workflow_id: str = Field(description="Id to open in Temporal's Web UI")
    record: str | None = Field(default=None, description="Name of its PostgresOperation")
    step: str = Field(default="", description="What is being done")
    done: int = Field(default=0, description="Steps finished")
    total: int = Field(default=0, description="Steps in all")
    percent: int = Field(default=0, ge=0, le=100)
    eta: str | None = Field(default=None, description="RFC 3339; expected end, when known")
    since: str = Field(default="", description="RFC 3339; when the current step began")
    waiting_for: str | None = Field(default=None, description="What the step waits for")
    message: str = Field(default="", description="A sentence for people")
    finished: str | None = Field(default=None, description="RFC 3339; when it ended")


class Member(StatusPart):
    """One database pod with what Patroni says of it."""

    name: str
    role: str = ""
    state: str = ""
    lag: int | None = Field(default=None, description="Bytes behind the primary")
    timeline: int | None = None


class ClusterStatus(StatusPart):
    """`status` of a `postgresql` resource."""

    postgres_cluster_status: Word = Field(alias="PostgresClusterStatus")
    observed_generation: int = 0
    conditions: list[Condition] = Field(default_factory=list)
    operation: OperationStatus | None = None
    members: list[Member] = Field(default_factory=list)
    members_ready: str = Field(default="", description="Ready of wanted members, as in 2/2")
    slots: list[str] = Field(
        default_factory=list,
        description="Replication slots that the manifest has or had, and that are to be removed "
        "once it has them no more",
    )
    standby: str | None = Field(
        default=None, description="What the cluster was told to follow; empty = nothing"
    )
    rolled_generation: int | None = Field(
        default=None, description="Generation of the manifest that all members were last made for"
    )
    last_backup: str | None = Field(default=None, description="RFC 3339; end of the last backup")
    last_archived_wal: str | None = Field(default=None, description="Name of the last segment")
    next_window: str | None = Field(default=None, description="RFC 3339; next maintenance window")


def digest(status: Mapping[str, Any]) -> str:
    """Digest of what a report would write, over `status` as it stands in the resource.

    Left out is what changes by itself without meaning anything: times, lag, and the progress of an
    operation. Equal digests mean that nothing has to be written.
    """
    conditions = [
        {key: value for key, value in condition.items() if key != "lastTransitionTime" and value}
        for condition in status.get("conditions") or []
    ]
    members = [
        {key: value for key, value in member.items() if key != "lag" and value}
        for member in status.get("members") or []
    ]
    facts: dict[str, Any] = {
        "word": status.get("PostgresClusterStatus") or "",
        "generation": status.get("observedGeneration") or 0,
        "conditions": sorted(conditions, key=lambda condition: str(condition.get("type"))),
        "members": sorted(members, key=lambda member: str(member.get("name"))),
        "ready": status.get("membersReady") or "",
    }
    if status.get("slots"):
        facts["slots"] = sorted(status["slots"])
    if status.get("standby") is not None:
        facts["standby"] = status["standby"]
    if status.get("rolledGeneration"):
        facts["rolled"] = status["rolledGeneration"]
    if status.get("nextWindow"):
        facts["window"] = status["nextWindow"]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]
