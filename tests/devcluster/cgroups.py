"""Control groups of an instance, on hosts of version 1, hybrid (treated as 1) and 2.

Tree, in every hierarchy: matriarch/<id>/system for the control plane, matriarch/<id>/<node>/system
for a node's daemons, matriarch/<id>/<node>/kubepods made by its kubelet.

Tried: version 1 hybrid (the unified tree mounted without controllers), with everything; version 2
(Debian 12 with its own kernel and systemd, in an emulated machine) with one node, a pod with limits
and a volume that grew.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from tests.devcluster.layout import Refused
from tests.devcluster.progress import until

ROOT = Path("/sys/fs/cgroup")
PROC = Path("/proc")
SYSTEM = "system"
REQUIRED = ("cpu", "memory", "pids")
KUBELET = (*REQUIRED, "cpuset", "hugetlb", "io")


def unified() -> bool:
    return (ROOT / "cgroup.controllers").exists()


def hierarchies() -> list[Path]:
    """The mount point of every tree that containers use: all of version 1, or the one of 2."""
    if unified():
        return [ROOT]
    return sorted(
        folder
        for folder in ROOT.iterdir()
        if folder.is_dir() and not folder.is_symlink() and (folder / "tasks").exists()
    )


def make(group: str) -> None:
    """Make a group and its parents, ready for the kubelet to make children in. Repeatable."""
    for root in hierarchies():
        parent = root
        for part in Path(group).parts:
            if unified():
                _delegate(parent)
            child = parent / part
            child.mkdir(exist_ok=True)
            _inherit_cpuset(parent, child)
            parent = child


def join(group: str) -> None:
    """Move this process, and so what it will start, into the group."""
    for root in hierarchies():
        (root / group / "cgroup.procs").write_text("0")


def processes(group: str) -> list[int]:
    """Every process in the group and below, with the numbers seen from here."""
    found: set[int] = set()
    for root in hierarchies():
        for file in (root / group).glob("**/cgroup.procs"):
            # A group may vanish meanwhile; a threaded one of version 2 refuses to be read.
            with contextlib.suppress(OSError):
                found.update(int(line) for line in file.read_text().split())
    return sorted(found - {0})


def first_process(group: str) -> int | None:
    """PID 1 of the outermost namespaces in the group, by its number here; None before it is there.

    Not the lowest number: numbers begin anew when the kernel has given out the last one.
    """
    inner = {pid: numbers for pid in processes(group) if (numbers := _numbers(pid))[-1:] == [1]}
    return min(inner, key=lambda pid: len(inner[pid]), default=None)


def _numbers(pid: int) -> list[int]:
    """Its number in each of the process namespaces that it is seen in, the outermost first."""
    with contextlib.suppress(OSError):  # it may end meanwhile
        for line in (PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("NSpid:"):
                return [int(number) for number in line.split()[1:]]
    return []


def clear(group: str) -> None:
    """Remove the group and all below it, once nothing runs there.

    The dead hold their group until they are reaped, in version 2 without being listed.
    """
    until(
        lambda: _remove(group),
        what=f"the last processes of the control group {group} to go",
        seconds=30,
        every=0.02,
    )
    _remove_if_empty(Path(group).parent)


def _remove(group: str) -> bool:
    """Raises OSError as long as something is in there."""
    for root in hierarchies():
        for folder in _deepest_first(root / group):
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
    return True


def _remove_if_empty(group: Path) -> None:
    if group == Path("."):
        return
    for root in hierarchies():
        with contextlib.suppress(OSError):
            (root / group).rmdir()


def _deepest_first(top: Path) -> Iterator[Path]:
    for folder, _, _ in os.walk(top, topdown=False):
        yield Path(folder)


def _inherit_cpuset(parent: Path, child: Path) -> None:
    """A new cpuset group of version 1 starts empty, and nothing may run in it."""
    if unified():
        return
    for name in ("cpuset.cpus", "cpuset.mems"):
        wanted = parent / name
        if wanted.exists() and not (child / name).read_text().strip():
            (child / name).write_text(wanted.read_text())


def _delegate(parent: Path) -> None:
    """Version 2: let the children of this group have every controller there is.

    The kubelet insists on some that nobody uses here: whatever of KUBELET the root offers.
    """
    there = (parent / "cgroup.controllers").read_text().split()
    absent = [name for name in REQUIRED if name not in there]
    if absent:
        raise Refused(f"the cgroup {parent} does not offer {', '.join(absent)}")
    switch = parent / "cgroup.subtree_control"
    for name in there:
        if name in KUBELET and name not in switch.read_text().split():
            try:
                switch.write_text(f"+{name}")
            except OSError as error:
                raise Refused(
                    f"cannot switch on the {name} controller in {parent}: {error.strerror}; "
                    "does a container hide the real root of the cgroup tree?"
                ) from None


def cpu_seconds(group: str) -> float:
    """CPU time used so far by everything in the group, living and dead."""
    if unified():
        stat = dict(line.split() for line in (ROOT / group / "cpu.stat").read_text().splitlines())
        return int(stat["usage_usec"]) / 1e6
    return int((ROOT / "cpuacct" / group / "cpuacct.usage").read_text()) / 1e9


def mount_again(target: Path) -> list[list[str]]:
    """The mount commands that give a fresh /sys the same trees; run after unmounting the old."""
    if unified():
        return [["mount", "-t", "cgroup2", "cgroup2", str(target)]]
    commands = [["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(target)]]
    for root in hierarchies():
        place = target / root.name
        options = "none,name=systemd" if root.name == "systemd" else root.name
        commands.append(["mkdir", str(place)])
        commands.append(["mount", "-t", "cgroup", "-o", options, "cgroup", str(place)])
    return commands
