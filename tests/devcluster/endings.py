"""Ending instances: this one's, and what predecessors left that were killed."""

import contextlib
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

from tests.devcluster import cgroups, host, outer, state
from tests.devcluster.layout import Layout, Refused, devcluster_home
from tests.devcluster.state import State

BUSY = "busy"


def end(layout: Layout, known: State) -> State:
    """Kill all that runs and clear all that outlives it; harmless when nothing is there."""
    outer.stop(known)
    _kill_stragglers(layout)
    host.sweep(layout)
    shutil.rmtree(layout.work, ignore_errors=True)
    layout.kubeconfig.unlink(missing_ok=True)
    return state.save(layout, state.stopped(known))


def down(layout: Layout, known: State) -> State:
    """End the instance, and give back what instances share when it was the last."""
    known = end(layout, known)
    with state.locked(devcluster_home() / "host.lock"):
        if not _others_run(layout):
            host.restore()
    return known


def sweep(layout: Layout, *, say: Callable[[str], None]) -> None:
    """Clear after other instances of this user that died, or whose checkout was deleted."""
    for other, known in state.instances():
        if other.identity == layout.identity:
            continue
        with contextlib.suppress(Refused), state.locked(other.lock, busy=BUSY):
            if not Path(known.checkout).exists():
                say(f"ending the platform of a checkout that is gone: {known.checkout}")
                end(other, known)
                state.forget(other)
            elif known.holder and not known.running:
                say(f"clearing after the dead platform of {known.checkout}")
                end(other, known)


def _kill_stragglers(layout: Layout) -> None:
    """Whatever is in our control group is ours, also if its number was never written down."""
    for pid in cgroups.processes(layout.cgroup):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _others_run(layout: Layout) -> bool:
    if host.others_are_connected(layout):
        return True
    for other, known in state.instances():
        if other.identity == layout.identity:
            continue
        if known.running:
            return True
        try:
            with state.locked(other.lock, busy=BUSY):
                pass
        except Refused:
            return True
    return False
