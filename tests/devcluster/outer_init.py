"""PID 1 of an instance: prepares the outer namespaces, then supervises what runs in them.

Started by `outer.py` as `python -m tests.devcluster.outer_init hold|run WORK CGROUP`: `hold`
becomes the `unshare` that holds the namespaces, `run` is PID 1 within. There is no route out but
the /30 to the host, and nothing from a pod may begin to talk over that one.
"""

import os
import resource
import subprocess
import sys
from pathlib import Path

from tests.devcluster import cgroups
from tests.devcluster.layout import EXPOSED, GATEWAY, MOST_NODES, NODE_NETWORK, UPLINK_DEVICE, Node
from tests.devcluster.supervisor import Supervisor

NAMESPACES = ("--net", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child",
              "--mount-proc", "--propagation", "private")  # fmt: skip
BRIDGE = "nodes"
OPEN_FILES = 1048576
ETCD_FOLDER = "etcd"

RESOLV_CONF = f"""\
nameserver {GATEWAY}
search default.svc.cluster.local svc.cluster.local cluster.local
options ndots:5
"""

SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/ipv4/conf/all/send_redirects": "0",
    "net/ipv4/conf/default/send_redirects": "0",
    "net/ipv4/conf/all/rp_filter": "0",
    "net/ipv4/conf/default/rp_filter": "0",
    # Node to node is plain switching; these frames are none of iptables' business.
    "net/bridge/bridge-nf-call-iptables": "0",
    # A closed connection to what is dead is given up in a second, not in minutes: until then it
    # would keep this network namespace in the kernel after its last process.
    "net/ipv4/tcp_orphan_retries": "1",
    "net/ipv4/tcp_fin_timeout": "5",
    "net/ipv6/conf/all/disable_ipv6": "1",
    "net/ipv6/conf/default/disable_ipv6": "1",
}


def prepare(work: Path) -> None:
    _mounts(work)
    write_sysctls(SYSCTLS)
    _network()


def write_sysctls(values: dict[str, str]) -> None:
    for name, value in values.items():
        file = Path("/proc/sys") / name
        if file.exists():
            file.write_text(value)


def run(*argv: str | Path, stdin: str | None = None) -> None:
    subprocess.run([str(word) for word in argv], input=stdin, text=True, check=True)


def bind(source: Path, target: str) -> None:
    """Mount over the real place of `target`, which may be a link into the empty /run."""
    place = Path(target).resolve()
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    run("mount", "--bind", source, place)


def _mounts(work: Path) -> None:
    run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    Path("/run/lock").mkdir()
    etcd = work / ETCD_FOLDER
    etcd.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", "size=2g,mode=700", "tmpfs", etcd)
    (work / "resolv.conf").write_text(RESOLV_CONF)
    bind(work / "resolv.conf", "/etc/resolv.conf")


def _network() -> None:
    lines = [
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        f"address add {GATEWAY}/{NODE_NETWORK.partition('/')[2]} dev {BRIDGE}",
        f"link set {BRIDGE} up",
    ]
    # Every node there may ever be: joining one later changes nothing here.
    for index in range(MOST_NODES):
        node = Node(f"node{index}", index)
        lines.append(f"route add {node.pods} via {node.address} src {GATEWAY}")
    run("ip", "-batch", "-", stdin="\n".join(lines))
    rule = ["iptables", "-A", "FORWARD", "-o", UPLINK_DEVICE]
    run(*rule, "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT")
    run(*rule, "-j", "REJECT")
    for port, service in EXPOSED.items():
        arriving = ["-i", UPLINK_DEVICE, "-p", "tcp", "--dport", str(port)]
        target = ["-j", "DNAT", "--to-destination", f"{service}:{port}"]
        run("iptables", "-t", "nat", "-A", "PREROUTING", *arriving, *target)


def hold(work: str, group: str) -> None:
    """Join the control group before anything else, so that no process is ever outside of it."""
    cgroups.join(group)
    # A login's soft limit may be 1024, and pods would inherit that.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, OPEN_FILES), most))
    init = [sys.executable, "-m", "tests.devcluster.outer_init", "run", work, group]
    os.execvp("unshare", ["unshare", *NAMESPACES, *init])


def main() -> None:
    what, work, group = sys.argv[1:]
    if what == "hold":
        hold(work, group)
    supervisor = Supervisor()
    prepare(Path(work))
    supervisor.run(Path(work) / "supervisor.sock")


if __name__ == "__main__":
    main()
