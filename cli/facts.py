"""Clusters and operations as their objects tell of them, read once and for all. Pure."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli.errors import Complaint
from workflows.model.names import AUTOMATIC
from workflows.model.postgresoperation import Phase, PostgresOperationStatus
from workflows.model.status import Condition, Member, OperationStatus


class Facts(BaseModel):
    """Also the form of `-o json`."""

    model_config = ConfigDict(frozen=True)


class Cluster(Facts):
    """A `postgresql` resource."""

    namespace: str
    name: str
    created: str = ""
    word: str = Field(default="", description="empty = no operator has seen it yet")
    version: str = ""
    ready: str = Field(default="", description="members ready of those wanted, as in 2/2")
    current: bool = Field(default=True, description="the status is about the newest manifest")
    operation: OperationStatus | None = None
    members: list[Member] = Field(default_factory=list)
    conditions: list[Condition] = Field(default_factory=list)
    next_window: str = ""

    @property
    def wrong(self) -> list[Condition]:
        """Conditions that are not fine."""
        return [one for one in self.conditions if one.status != "True"]

    @property
    def doing(self) -> OperationStatus | None:
        """What runs now; the status keeps the last one when it has ended."""
        return self.operation if self.operation and not self.operation.finished else None

    @property
    def fine(self) -> bool:
        return self.word == "Running" and self.current and not self.wrong


class Operation(Facts):
    """A `PostgresOperation`."""

    namespace: str
    name: str
    cluster: str
    kind: str
    created: str = ""
    automatic: bool = False
    member: str = ""
    steering: str = Field(default="", description="the last word that was said to it")
    answered: bool = Field(default=False, description="the operator has seen it")
    status: PostgresOperationStatus

    @property
    def phase(self) -> Phase:
        return self.status.phase

    @property
    def finished(self) -> bool:
        return self.phase.finished


def cluster(obj: dict[str, Any]) -> Cluster:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    if not isinstance(status, dict):  # a bare word, as very old operators wrote it
        status = {"PostgresClusterStatus": str(status)}
    observed = status.get("observedGeneration")
    try:
        return Cluster(
            namespace=metadata["namespace"],
            name=metadata["name"],
            created=metadata.get("creationTimestamp") or "",
            word=status.get("PostgresClusterStatus") or "",
            version=str((spec.get("postgresql") or {}).get("version") or ""),
            ready=status.get("membersReady") or "",
            current=observed is None or observed == metadata.get("generation"),
            operation=status.get("operation"),
            members=status.get("members") or [],
            conditions=status.get("conditions") or [],
            next_window=status.get("nextWindow") or "",
        )
    except ValidationError as error:
        raise _unreadable(metadata["name"], error) from error


def operation(obj: dict[str, Any]) -> Operation:
    metadata, spec, status = obj["metadata"], obj.get("spec") or {}, obj.get("status") or {}
    try:
        return Operation(
            namespace=metadata["namespace"],
            name=metadata["name"],
            cluster=spec.get("cluster") or "",
            kind=spec.get("kind") or "",
            created=metadata.get("creationTimestamp") or "",
            automatic=(metadata.get("annotations") or {}).get(AUTOMATIC) == "true",
            member=spec.get("member") or spec.get("candidate") or "",
            steering=spec.get("steering") or "",
            answered=bool(status.get("phase")),
            status=PostgresOperationStatus.model_validate(status),
        )
    except ValidationError as error:
        raise _unreadable(metadata["name"], error) from error


def _unreadable(name: str, error: ValidationError) -> Complaint:
    """Written by an operator of another release."""
    where = ".".join(map(str, error.errors()[0]["loc"]))
    return Complaint(
        f"The status of {name} can't be read ({where}): "
        "upgrade kubectl pg to the operator's release."
    )
