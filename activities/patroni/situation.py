"""What is still missing until members work: from pods, Patroni and the primary to sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from activities.cluster import pods
from activities.patroni.client import Member
from activities.postgres.replication import Replication
from workflows.health import WORKING, WORKING_STANDBY
from workflows.model.names import Role

Object = dict[str, Any]

SILENT: Final = "does not stream yet"
COPYING: Final = "creating replica"
DOWN: Final = frozenset({"start failed", "crashed", "stopped", "starting"})
"""States in which a reason may stand in the log of Postgres."""
# what Patroni calls a state, where a person would say it otherwise
_STATES: Final[Mapping[str, str]] = {
    COPYING: "copying the base backup",
    "starting": "Postgres is starting",
    "in archive recovery": "recovering from the archive",
    "initializing new cluster": "a new database is being initialised",
    "running custom bootstrap script": "the database is being restored",
    "start failed": "Postgres does not start",
    "crashed": "Postgres has crashed",
    "stopped": "Postgres is stopped",
}


@dataclass(frozen=True)
class Situation:
    """What was seen in one round."""

    pods: Mapping[str, Object]
    members: Mapping[str, Member] = field(default_factory=dict)
    replication: Replication | None = None
    """None where the operator may not look."""
    complaints: Mapping[str, str] = field(default_factory=dict)
    """What the Postgres of members says of why it does not get on, by name."""
    standby: bool = False
    """The whole cluster follows another one, so its leader recovers too."""

    def lack(self, name: str, *, role_label: str) -> str:
        """What the wanted member lacks, or nothing."""
        pod = self.pods.get(name)
        if pod is None:
            return "its pod does not exist yet"
        if not is_alive(pod):
            return reason(pod)
        lack = self.member_lack(name)
        return explained(lack, self.complaints.get(name, "")) or self._label_lack(
            name, pod, role_label
        )

    def is_in_trouble(self, name: str) -> bool:
        """Whether its Postgres may have said why it does not get on."""
        member = self.members.get(name)
        return member is not None and (
            member.seen.state in DOWN or self.member_lack(name) == SILENT
        )

    def member_lack(self, name: str) -> str:
        """What it lacks as Patroni and the primary see it, or nothing."""
        member = self.members.get(name)
        if member is None or not member.seen.state:
            return "Patroni is starting"
        state = member.seen.state
        if state == COPYING:
            return in_words(state) + self._percent(member)
        if state not in (WORKING_STANDBY if self.standby else WORKING):
            return in_words(state)
        streams = member.is_leader or self._streams(name, member)
        return "" if streams else SILENT

    def _streams(self, name: str, member: Member) -> bool:
        if self.replication is None:
            return True
        if member.tags.get("replicatefrom"):  # from another replica, unseen by the primary
            return member.seen.state == "streaming"
        return name in self.replication.streaming

    def _percent(self, member: Member) -> str:
        backup = self.replication.backup_to(member.host) if self.replication else None
        if backup is None or backup.percent is None:
            return ""
        return f", {min(100, backup.percent) // 10 * 10} %"

    def _label_lack(self, name: str, pod: Object, role_label: str) -> str:
        expected = Role.MASTER if self.members[name].is_leader else Role.REPLICA
        found = role(pod, role_label)
        return "" if found == expected.value else f"its pod is not labelled {expected.value} yet"


def is_alive(pod: Object) -> bool:
    """Whether something in it could answer."""
    return pods.is_alive(pod) and bool(pods.address(pod))


def role(pod: Object, role_label: str) -> str:
    """The role Patroni has written onto its pod, or nothing."""
    return (pod["metadata"].get("labels") or {}).get(role_label) or ""


def reason(pod: Object) -> str:
    """Why a pod does not run, as a person would say it."""
    return pods.seen(pod, role_label="").reason or "its pod is being started"


def explained(lack: str, complaint: str) -> str:
    """With the reason, if one is known."""
    return f"{lack}, its Postgres says: {complaint}" if lack and complaint else lack


def in_words(state: str) -> str:
    """A state of Patroni's for people."""
    return _STATES.get(state, state)
