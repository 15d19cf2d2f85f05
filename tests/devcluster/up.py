"""Bringing the platform up, step by step. Every step is harmless when it is done already.

So a second `up` mends what is missing, and one that was killed in the middle is just repeated.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tests.devcluster import binaries, endings, golden, host, images, outer, packages, state
from tests.devcluster.addons import Addons
from tests.devcluster.api import Api
from tests.devcluster.control_plane import ControlPlane
from tests.devcluster.joining import join, sync_images
from tests.devcluster.layout import (
    DEFAULT_NODES,
    EXPOSED,
    Layout,
    Refused,
    devcluster_home,
)
from tests.devcluster.nodes import Nodes
from tests.devcluster.pki import Pki
from tests.devcluster.progress import Failed, answers, until
from tests.devcluster.state import Image, State
from tests.devcluster.storage import controller_services
from tests.devcluster.supervisor import SupervisorClient

BASIC_IMAGES = ("pause",)
ALL_IMAGES = ("pause", "s3", "temporal", "database", "pooler", "logical-backup", "operator")

API_SECONDS = 90
NODES_SECONDS = 90
PODS_SECONDS = 180
ETCD_TOO_OLD = "RequestWatchProgress feature is not supported"


@dataclass(frozen=True)
class Wish:
    """What `up` was asked for."""

    nodes: tuple[str, ...] = ()  # none: as they are, or the default
    bare: bool = False  # neither S3 server nor Temporal nor any image but pause

    @property
    def images(self) -> tuple[str, ...]:
        return BASIC_IMAGES if self.bare else ALL_IMAGES


def up(layout: Layout, wish: Wish, *, say: Callable[[str], None]) -> State:
    """The caller is root and holds the instance's lock."""
    packages.ensure(say)
    known = _known(layout, wish)
    programs = Path(known.binaries) if known.running else binaries.ensure(say)
    wanted = _images(wish, say)
    endings.sweep(layout, say=say)
    if not known.running:
        endings.end(layout, known)
    with state.locked(devcluster_home() / "host.lock"):
        host.prepare()
    known = outer.start(layout, replace(known, binaries=str(programs)))
    say(f"namespaces are there, joined to the host by {known.link.subnet}")
    return Ascent(layout, known, wanted, say).run(bare=wish.bare)


def _known(layout: Layout, wish: Wish) -> State:
    known = state.load(layout) or state.fresh()
    if not known.running:
        return state.fresh(wish.nodes or DEFAULT_NODES)
    if wish.nodes and wish.nodes != tuple(known.nodes):
        raise Refused(f"it runs with the nodes {', '.join(known.nodes)}; see `node add` and `down`")
    return known


def _images(wish: Wish, say: Callable[[str], None]) -> dict[str, Image]:
    return {name: Image.of(file) for name, file in images.ensure(wish.images, say).items()}


@dataclass(frozen=True)
class Ascent:
    """From empty namespaces to a healthy platform."""

    layout: Layout
    known: State
    images: dict[str, Image]
    say: Callable[[str], None]

    @property
    def programs(self) -> Path:
        return Path(self.known.binaries)

    @property
    def supervisor(self) -> SupervisorClient:
        return SupervisorClient(self.layout.socket)

    @property
    def nodes(self) -> Nodes:
        return Nodes(self.layout, self.known, self.programs)

    @property
    def api(self) -> Api:
        return Api(uplink=self.known.link, pki=Pki(self.layout.pki))

    @property
    def addons(self) -> Addons:
        return Addons(self.layout, self.programs)

    def run(self, *, bare: bool) -> State:
        with ThreadPoolExecutor() as pool:
            # The disk is busy with images while the processor is with the control plane.
            disks = pool.submit(self._disks)
            self._control_plane()
            basics = pool.submit(self.addons.apply_basics)
            disks.result()
            self._nodes(pool)
            basics.result()
            if not bare:
                self._pods(pool)
        until(
            partial(self.api.get, "/api/v1/namespaces/default/serviceaccounts/default"),
            what="the account that pods run with",
            seconds=API_SECONDS,
            log=self.layout.log("kube-controller-manager"),
        )
        return state.save(self.layout, replace(self.known, images=self.images))

    def _disks(self) -> None:
        """Give every new node its images; those that have a disk get what is new later."""
        new = [n for n in self.known.all_nodes if not self._containerd(n.name).exists()]
        if not new:
            return
        with state.locked(golden.lock()):
            root = golden.ensure(self.layout, self.known, self.images, say=self.say)
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda n: golden.clone(root, self._containerd(n.name)), new))
        self.say(f"images are on the disks of {len(new)} nodes")

    def _containerd(self, node: str) -> Path:
        return self.layout.work / "nodes" / node / "containerd"

    def _control_plane(self) -> None:
        pki = Pki(self.layout.pki)
        pki.ensure(uplink=self.known.link, nodes=self.known.all_nodes)
        self.layout.kubeconfig.write_text(pki.kubeconfig("admin", server=self.known.link.inside))
        self.layout.kubeconfig.chmod(0o600)
        plane = ControlPlane(self.layout, self.programs)
        plane.write_files()
        self.supervisor.start(plane.etcd())
        self.supervisor.start(plane.apiserver())
        log = self.layout.log("kube-apiserver")
        until(self.api.ready, what="the apiserver", seconds=API_SECONDS, log=log)
        if ETCD_TOO_OLD in log.read_text(errors="replace"):
            raise Failed("this etcd breaks watches quietly: 3.5.13 or newer is needed")
        for service in (
            plane.controller_manager(),
            plane.scheduler(),
            plane.coredns(),
            *controller_services(self.layout, binaries=self.programs),
        ):
            self.supervisor.start(service)
        self.say("the control plane answers")

    def _nodes(self, pool: ThreadPoolExecutor) -> None:
        pause = self.images["pause"].reference
        every = self.known.all_nodes
        since = [self.nodes.power_on(node, pause=pause) for node in every]
        list(pool.map(lambda n, s: join(self.api, n, self.layout, since=s), every, since))
        self.say(f"{len(every)} nodes are Ready")
        self._load_images(pool)

    def _load_images(self, pool: ThreadPoolExecutor) -> None:
        """Nodes that had a disk before lack what changed since."""
        every = self.known.all_nodes
        loaded = pool.map(lambda node: sync_images(self.nodes, node, self.images), every)
        for node, names in zip(every, loaded, strict=True):
            if names:
                self.say(f"{node.name}: loaded {', '.join(names)}")

    def _pods(self, pool: ThreadPoolExecutor) -> None:
        """S3 server and Temporal. Only now: a pod that no node takes is tried ever more rarely."""
        applied = [
            pool.submit(self.addons.apply_temporal, self.images["temporal"].reference),
            pool.submit(self.addons.apply_s3, self.images["s3"].reference),
        ]
        for done in applied:
            done.result()
        for namespace, name in (("platform", "s3"), ("temporal", "temporal")):
            until(
                partial(self.api.available, namespace, name),
                what=f"the pod of {name}: `kubectl -n {namespace} describe pods`",
                seconds=PODS_SECONDS,
            )
            self.say(f"{name} is healthy")
        for port in EXPOSED:
            until(
                partial(answers, self.known.link.inside, port),
                what=f"port {port} to be reachable from the host",
                seconds=30,
            )
