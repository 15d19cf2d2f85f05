"""What a part has to go by."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from activities.kube.child import Child
from activities.kube.client import Object
from activities.kube.existing import Existing
from activities.kube.judge import Judge
from activities.postgres.role import Role
from workflows.model.base import ClusterRef
from workflows.model.children import Group
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What is wanted, and what is there."""

    cluster: Postgresql
    configuration: Configuration
    roles: Sequence[Role]
    existing: Existing
    judge: Judge
    thrifty: bool = False
    """Whether to spare requests for what wasn't there before; a step looks in any case."""
    least: int | None = None
    """Members that stay at least, whatever is wanted; None: as many as are wanted."""
    note: Callable[[str], None]
    """Tells what can't be put right and shall stop nothing else."""

    @property
    def namespace(self) -> str:
        return self.cluster.metadata.namespace

    @property
    def name(self) -> str:
        return self.cluster.metadata.name

    @property
    def ref(self) -> ClusterRef:
        return ClusterRef(namespace=self.namespace, name=self.name)

    @property
    def label(self) -> dict[str, str]:
        """What all children carry, poolers and backups included."""
        return {self.configuration.cluster_name_label: self.name}

    def place(self, version: str, kind: str, name: str) -> Object:
        """The address of a child, as a manifest with nothing else in it."""
        metadata = {"namespace": self.namespace, "name": name}
        return {"apiVersion": version, "kind": kind, "metadata": metadata}

    def strays(self, kind: str, ours: Callable[[Object], bool]) -> list[Object]:
        """Objects that are ours and not wanted; `ours` is the same for all that ask for a kind."""
        cleared = self.judge.cleared
        if self.existing.nothing_expected:
            return []
        if self.thrifty and cleared.knows(kind, self.cluster, self.configuration):
            return []
        found = [one for one in self.existing.of(kind).values() if ours(one)]
        if self.thrifty and not found:
            cleared.note(kind, self.cluster, self.configuration)
        return found


@dataclass(frozen=True)
class Part:
    """The children that are applied together, and what is said when something is wrong there."""

    group: Group
    concern: str
    """Type of the condition that tells what can't be put right."""
    children: Callable[[Sight], Iterator[Child]]
    """In the order of their creation. Each is asked for after the one before has settled."""
    cloud: bool = False
    """Whether a step of its own puts these right, by the cloud's API."""
    vital: bool = False
    """Whether what follows is in vain when one of these can't be made."""
