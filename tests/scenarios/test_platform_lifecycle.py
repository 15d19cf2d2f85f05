"""A second platform beside the session's own: up, killed, mended, down, and nothing left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.devcluster import cgroups, host, state
from tests.devcluster.layout import CHECKOUT, Layout
from tests.devcluster.progress import call, until
from tests.field.platform import Platform
from tests.scenarios.test_platform import claim

NAME = "lifecycle-test"


@pytest.fixture
def layout(platform: Platform) -> Iterator[Layout]:
    """Beside the session's own platform, which must not notice."""
    layout = Layout.of(name=NAME)
    yield layout
    devcluster("down")
    state.forget(layout)


def devcluster(*words: str, given: str | None = None) -> str:
    """The command line, for the second platform."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.devcluster", "--name", NAME, *words],
        cwd=CHECKOUT,
        input=given,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def up() -> None:
    devcluster("up", "--bare", "--nodes", "only")


def node_is_ready() -> bool:
    nodes = devcluster("run", "--", "kubectl", "get", "nodes", "--no-headers").split()
    return nodes[:2] == ["only", "Ready"]


def use_a_volume(layout: Layout) -> None:
    """A pod with a claim, so that there is a loop device and what else comes with it."""
    known = state.load(layout)
    assert known
    image = known.images["pause"].reference
    volume = {"name": "disk", "persistentVolumeClaim": {"claimName": "disk"}}
    mount = {"name": "disk", "mountPath": "/disk"}
    container = {"name": "main", "image": image, "volumeMounts": [mount]}
    spec = {"containers": [container], "volumes": [volume]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user"}, "spec": spec}
    kubectl = ["run", "--", "kubectl"]
    devcluster(*kubectl, "apply", "-f", "-", given=json.dumps(claim("disk")))
    devcluster(*kubectl, "apply", "-f", "-", given=json.dumps(pod))
    devcluster(*kubectl, "wait", "--for=condition=Ready", "pod/user", "--timeout=60s")
    assert len(host.loop_devices(layout)) == 1


def holder(layout: Layout) -> int:
    known = state.load(layout)
    assert known
    assert known.holder
    return known.holder.pid


def in_namespaces_of_its_own(layout: Layout) -> list[str]:
    """Processes of the instance; `lsns` gives up when one of them ends while it reads."""
    ours = os.readlink("/proc/self/ns/mnt")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_text()
            if str(layout.home) in command and os.readlink(process / "ns" / "mnt") != ours:
                found.append(command)
    return found


def left_over(layout: Layout) -> dict[str, object]:
    """Everything of an instance that the kernel or the file system still knows."""
    mounts = Path("/proc/self/mountinfo").read_text()
    groups = [root / layout.cgroup for root in cgroups.hierarchies()]
    found: dict[str, object] = {
        "processes": cgroups.processes(layout.cgroup),
        "namespaces": in_namespaces_of_its_own(layout),
        "mounts": [line for line in mounts.splitlines() if str(layout.home) in line],
        "interface": host.interface_exists(layout.interface),
        "loop devices": host.loop_devices(layout),
        "control groups": [str(group) for group in groups if group.exists()],
        "work": layout.work.exists(),
    }
    return {what: value for what, value in found.items() if value}


def test_one_kill_ends_everything_the_next_up_clears_and_down_leaves_nothing(
    layout: Layout, platform: Platform
) -> None:
    rules = call(["iptables-save"])
    up()
    use_a_volume(layout)
    os.kill(holder(layout), signal.SIGKILL)
    until(
        lambda: left_over(layout).keys() <= {"control groups", "work"},
        what="the kernel to end all that the outer process held",
        seconds=30,
    )
    up()
    assert node_is_ready()
    use_a_volume(layout)
    devcluster("down")
    assert left_over(layout) == {}
    assert call(["iptables-save"]) == rules
    assert platform.kubectl.list("nodes")


def test_an_up_that_was_killed_is_repeated(layout: Layout) -> None:
    command = [sys.executable, "-m", "tests.devcluster", "--name", NAME, "up", "--bare"]
    with subprocess.Popen([*command, "--nodes", "only"], cwd=CHECKOUT) as interrupted:
        until(layout.kubeconfig.exists, what="the first up to be on its way", seconds=60)
        interrupted.kill()
    first = holder(layout)
    up()
    assert node_is_ready()
    assert holder(layout) == first
