"""The processes of persistent volumes: on each node the driver and its provisioner, one resizer."""

from pathlib import Path

from tests.devcluster.layout import Layout, Node
from tests.devcluster.supervisor import Service

DRIVER = "devcluster.csi.matriarch"
REGISTRY = "/var/lib/kubelet/plugins_registry"
# On a node inside kubelet's folder, in the outer namespaces below /run: short, as sockets must be.
NODE_SOCKET = f"/var/lib/kubelet/plugins/{DRIVER}/csi.sock"
CONTROLLER_SOCKET = "/run/csi/csi.sock"


def node_services(layout: Layout, node: Node, *, binaries: Path) -> list[Service]:
    driver = [
        f"--endpoint=unix://{NODE_SOCKET}",
        f"--node={node.name}",
        f"--volumes={layout.volumes}",
        f"--registration-dir={REGISTRY}",
    ]
    provisioner = [
        f"--csi-address={NODE_SOCKET}",
        f"--kubeconfig={layout.kubeconfigs / 'csi'}",
        # Each node's provisioner makes the volumes of that node; nobody needs to be elected.
        "--node-deployment=true",
        "--strict-topology=true",
        "--immediate-topology=false",
        "--extra-create-metadata=true",
    ]
    return [
        _service(layout, "csi-driver", node.name, binaries / "devcluster-csi", driver),
        _service(layout, "csi-provisioner", node.name, binaries / "csi-provisioner", provisioner),
    ]


def controller_services(layout: Layout, *, binaries: Path) -> list[Service]:
    """The resizer only marks a volume as to be grown, the kubelet that has it does the work.

    So one is enough, on a driver of its own that is no node's: nodes may go off.
    """
    driver = [f"--endpoint=unix://{CONTROLLER_SOCKET}", f"--volumes={layout.volumes}"]
    resizer = [
        f"--csi-address={CONTROLLER_SOCKET}",
        f"--kubeconfig={layout.kubeconfigs / 'csi'}",
        "--leader-election=false",
        "--handle-volume-inuse-error=false",
    ]
    return [
        _service(layout, "csi-controller", "", binaries / "devcluster-csi", driver),
        _service(layout, "csi-resizer", "", binaries / "csi-resizer", resizer),
    ]


def _service(layout: Layout, name: str, node: str, program: Path, flags: list[str]) -> Service:
    log = layout.log(f"{node}-{name}" if node else name)
    environment = {"NODE_NAME": node} if node else {}
    return Service(name, (str(program), *flags), str(log), environment)
