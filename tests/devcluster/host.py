"""The little that an instance changes on the host, outside its namespaces, and taking it back.

Per instance: one veth end, its control groups, loop devices of its volumes. Shared by all that run:
higher inotify limits, `unreachable` routes, empty folders to mount over. The last one to go puts
the shared things back; what they were is noted in one file.
"""

import contextlib
import ipaddress
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.devcluster import cgroups
from tests.devcluster.layout import (
    INNER_RANGES,
    INTERFACE_PREFIX,
    UPLINK_DEVICE,
    UPLINKS,
    Layout,
    Refused,
    Uplink,
    devcluster_home,
)
from tests.devcluster.progress import Failed, call

# Limits per user for the whole machine; three nodes need more than the defaults. Only ever raised.
SYSCTLS = {
    "fs/inotify/max_user_instances": 8192,
    "fs/inotify/max_user_watches": 1048576,
    "kernel/keys/maxkeys": 20000,
}

# Nodes mount their own folders and files over these; inside, so the host's are never written to.
MOUNT_FOLDERS = (
    "/etc/cni",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)
MOUNT_FILES = ("/etc/hosts", "/etc/machine-id", "/etc/resolv.conf")

# Far behind every route that anybody else may have.
LAST_METRIC = "4000000000"


def prepare() -> None:
    """Raise the limits, make the mount points, and note what was there before. Repeatable."""
    before = _before()
    for name, wanted in SYSCTLS.items():
        file = Path("/proc/sys") / name
        now = int(file.read_text())
        if now < wanted:
            before["sysctl"].setdefault(name, now)
            _note(before)
            file.write_text(str(wanted))
    for name in MOUNT_FOLDERS:
        if not Path(name).is_dir():
            before["made"].append(name)
            _note(before)
            Path(name).mkdir(parents=True)
    for name in MOUNT_FILES:
        if not Path(name).exists():
            before["made"].append(name)
            _note(before)
            Path(name).touch()
    for subnet in INNER_RANGES:
        # A stray packet for a pod goes nowhere, and surely not out of the machine.
        call(["ip", "route", "replace", "unreachable", subnet, "metric", LAST_METRIC])


def restore() -> None:
    """Put back what is shared. For the last instance only."""
    before = _before()
    for name, value in before["sysctl"].items():
        (Path("/proc/sys") / name).write_text(str(value))
    for name in reversed(before["made"]):
        path = Path(name)
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            elif path.stat().st_size == 0:
                path.unlink()
    ours = {line.split()[1] for line in _routes("unreachable") if LAST_METRIC in line}
    for subnet in INNER_RANGES:
        if subnet in ours:
            call(["ip", "route", "del", "unreachable", subnet, "metric", LAST_METRIC])
    _notes().unlink(missing_ok=True)


def free_uplink(taken: Iterable[int]) -> int:
    """The first /30 that neither another instance nor anything else on this host uses."""
    used = _used_networks()
    for index in range(UPLINKS):
        subnet = ipaddress.ip_network(Uplink(index).subnet)
        if index not in set(taken) and not any(subnet.overlaps(network) for network in used):
            return index
    raise Refused(f"all {UPLINKS} small networks for the uplink are in use on this host")


def connect(layout: Layout, *, uplink: Uplink, pid: int) -> None:
    """Join the host and the network namespace of `pid` by a veth pair. Repeatable."""
    if interface_exists(layout.interface):
        return
    call(["ip", "link", "add", layout.interface, "type", "veth", "peer", "name", UPLINK_DEVICE,
          "netns", str(pid)])  # fmt: skip
    call(["ip", "address", "add", f"{uplink.outside}/30", "dev", layout.interface])
    call(["ip", "link", "set", layout.interface, "up"])


def disconnect(layout: Layout) -> None:
    """Remove our end of the pair; it is gone already when the namespace died first."""
    if interface_exists(layout.interface):
        with contextlib.suppress(Exception):
            call(["ip", "link", "del", layout.interface])


def interface_exists(name: str) -> bool:
    return Path("/sys/class/net", name).exists()


def others_are_connected(layout: Layout) -> bool:
    """Whether another platform has an uplink, be it of this user's cache or another's."""
    links = (path.name for path in Path("/sys/class/net").glob(f"{INTERFACE_PREFIX}*"))
    return any(name != layout.interface for name in links)


def loop_devices(layout: Layout) -> list[str]:
    """The loop devices whose backing file is, or was, one of this instance's volumes."""
    found = []
    for file in Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            if file.read_text().startswith(f"{layout.home}/"):
                found.append(f"/dev/{file.parts[3]}")
    return sorted(found)


def sweep(layout: Layout) -> None:
    """Clear what outlives an instance's processes, however it ended. Nothing may run any more."""
    disconnect(layout)
    for device in loop_devices(layout):
        _detach(device, layout)
    cgroups.clear(layout.cgroup)


def _detach(device: str, layout: Layout) -> None:
    """The kernel itself may do so just now, with the last mount that used it."""
    try:
        call(["losetup", "--detach", device])
    except Failed:
        if device in loop_devices(layout):
            raise


def used_networks(routes: Iterable[dict[str, Any]]) -> list[ipaddress.IPv4Network]:
    """The networks an uplink must stay clear of: all that are attached, and small distant ones.

    A wide one behind a gateway (10.0.0.0/8 of a company) may lose four addresses to us.
    """
    networks = []
    for route in routes:
        with contextlib.suppress(ValueError):
            network = ipaddress.IPv4Network(route["dst"], strict=False)
            if "gateway" not in route or network.prefixlen >= 24:
                networks.append(network)
    return networks


def _used_networks() -> list[ipaddress.IPv4Network]:
    return used_networks(json.loads(call(["ip", "-json", "-4", "route", "show", "table", "all"])))


def _routes(kind: str) -> list[str]:
    return call(["ip", "-4", "route", "show", "type", kind]).splitlines()


def _notes() -> Path:
    return devcluster_home() / "host.json"


def _before() -> dict[str, Any]:
    try:
        before: dict[str, Any] = json.loads(_notes().read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        before = {}
    if before.get("boot") != _boot():
        # The kernel started anew: its settings are its own again, the folders are still ours.
        before = {"boot": _boot(), "sysctl": {}, "made": before.get("made", [])}
    return before


def _note(before: dict[str, Any]) -> None:
    file = _notes()
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(before))
    draft.replace(file)


def _boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
