"""What is asked of the steps of operations, and what they give back."""

from typing import Any

from pydantic import Field, model_validator

from workflows.model.base import ClusterRef, Message
from workflows.model.children import Group, Stage
from workflows.model.members import MemberSeen


class ObserveOrder(Message):
    """Asks for a look at one cluster; `uid` of the resource the entity knows, if any."""

    ref: ClusterRef
    uid: str = ""
    fresh: bool = Field(
        default=False,
        description="something was changed: nothing that other looks have read may be used",
    )


class ApplyOrder(Message):
    """Bring groups of child objects to what resource and configuration say now."""

    ref: ClusterRef
    uid: str
    groups: list[Group]
    untouched: bool = Field(
        default=False, description="nobody has worked on it: its objects need not be looked for"
    )
    instances: int | None = Field(
        default=None,
        description="as it was planned: no more members are removed, whatever was edited since, "
        "as the primary may be among them; None = orders of earlier releases",
    )

    @model_validator(mode="before")
    @classmethod
    def _of_one_group(cls, given: Any) -> Any:
        """Orders once named a single group; one may still be on its way."""
        if isinstance(given, dict) and "group" in given:
            return {key: given[key] for key in given if key != "group"} | {
                "groups": [given["group"]]
            }
        return given


class Applied(Message):
    """What `kube.apply` wrote; empty lists when everything was right already."""

    created: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    removed: list[str] = Field(default_factory=list)
    problems: list[str] = Field(
        default_factory=list, description="what could not be made and must not stop the rest"
    )

    raised: list[str] = Field(
        default_factory=list, description="limits that were raised to the operator's minimum"
    )

    @property
    def written(self) -> list[str]:
        return [*self.created, *self.changed, *self.removed]


class RestoreOrder(Message):
    """Put the former pod template back."""

    ref: ClusterRef
    uid: str
    generation: int = Field(description="of the resource whose template is not wanted")
    by: str = Field(default="", description="why, as in `rolled back: by annotation`")


class RemoveOrder(Message):
    """Delete one stage of children, found by label, and see them gone."""

    ref: ClusterRef
    uid: str
    stage: Stage


class Removed(Message):
    """What `kube.remove` deleted, and what it left on purpose with the reason."""

    removed: list[str] = Field(default_factory=list)
    kept: list[str] = Field(default_factory=list)


class MembersOrder(Message):
    """Wait for members; progress is written to the resource's status meanwhile."""

    ref: ClusterRef
    uid: str
    instances: int
    deadline_seconds: float = 1200.0


class MembershipOrder(Message):
    """Asks for the members of one cluster as they are now."""

    ref: ClusterRef
    uid: str
    made_before: str = Field(
        default="", description="RFC 3339; pods made before that are stale, whatever their template"
    )
    nodes: bool = Field(
        default=False, description="say of each pod whether it is to leave its node"
    )


class GrowthOrder(Message):
    """Wait until volumes have the room that their claims ask for."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(default=60.0, description="most grow within seconds")


class CloudVolumesOrder(Message):
    """Bring volumes to what the resource says, by the cloud's own API."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(default=120.0, description="longest wait for all")


class CloudVolumes(Message):
    """What `cloud.modify-volumes` asked for; what was refused stands on the claims."""

    changed: list[str] = Field(default_factory=list, description="one sentence each")
    problems: list[str] = Field(
        default_factory=list, description="what is of no use to be tried again"
    )


class RenewalOrder(Message):
    """Make one pod anew from the StatefulSet's newest template."""

    ref: ClusterRef
    uid: str
    pod: str
    pod_uid: str = Field(description="of the one that is to go; a newer one is left alone")
    leads: bool = Field(default=False, description="it may go although it is the primary")
    deadline_seconds: float = 1200.0


class Renewed(Message):
    """What `kube.renew-pod` found."""

    spared: str = Field(default="", description="why the pod was not touched, or empty")


class HealthOrder(Message):
    """Wait until one member serves as well as it can."""

    ref: ClusterRef
    uid: str
    pod: str
    deadline_seconds: float = 1200.0


class SwitchoverOrder(Message):
    """Hand the leader lock from one member to another."""

    ref: ClusterRef
    uid: str
    leader: str
    candidate: str
    deadline_seconds: float = 60.0


class SynchronousOrder(Message):
    """Have a member among Patroni's synchronous standbys."""

    ref: ClusterRef
    uid: str
    pod: str
    leader: str = Field(description="who hands over to it")
    deadline_seconds: float = 1200.0


class Readiness(Message):
    """Whether a member is ready to take over."""

    lack: str = Field(default="", description="why waiting for it makes no sense, or empty")


class Leadership(Message):
    """Who leads after a switchover was asked for; nobody, if that could not be seen."""

    leader: str
    refusal: str = Field(default="", description="why Patroni did not do it, in its words")


class Members(Message):
    """Members as Patroni shows them at the end of a wait."""

    members: list[MemberSeen]


class ConfigureOrder(Message):
    """Bring Patroni's dynamic configuration to what the resource says now."""

    ref: ClusterRef
    uid: str
    deadline_seconds: float = Field(
        default=90.0, description="longest wait for the members to take it over"
    )


class Configured(Message):
    """What `patroni.configure` wrote, and what Postgres makes of it."""

    changed: list[str] = Field(default_factory=list, description="one sentence each")
    restart: bool = Field(default=False, description="members wait for a restart for its sake")
    primary_first: bool = Field(
        default=False, description="the primary is to be restarted before its replicas"
    )


class RestartMemberOrder(Message):
    """Restart Postgres in place in one member, unless that was done since it was asked for."""

    ref: ClusterRef
    uid: str
    member: str
    since: str = Field(description="RFC 3339; one that was started later is left alone")
    deadline_seconds: float = 1200.0


class ReinitialiseOrder(Message):
    """Let one replica throw its data away and copy them anew from the primary."""

    ref: ClusterRef
    uid: str
    member: str
    deadline_seconds: float = 120.0


class RestartOrder(Message):
    """Restart Postgres in the members that wait for it, one after the other."""

    ref: ClusterRef
    uid: str
    primary_first: bool = False
    deadline_seconds: float = 1200.0


class Restarted(Message):
    """Members whose Postgres was restarted, in order, and why some were not, if so."""

    restarted: list[str] = Field(default_factory=list)
    held: str = ""


class SqlOrder(Message):
    """Bring roles or databases to what the resource says now."""

    ref: ClusterRef
    uid: str


class SqlResult(Message):
    """What was changed in the database, and what could not be, each with its reason."""

    changed: list[str] = Field(default_factory=list, description="`role zalando created`, ...")
    failed: list[str] = Field(default_factory=list, description="`role x: reason`, never secrets")
