"""The commands `node add`, `node start` and `node remove`."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path

from tests.devcluster import golden, state
from tests.devcluster.api import Api
from tests.devcluster.joining import join, sync_images
from tests.devcluster.layout import Layout, Node
from tests.devcluster.nodes import Nodes
from tests.devcluster.pki import Pki
from tests.devcluster.progress import until
from tests.devcluster.state import State


def add_node(layout: Layout, known: State, name: str, *, say: Callable[[str], None]) -> None:
    """One more node; with the name of one that is there, the same as starting it."""
    if name not in known.nodes:
        known = state.save(layout, known.with_node(name))
    disk = layout.node_home(known.node(name)) / "containerd"
    if not disk.exists():
        with state.locked(golden.lock()):
            root = golden.ensure(layout, known, known.images, say=say)
            golden.clone(root, disk)
    start_node(layout, known, name, say=say)


def start_node(layout: Layout, known: State, name: str, *, say: Callable[[str], None]) -> None:
    """On again with its disks, and Ready; what was loaded by hand meanwhile is loaded here too."""
    node = known.node(name)
    nodes = Nodes(layout, known, Path(known.binaries))
    api = Api(uplink=known.link, pki=Pki(layout.pki))
    if not nodes.is_on(node):
        _let_a_second_pass(api, node)
    since = nodes.power_on(node, pause=known.images["pause"].reference)
    join(api, node, layout, since=since)
    sync_images(nodes, node, known.images)
    for archive in known.loaded:
        nodes.load(node, Path(archive))
    say(f"{name} is Ready")


def _let_a_second_pass(api: Api, node: Node) -> None:
    """Reports are stamped with whole seconds; one from before must not look like one from after."""
    last = api.last_report(node.name)
    until(lambda: time.time() >= last + 1, what="the clock to go on", seconds=10)


def remove_node(layout: Layout, known: State, name: str, *, say: Callable[[str], None]) -> None:
    """Away with the node and its disks, volumes included."""
    node, smaller = known.node(name), known.without_node(name)
    Nodes(layout, known, Path(known.binaries)).power_off(node)
    Api(uplink=known.link, pki=Pki(layout.pki)).delete(f"/api/v1/nodes/{name}")
    for folder in (layout.node_home(node), layout.volumes / name):
        shutil.rmtree(folder, ignore_errors=True)
    state.save(layout, smaller)
    say(f"{name} is removed")
