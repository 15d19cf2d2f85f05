"""PID 1 of one node: makes its view of the machine, then supervises its daemons.

Started within the outer namespaces as `python -m tests.devcluster.node_init SPEC`, in namespaces of
its own, with its network ready. The node's disks are mounted over the standard paths, so that no
daemon needs an unusual flag, and kubelet, storage driver and containerd share one mount namespace.
"""

import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path

from tests.devcluster import cgroups, storage
from tests.devcluster.layout import Layout, Node
from tests.devcluster.node_files import CONTAINERD_SOCKET, WANTED_BY_KUBELET
from tests.devcluster.outer_init import bind, run, write_sysctls
from tests.devcluster.supervisor import Service, Supervisor

# The node's own folder -> the standard path it is mounted over
DISKS = {
    "cni-conf": "/etc/cni",
    "cni-lib": "/var/lib/cni",
    "containerd": "/var/lib/containerd",
    "kubelet": "/var/lib/kubelet",
    "log-containers": "/var/log/containers",
    "log-pods": "/var/log/pods",
}
FILES = {"hosts": "/etc/hosts", "machine-id": "/etc/machine-id", "resolv.conf": "/etc/resolv.conf"}

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    # Without it, answers between two pods of one node bypass the translation of service addresses.
    "net/bridge/bridge-nf-call-iptables": "1",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/eth0/send_redirects": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    # A closed connection to what is dead is given up in a second, not in minutes: until then it
    # would keep this network namespace in the kernel after its last process.
    "net/ipv4/tcp_orphan_retries": "1",
    "net/ipv4/tcp_fin_timeout": "5",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}

SOCKET_SECONDS = 30


def prepare(layout: Layout, node: Node) -> None:
    home = layout.node_home(node)
    run("mount", "--make-rshared", "/")
    run("hostname", node.name)
    write_sysctls(SYSCTLS)
    _fresh_sys()
    for name in WANTED_BY_KUBELET:
        run("mount", "--bind", home / "sysctl" / name, f"/proc/sys/{name}")
    _fresh_run()
    for name, target in DISKS.items():
        (home / name).mkdir(exist_ok=True)
        run("mount", "--bind", home / name, target)
    for name, target in FILES.items():
        bind(home / name, target)


def _fresh_sys() -> None:
    """A /sys that shows this network namespace, with the control groups as before."""
    again = cgroups.mount_again(Path("/sys/fs/cgroup"))
    run("umount", "--recursive", "--lazy", "/sys")
    run("mount", "-t", "sysfs", "sysfs", "/sys")
    for command in again:
        run(*command)


def _fresh_run() -> None:
    run("umount", "--recursive", "--lazy", "/run")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for name in ("containerd", "lock", "netns", "tmp"):
        Path("/run", name).mkdir()


def daemons(layout: Layout, node: Node, *, binaries: Path) -> list[Service]:
    home = layout.node_home(node)

    def service(name: str, *argv: str | Path) -> Service:
        # Not the machine's /tmp: what a power cut leaves there would stay.
        environment = {"TMPDIR": "/run/tmp"}
        log = str(layout.log(f"{node.name}-{name}"))
        return Service(name, tuple(str(word) for word in argv), log, environment)

    kubelet = [
        f"--config={home}/kubelet.yaml",
        f"--kubeconfig={layout.kubeconfigs / node.service}",
        f"--hostname-override={node.name}",
        f"--node-ip={node.address}",
        "--v=1",
    ]
    return [
        service("containerd", "containerd", "--config", home / "containerd.toml"),
        service("kubelet", binaries / "kubelet", *kubelet),
        service("kube-proxy", binaries / "kube-proxy", f"--config={home}/kube-proxy.yaml", "--v=1"),
        *storage.node_services(layout, node, binaries=binaries),
    ]


def until_listening(path: str) -> None:
    """kubelet gives up when containerd is not there yet, and would lose a second."""
    deadline = time.monotonic() + SOCKET_SECONDS
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(path)
            return
        time.sleep(0.02)


def main() -> None:
    spec = json.loads(Path(sys.argv[1]).read_text())
    layout = Layout(spec["identity"], Path(spec["home"]))
    node = Node(spec["name"], spec["index"])
    cgroups.join(f"{layout.node_cgroup(node)}/{cgroups.SYSTEM}")
    supervisor = Supervisor()
    prepare(layout, node)
    os.chdir("/")
    containerd, *others = daemons(layout, node, binaries=Path(spec["binaries"]))
    supervisor.start(containerd)
    until_listening(CONTAINERD_SOCKET)
    for service in others:
        supervisor.start(service)
    supervisor.run(Path("/run/supervisor.sock"))


if __name__ == "__main__":
    main()
