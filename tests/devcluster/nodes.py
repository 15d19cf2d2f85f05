"""Nodes seen from the host: power on, power off, enter."""

import contextlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import cgroups, node_files, outer
from tests.devcluster.layout import (
    GATEWAY,
    MOST_NODES,
    NODE_NETWORK,
    SERVICE_RANGE,
    Layout,
    Node,
    Refused,
)
from tests.devcluster.outer_init import BRIDGE
from tests.devcluster.pki import Pki
from tests.devcluster.progress import Failed, call, until
from tests.devcluster.state import State
from tests.devcluster.supervisor import Service, SupervisorClient

NAMESPACES = ("--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child",
              "--mount-proc", "--propagation", "private")  # fmt: skip


@dataclass(frozen=True)
class Nodes:
    layout: Layout
    known: State
    binaries: Path

    @property
    def supervisor(self) -> SupervisorClient:
        return SupervisorClient(self.layout.socket)

    def is_on(self, node: Node) -> bool:
        return self.supervisor.alive(node.service)

    def power_on(self, node: Node, *, pause: str) -> float:
        """Start the node with the disks it has, and tell when that was: 0 when it runs already."""
        if self.is_on(node):
            return 0.0
        now = time.time()
        home = self.layout.node_home(node)
        home.mkdir(parents=True, exist_ok=True)
        Pki(self.layout.pki).ensure_node(node)
        node_files.write(self.layout, node, pause=pause)
        group = self.layout.node_cgroup(node)
        # Groups of pods that a power cut left cost the next kubelet 3 s each before it is Ready.
        cgroups.clear(group)
        cgroups.make(f"{group}/{cgroups.SYSTEM}")
        self._wire(node)
        self.supervisor.start(self._service(node))
        self.route_services()
        return now

    def power_off(self, node: Node) -> None:
        """A power cut: every process of the node is killed, its memory and network are gone."""
        self.supervisor.stop(node.service)
        until(lambda: not self.is_on(node), what=f"{node.name} to go off", seconds=30, every=0.02)
        cgroups.clear(self.layout.node_cgroup(node))
        self._unwire(node)
        with contextlib.suppress(Refused):
            self.route_services()

    def inside(self, node: Node) -> list[str]:
        """What to put before a command, to run it on the node."""
        group = f"{self.layout.node_cgroup(node)}/{cgroups.SYSTEM}"
        init = cgroups.first_process(group) if self.is_on(node) else None
        if init is None:
            raise Refused(f"{node.name} is off; `node start {node.name}` switches it on")
        return outer.within(init)

    def load(self, node: Node, archive: Path) -> None:
        """Import an image into a running node."""
        words = ["ctr", "--namespace", "k8s.io", "images", "import", str(archive)]
        call([*self.inside(node), *words], seconds=300)

    def route_services(self) -> None:
        """Send what comes from the host for a service to the first node that is on."""
        first = next((node for node in self.known.all_nodes if self.is_on(node)), None)
        if first is None:
            raise Refused("no node is on")
        words = ["ip", "route", "replace", SERVICE_RANGE, "via", first.address, "src", GATEWAY]
        call([*outer.inside(self.known), *words])

    def _service(self, node: Node) -> Service:
        spec = self.layout.node_home(node) / "node.json"
        spec.write_text(json.dumps({
            "name": node.name,
            "index": node.index,
            "identity": self.layout.identity,
            "home": str(self.layout.home),
            "binaries": str(self.binaries),
        }))  # fmt: skip
        init = (sys.executable, "-m", "tests.devcluster.node_init", str(spec))
        network = f"--net=/run/netns/{node.name}"
        argv = ("nsenter", network, "unshare", *NAMESPACES, *init)
        return Service(node.service, argv, str(self.layout.log(f"{node.name}-init")))

    def _wire(self, node: Node) -> None:
        """A network namespace with one cable to the bridge, and routes to every other node."""
        self._unwire(node)
        port = f"port{node.index}"
        self._ip(["netns", "add", node.name])
        self._ip(["-batch", "-"], [
            f"link add {port} type veth peer name eth0 netns {node.name}",
            f"link set {port} master {BRIDGE} up",
        ])  # fmt: skip
        others = [Node(f"n{i}", i) for i in range(MOST_NODES) if i != node.index]
        self._ip(["-netns", node.name, "-batch", "-"], [
            "link set lo up",
            f"address add {node.address}/{NODE_NETWORK.partition('/')[2]} dev eth0",
            "link set eth0 up",
            f"route add default via {GATEWAY}",
            *(f"route add {other.pods} via {other.address}" for other in others),
        ])  # fmt: skip

    def _unwire(self, node: Node) -> None:
        # The cable by name: with its namespace alone it would go at some later moment.
        with contextlib.suppress(Failed):
            self._ip(["link", "del", f"port{node.index}"])
        if node.name in self._ip(["netns", "list"]).split():
            self._ip(["netns", "del", node.name])

    def _ip(self, words: Sequence[str], batch: Sequence[str] = ()) -> str:
        return call([*outer.inside(self.known), "ip", *words], stdin="\n".join(batch) or None)
