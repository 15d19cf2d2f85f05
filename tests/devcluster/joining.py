"""A node that was switched on becomes a member of the cluster, with the images it should have."""

from collections.abc import Mapping
from pathlib import Path

from tests.devcluster.api import Api
from tests.devcluster.layout import Layout, Node
from tests.devcluster.nodes import Nodes
from tests.devcluster.progress import call, until
from tests.devcluster.state import Image

SECONDS = 90


def join(api: Api, node: Node, layout: Layout, *, since: float) -> None:
    """Wait until the node is Ready; what a kubelet may not say of itself is added meanwhile.

    What its kubelet reported before the moment `since` is from before a power cut.
    """
    path = f"/api/v1/nodes/{node.name}"
    log = layout.log(f"{node.name}-kubelet")
    until(lambda: api.get(path), what=f"{node.name} to register", seconds=SECONDS, log=log)
    api.patch(path, {
        "metadata": {"labels": labels(node)},
        "spec": {"podCIDR": node.pods, "podCIDRs": [node.pods]},
    })  # fmt: skip
    until(
        lambda: api.ready_since(node.name, since),
        what=f"{node.name} to be Ready",
        seconds=SECONDS,
        log=log,
    )


def labels(node: Node) -> dict[str, str]:
    """The first node is the control plane's, as in kind, but it takes ordinary pods too."""
    return {"node-role.kubernetes.io/control-plane": ""} if node.index == 0 else {}


def sync_images(nodes: Nodes, node: Node, images: Mapping[str, Image]) -> list[str]:
    """Import what the node lacks; returns the names."""
    listing = ["ctr", "--namespace", "k8s.io", "images", "list", "--quiet"]
    there = set(call([*nodes.inside(node), *listing]).split())
    missing = {name: image for name, image in images.items() if image.reference not in there}
    for image in missing.values():
        nodes.load(node, Path(image.archive))
    return sorted(missing)
