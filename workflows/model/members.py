"""The members of a cluster: pods as Kubernetes shows them, and what Patroni says of each."""

from pydantic import Field

from workflows.model import names
from workflows.model.base import Message
from workflows.model.kinds import Kind

LEADERS = frozenset({"leader", "standby_leader", "master"})
"""Patroni's roles of the one member that holds the leader lock; `master` before Patroni 4."""
FLAGGED = "flagged to be made anew"
"""Why a pod is stale that somebody has marked so."""


class PodSeen(Message):
    """A database pod as Kubernetes shows it."""

    name: str
    uid: str
    node: str = ""
    phase: str = "Pending"
    role: str = Field(default="", description="value of the role label: master, replica or empty")
    ready: bool = False
    current: bool = Field(default=True, description="made from the StatefulSet's newest template")
    stale: str = Field(default="", description="why it has to be made anew, or empty")
    deleting: bool = False
    reason: str = Field(default="", description="why it does not run, as a person would say it")
    leaving: str = Field(default="", description="why its node is to be left, or empty")
    stays: str = Field(
        default="", description="why it can't leave all the same, as no other node takes it"
    )

    @property
    def ordinal(self) -> int:
        """Its number in the StatefulSet."""
        return names.ordinal(self.name)


class MemberSeen(Message):
    """A member as Patroni shows it (`GET /cluster`)."""

    name: str
    role: str = ""
    state: str = ""
    timeline: int | None = None
    lag_bytes: int | None = Field(default=None, description="None for the leader or when unknown")
    pending_restart: bool = False
    nofailover: bool = Field(default=False, description="tagged so: it may never be promoted")
    nosync: bool = Field(default=False, description="tagged so: never a synchronous standby")


class Membership(Message):
    """The members of a cluster at one moment: what a step is decided on that may harm one."""

    pods: list[PodSeen] = Field(default_factory=list, description="by name")
    members: list[MemberSeen] = Field(
        default_factory=list, description="as Patroni tells; empty when no member answers"
    )
    instances: int
    synchronous: bool = Field(default=False, description="Patroni's synchronous mode is on")
    any_may_lead: bool = Field(
        default=False,
        description="a member that is to lead is made a synchronous standby where it is none; "
        "looks of earlier releases do not say so, and it was waited for then",
    )
    held: bool = Field(default=False, description="Patroni is paused: nothing is started by itself")
    max_lag_bytes: int = Field(default=1048576, description="of a member that may be promoted")
    window_open: bool = Field(default=True, description="a maintenance window is open now")
    in_windows: list[Kind] = Field(
        default_factory=list, description="kinds that begin in maintenance windows only"
    )

    def member(self, name: str) -> MemberSeen | None:
        return next((member for member in self.members if member.name == name), None)

    @property
    def leader(self) -> MemberSeen | None:
        """Who holds the leader lock."""
        return next((member for member in self.members if member.role in LEADERS), None)
