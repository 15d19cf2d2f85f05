"""The database pods of a world that exists only in memory, and the Patroni that leads them."""

from dataclasses import dataclass, field

from workflows.model.members import MemberSeen, Membership, PodSeen


@dataclass
class Crew:
    """Pods by ordinal, each with the template it was made from."""

    name: str
    newest: int = 1
    """The StatefulSet's template."""
    made_from: dict[int, int] = field(default_factory=dict)
    uids: dict[int, int] = field(default_factory=dict)
    leader: int | None = None
    bad: set[int] = field(default_factory=set)
    """Templates whose pods never serve."""
    down: set[int] = field(default_factory=set)
    """Members whose Postgres does not run."""
    lagging: set[int] = field(default_factory=set)
    """Members that are no synchronous standby, though the mode is on."""
    standby: int | None = None
    """The one synchronous standby, where Patroni keeps one."""
    cordoned: set[str] = field(default_factory=set)
    """Nodes that are to be left; each member begins on a node of its own number."""
    bound: set[int] = field(default_factory=set)
    """Members that fit on no other node."""
    nodes: dict[int, str] = field(default_factory=dict)
    mute: bool = False
    """No member's Patroni answers."""
    labelled: set[int] = field(default_factory=set)
    """Members that carry the primary's label although another one leads."""
    returns: bool = False
    """The first member takes the lead back whenever another one was made to lead."""
    history: list[str] = field(default_factory=list)
    """What happened to members: `renew 1`, `lead 1`."""

    def scale(self, instances: int) -> None:
        """What a StatefulSet's controller does, at once."""
        for ordinal in range(instances):
            self.made_from.setdefault(ordinal, self.newest)
            self.uids.setdefault(ordinal, 1)
        for ordinal in [one for one in self.made_from if one >= instances]:
            self.history.append(f"remove {ordinal}")
            del self.made_from[ordinal]
            if self.leader == ordinal:
                self.leader = None
        self._elect()

    def renew(self, ordinal: int, *, uid: str) -> None:
        if f"pod-{ordinal}-{self.uids[ordinal]}" != uid:
            return
        self.history.append(f"renew {ordinal}")
        self.made_from[ordinal] = self.newest
        self.uids[ordinal] += 1
        if self._node(ordinal) in self.cordoned:
            self.nodes[ordinal] = "spare"
        if self.leader == ordinal:
            self.leader = None
        self._elect()

    def lead(self, ordinal: int) -> None:
        self.history.append(f"lead {ordinal}")
        self.leader = 0 if self.returns else ordinal

    def serves(self, ordinal: int) -> bool:
        return self.made_from[ordinal] not in self.bad and ordinal not in self.down

    @property
    def leads_well(self) -> bool:
        return self.leader is not None

    def pods(self) -> list[PodSeen]:
        return [self._pod(ordinal) for ordinal in sorted(self.made_from)]

    def membership(self, *, instances: int, anew: bool = False) -> Membership:
        """`anew`: pods that were never renewed count as stale."""
        serving = [ordinal for ordinal in sorted(self.made_from) if self.serves(ordinal)]
        return Membership(
            pods=[self._asked(pod) for pod in self.pods()] if anew else self.pods(),
            members=[] if self.mute else [self._member(ordinal) for ordinal in serving],
            instances=instances,
            synchronous=bool(self.lagging) or self.standby is not None,
            any_may_lead=self.standby is not None,
        )

    def _asked(self, pod: PodSeen) -> PodSeen:
        old = self.uids[pod.ordinal] == 1
        return pod.model_copy(update={"stale": "asked for"}) if old else pod

    def _node(self, ordinal: int) -> str:
        return self.nodes.get(ordinal, f"node-{ordinal}")

    def _elect(self) -> None:
        serving = [ordinal for ordinal in sorted(self.made_from) if self.serves(ordinal)]
        if self.leader is None and serving:
            self.leader = serving[0]

    def _pod(self, ordinal: int) -> PodSeen:
        serves = self.serves(ordinal)
        stale = self.made_from[ordinal] != self.newest
        return PodSeen(
            name=f"{self.name}-{ordinal}",
            uid=f"pod-{ordinal}-{self.uids[ordinal]}",
            phase="Running" if serves else "Pending",
            role=self._label(ordinal) if serves else "",
            ready=serves,
            current=not stale,
            stale="spec.containers[postgres].resources" if stale else "",
            reason="" if serves else "container postgres: ImagePullBackOff",
            node=self._node(ordinal),
            leaving="is cordoned" if self._node(ordinal) in self.cordoned else "",
            stays="its volume can't be used elsewhere" if ordinal in self.bound else "",
        )

    def _label(self, ordinal: int) -> str:
        return "master" if ordinal in {self.leader, *self.labelled} else "replica"

    def _member(self, ordinal: int) -> MemberSeen:
        leads = ordinal == self.leader
        behind = ordinal in self.lagging or not self.lagging
        standby = "replica" if behind and ordinal != self.standby else "sync_standby"
        return MemberSeen(
            name=f"{self.name}-{ordinal}",
            role="leader" if leads else standby,
            state="running" if leads else "streaming",
            timeline=1,
            lag_bytes=None if leads else 0,
        )
