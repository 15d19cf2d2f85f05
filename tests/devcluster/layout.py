"""Where everything of one platform lies: its folders, names and addresses.

An instance belongs to a checkout (and a name, for a second one beside the first). All its state is
below the user's cache; inside its own namespaces every instance uses the same addresses.
"""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
KUBERNETES = "1.34"

# Inside the namespaces: the same for every instance, and the same as in kind.
NODE_NETWORK = "172.18.0.0/24"
GATEWAY = "172.18.0.1"
POD_RANGE = "10.244.0.0/16"
SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
DNS_SERVICE = "10.96.0.10"
INNER_RANGES = (NODE_NETWORK, POD_RANGE, SERVICE_RANGE)

# Between host and namespaces: each instance takes one /30 of this.
UPLINK_RANGE = "10.213.0.0/24"
UPLINKS = 64
UPLINK_DEVICE = "uplink"
INTERFACE_PREFIX = "mtr-"

API_PORT = 6443
S3_PORT = 9000
TEMPORAL_PORT = 7233
TEMPORAL_UI_PORT = 8080

# What the host reaches at the inner end of its uplink: port -> fixed address of the service.
S3_SERVICE = "10.96.0.20"
TEMPORAL_SERVICE = "10.96.0.21"
TEMPORAL_UI_SERVICE = "10.96.0.22"
EXPOSED = {
    S3_PORT: S3_SERVICE,
    TEMPORAL_PORT: TEMPORAL_SERVICE,
    TEMPORAL_UI_PORT: TEMPORAL_UI_SERVICE,
}

DEFAULT_NODES = ("control-plane", "worker", "worker2")
MOST_NODES = 16


class Refused(Exception):
    """The program will not do this, and says why."""


def cache_home() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matriarch"


def devcluster_home() -> Path:
    return cache_home() / "devcluster"


@dataclass(frozen=True)
class Uplink:
    """One /30 between the host and the namespaces of one instance."""

    index: int

    @property
    def outside(self) -> str:
        return f"10.213.0.{4 * self.index + 1}"

    @property
    def inside(self) -> str:
        return f"10.213.0.{4 * self.index + 2}"

    @property
    def subnet(self) -> str:
        return f"10.213.0.{4 * self.index}/30"


@dataclass(frozen=True)
class Node:
    """A node's place: everything about its addresses follows from its index."""

    name: str
    index: int

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?", self.name):
            raise Refused(f"{self.name!r} cannot be a node's name: use a-z, 0-9 and - (at most 40)")
        if not 0 <= self.index < MOST_NODES:
            raise Refused(f"at most {MOST_NODES} nodes")

    @property
    def address(self) -> str:
        return f"172.18.0.{self.index + 2}"

    @property
    def pods(self) -> str:
        return f"10.244.{self.index}.0/24"

    @property
    def service(self) -> str:
        """The name of the supervised process that is this node."""
        return f"node-{self.name}"


@dataclass(frozen=True)
class Layout:
    """The folders and names of one instance."""

    identity: str
    home: Path

    @classmethod
    def of(cls, *, checkout: Path = CHECKOUT, name: str = "") -> "Layout":
        key = f"{checkout}\0{name}" if name else str(checkout)
        identity = hashlib.sha256(key.encode()).hexdigest()[:8]
        return cls(identity, devcluster_home() / identity)

    @property
    def state(self) -> Path:
        return self.home / "state.json"

    @property
    def lock(self) -> Path:
        # Beside the home, so that removing the home does not remove what guards it.
        return self.home.parent / f"{self.identity}.lock"

    @property
    def pki(self) -> Path:
        return self.home / "pki"

    @property
    def kubeconfigs(self) -> Path:
        return self.home / "kubeconfigs"

    @property
    def kubeconfig(self) -> Path:
        """For people and tests on the host."""
        return self.home / "kubeconfig"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def audit_log(self) -> Path:
        return self.logs / "audit.log"

    @property
    def work(self) -> Path:
        """What lasts from `up` to `down`: configuration, sockets, the nodes' disks."""
        return self.home / "work"

    @property
    def socket(self) -> Path:
        return self.work / "supervisor.sock"

    @property
    def volumes(self) -> Path:
        """Backing files of the persistent volumes; shared, so that a `movable` one can move."""
        return self.work / "volumes"

    @property
    def interface(self) -> str:
        """The host's end of the uplink."""
        return f"{INTERFACE_PREFIX}{self.identity}"

    @property
    def cgroup(self) -> str:
        return f"matriarch/{self.identity}"

    def node_home(self, node: Node) -> Path:
        return self.work / "nodes" / node.name

    def node_cgroup(self, node: Node) -> str:
        return f"{self.cgroup}/{node.name}"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"
