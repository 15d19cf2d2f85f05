"""Where the scenarios, the demo and the bench run: the local platform, or one's own cluster."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.field import kubectl
from tests.field.kubectl import Manifest

ROOT = Path(__file__).parents[2]


class PlatformError(Exception):
    """The platform could not do what was asked; the message has its own words."""


@dataclass(frozen=True)
class Platform:
    """A Kubernetes cluster with Temporal, and how to reach both from here."""

    kind: str
    environment: Mapping[str, str]

    @classmethod
    def local(cls) -> "Platform":
        """The platform of this checkout (`tests.devcluster`); `up` must be called first."""
        return cls(kind="local", environment={})

    @classmethod
    def current(cls) -> "Platform":
        """The cluster of the current kubeconfig."""
        default = str(Path.home() / ".kube" / "config")
        found = os.environ.get("KUBECONFIG", default)
        return cls(kind="current", environment={**os.environ, "KUBECONFIG": found})

    def up(self) -> bool:
        """Start the local platform, or bring a running one this checkout's images.

        True when it was started here.
        """
        if self.kind == "current":
            return False
        running = _devcluster("status", check=False).returncode == 0
        subprocess.run([sys.executable, "-m", "tests.devcluster", "up"], cwd=ROOT, check=True)
        object.__setattr__(self, "environment", _environment())
        return not running

    def down(self) -> None:
        if self.kind == "local":
            subprocess.run([sys.executable, "-m", "tests.devcluster", "down"], cwd=ROOT, check=True)

    def node(self, action: str, name: str) -> None:
        """Power a node of the local platform off (`stop`) or on (`start`)."""
        _devcluster("node", action, name)

    def fault(self, *words: str, seconds: float) -> None:
        """Let something of the local platform be away; comes back when it is there again."""
        _devcluster("fault", *words, "--seconds", str(seconds))

    def kill(self, pod: Manifest) -> None:
        """SIGKILL every process of a pod's containers, as the machine's OOM killer would.

        The pod's sandbox stays, so Kubernetes starts the containers again. Processes are found by
        the pod's uid in their cgroup; only the local platform runs them on this machine.
        """
        mark = f"pod{pod['metadata']['uid']}"
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                inside = mark in (process / "cgroup").read_text()
                if inside and (process / "comm").read_text().strip() != "pause":
                    os.kill(int(process.name), signal.SIGKILL)

    @property
    def kubectl(self) -> kubectl.Kubectl:
        config = self.environment["KUBECONFIG"]
        path = self.environment.get("PATH", "")
        folder = Path(path.split(os.pathsep)[0]) if self.kind == "local" else None
        return kubectl.Kubectl(kubeconfig=config, program=kubectl.program(folder))


def _devcluster(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.devcluster", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if check and done.returncode != 0:
        raise PlatformError(f"devcluster {' '.join(words)}: {done.stderr.strip()}")
    return done


def _environment() -> dict[str, str]:
    """What `run` sets for its commands: KUBECONFIG, TEMPORAL_ADDRESS, S3_ENDPOINT, PATH."""
    printed = _devcluster("run", "--", "env", "-0").stdout
    return dict(line.split("=", 1) for line in printed.split("\0") if "=" in line)
