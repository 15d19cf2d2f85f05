"""The outer namespaces of an instance: made, entered and ended from the host.

`unshare` holds them; when it dies, everything in them dies with it, by the kernel's hand.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from tests.devcluster import cgroups, host, state
from tests.devcluster.layout import CHECKOUT, UPLINK_DEVICE, Layout, devcluster_home
from tests.devcluster.progress import Failed, call, until
from tests.devcluster.state import Holder, State


def start(layout: Layout, known: State) -> State:
    """Make the namespaces and their link to the host; harmless when they are there."""
    if not known.running:
        known = _hold(layout, known)
    pid = init_of(known)
    until(layout.socket.exists, what="the supervisor", seconds=20, every=0.02,
          log=layout.log("supervisor"))  # fmt: skip
    with state.locked(devcluster_home() / "uplinks.lock"):
        if known.uplink < 0:
            taken = [other.uplink for _, other in state.instances() if other.running]
            known = state.save(layout, replace(known, uplink=host.free_uplink(taken)))
        host.connect(layout, uplink=known.link, pid=pid)
    call([*inside(known), "ip", "-batch", "-"], stdin="\n".join([
        f"address replace {known.link.inside}/30 dev {UPLINK_DEVICE}",
        f"link set {UPLINK_DEVICE} up",
    ]))  # fmt: skip
    return known


def stop(known: State) -> None:
    """Kill the outer process and wait until the kernel has ended all that it held."""
    if known.holder and known.running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(known.holder.pid, signal.SIGKILL)
        holder = known.holder
        until(lambda: not holder.alive, what="the outer process to die", seconds=20, every=0.02)


def init_of(known: State) -> int:
    """PID 1 of the outer namespaces, by its number on the host."""
    if not known.holder or not known.running:
        raise Failed("the platform is not running: `python -m tests.devcluster up`")
    pid = known.holder.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return until(
        lambda: int((children.read_text().split() or ["0"])[0]),
        what="the supervisor's process", seconds=10, every=0.02,
    )  # fmt: skip


def inside(known: State, *, folder: Path | None = None) -> list[str]:
    """What to put before a command, to run it inside the outer namespaces."""
    return within(init_of(known), folder=folder)


def within(pid: int, *, folder: Path | None = None) -> list[str]:
    """What to put before a command, to run it in the namespaces of a process."""
    place = [f"--wdns={folder}"] if folder else []
    return ["nsenter", "--target", str(pid), "--all", *place, "--"]


def _hold(layout: Layout, known: State) -> State:
    layout.work.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(layout.logs, ignore_errors=True)
    layout.logs.mkdir()
    layout.socket.unlink(missing_ok=True)
    group = f"{layout.cgroup}/{cgroups.SYSTEM}"
    cgroups.make(group)
    command = [sys.executable, "-m", "tests.devcluster.outer_init", "hold"]
    with layout.log("supervisor").open("ab") as log:
        holder = subprocess.Popen(
            [*command, str(layout.work), group],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=CHECKOUT,
            start_new_session=True,
        )
    known = state.save(layout, replace(known, holder=Holder.of(holder.pid), uplink=-1))
    holder.returncode = 0  # it stays when we go: not ours to wait for
    return known
