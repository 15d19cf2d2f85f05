"""The configuration files of a node's daemons, as they find them in the standard places."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.devcluster.layout import DNS_SERVICE, GATEWAY, POD_RANGE, Layout, Node
from tests.devcluster.packages import CNI_PLUGINS
from tests.devcluster.pki import Pki

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"

# kubelet asks for these and would otherwise change the machine's: it finds what it wants in files
# mounted over the real ones.
WANTED_BY_KUBELET = {
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
}

# The settings about OOM scores: root of a virtual machine may lack CAP_SYS_RESOURCE, and then any
# negative score makes runc die with a message that does not say why.
CONTAINERD = """\
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [{disabled}]
[grpc]
  address = "{socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  enable_unprivileged_ports = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{cni}"
    conf_dir = "/etc/cni/net.d"
"""
DISABLED_PLUGINS = (
    "io.containerd.snapshotter.v1.aufs",
    "io.containerd.snapshotter.v1.btrfs",
    "io.containerd.snapshotter.v1.devmapper",
    "io.containerd.snapshotter.v1.zfs",
    "io.containerd.internal.v1.opt",
    "io.containerd.tracing.processor.v1.otlp",
)


def write(layout: Layout, node: Node, *, pause: str) -> None:
    """All files of a node; its disks (images, volumes, kubelet's own) stay as they are."""
    home = layout.node_home(node)
    network = home / "cni-conf" / "net.d"
    network.mkdir(parents=True, exist_ok=True)
    (network / "10-devcluster.conflist").write_text(json.dumps(_pod_network(node), indent=1))
    (home / "machine-id").write_text(
        hashlib.md5(f"{layout.identity}/{node.name}".encode()).hexdigest() + "\n"
    )
    (home / "hosts").write_text(f"127.0.0.1 localhost\n{node.address} {node.name}\n")
    (home / "resolv.conf").write_text(f"nameserver {GATEWAY}\n")
    (home / "containerd.toml").write_text(containerd(pause=pause))
    _write_json(home / "kubelet.yaml", _kubelet(layout, node))
    _write_json(home / "kube-proxy.yaml", _kube_proxy(layout, node))
    for name, value in WANTED_BY_KUBELET.items():
        (home / "sysctl" / name).parent.mkdir(parents=True, exist_ok=True)
        (home / "sysctl" / name).write_text(f"{value}\n")
    kubeconfig = Pki(layout.pki).kubeconfig(node.service, server=GATEWAY)
    (layout.kubeconfigs / node.service).write_text(kubeconfig)


def containerd(*, pause: str) -> str:
    disabled = ", ".join(json.dumps(name) for name in DISABLED_PLUGINS)
    return CONTAINERD.format(
        disabled=disabled, socket=CONTAINERD_SOCKET, pause=pause, cni=CNI_PLUGINS
    )


def _pod_network(node: Node) -> dict[str, Any]:
    addresses = {
        "type": "host-local",
        "ranges": [[{"subnet": node.pods}]],
        "routes": [{"dst": "0.0.0.0/0"}],
    }
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": False,
        "hairpinMode": True,
        "mtu": 1500,
        "ipam": addresses,
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": "devcluster", "plugins": [bridge, ports]}


def _kubelet(layout: Layout, node: Node) -> dict[str, Any]:
    pki = Pki(layout.pki)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "0.0.0.0",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki.certificate("ca"))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki.certificate(f"{node.service}-server")),
        "tlsPrivateKeyFile": str(pki.key(f"{node.service}-server")),
        "containerRuntimeEndpoint": f"unix://{CONTAINERD_SOCKET}",
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{layout.node_cgroup(node)}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "oomScoreAdj": 0,
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "resolvConf": "/etc/resolv.conf",
        # There is no registry to fetch an image from again, and the disk is the machine's.
        "imageGCHighThresholdPercent": 100,
        "imageMinimumGCAge": "8760h",
        "evictionHard": {
            "memory.available": "50Mi",
            "nodefs.available": "0%",
            "nodefs.inodesFree": "0%",
            "imagefs.available": "0%",
            "imagefs.inodesFree": "0%",
        },
        "serializeImagePulls": False,
        "nodeStatusUpdateFrequency": "4s",
        "nodeLeaseDurationSeconds": 16,
        # A grown volume and a changed label reach the pod with its next sync; the default is 1 min.
        "syncFrequency": "5s",
        "runtimeRequestTimeout": "4m",
    }


def _kube_proxy(layout: Layout, node: Node) -> dict[str, Any]:
    return {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "mode": "iptables",
        "hostnameOverride": node.name,
        "oomScoreAdj": 0,
        "clientConnection": {"kubeconfig": str(layout.kubeconfigs / "proxy")},
        # Senders outside the pod network (the host) are masqueraded.
        "clusterCIDR": POD_RANGE,
        # A network namespace may not set these.
        "conntrack": {
            "maxPerCore": 0,
            "min": 0,
            "tcpEstablishedTimeout": "0s",
            "tcpCloseWaitTimeout": "0s",
        },
        "iptables": {"minSyncPeriod": "0.2s"},
    }


def _write_json(file: Path, value: dict[str, Any]) -> None:
    """JSON is YAML."""
    file.write_text(json.dumps(value, indent=1))
