"""Runs buildah in a namespace of its own, so that a killed build leaves no mount behind."""

import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.devcluster.progress import Failed

Say = Callable[[str], None]
TAIL = 25
STEP = re.compile(r"^(?:\[\d+/\d+\] )?STEP (\d+/\d+): (.*)$")
# All that buildah starts and mounts ends with it, and it ends with this process.
NAMESPACE = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--propagation", "private", "--pid", "--fork"),
    *("--kill-child", "--mount-proc", "--"),
)
POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


class BuildFailed(Failed):
    """An image could not be built; the message ends with the log's last lines."""


class Engine:
    """One buildah store. Its caller holds the lock: the store is used by one process at a time.

    `run` is for buildah's notes of what is mounted, which must not outlive the process.
    """

    def __init__(self, home: Path, *, run: Path, driver: str) -> None:
        store = home / f"storage-{driver}"
        self._options = ["--root", str(store), "--runroot", str(run), "--storage-driver", driver]
        # Without overlays every kept layer is a copy of the whole image.
        self._layers = "--layers=false" if driver == "vfs" else "--layers"
        self._policy = run / "policy.json"
        self._policy.write_text(POLICY)

    def build(
        self,
        tag: str,
        *,
        context: Path,
        log: Path,
        say: Say = lambda line: None,
        arguments: Mapping[str, str] | None = None,
        mounts: Mapping[Path, str] | None = None,
    ) -> None:
        """Build the context's Dockerfile, reusing the layers of steps that have not changed."""
        options = ["--isolation", "chroot", self._layers, "--pull=never", "--tag", tag]
        for key, value in (arguments or {}).items():
            options += ["--build-arg", f"{key}={value}"]
        for file, place in (mounts or {}).items():
            options += ["--volume", f"{file}:{place}:ro"]
        self._run("build", *self._signatures(), *options, str(context), log=log, say=say)

    def export(self, tag: str, target: Path, *, log: Path) -> None:
        """Write the image as an uncompressed docker-archive, whole or not at all."""
        partial = target.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        destination = f"docker-archive:{partial}:{tag}"
        self._run("push", *self._signatures(), tag, destination, log=log)
        partial.rename(target)

    def has(self, tag: str) -> bool:
        command = [*NAMESPACE, "buildah", *self._options, "inspect", "--type", "image", tag]
        return subprocess.run(command, capture_output=True).returncode == 0

    def clear(self, *, log: Path) -> None:
        """Remove working containers that a killed build left."""
        self._run("rm", "--all", log=log)

    def _signatures(self) -> list[str]:
        return ["--signature-policy", str(self._policy)]

    def _run(self, verb: str, *arguments: str, log: Path, say: Say = lambda line: None) -> None:
        command = [*NAMESPACE, "buildah", *self._options, verb, *arguments]
        run_logged(command, log=log, say=say)


def run_logged(command: Sequence[str], *, log: Path, say: Say = lambda line: None) -> None:
    """Run a command, its output to the log, its Dockerfile steps to `say`."""
    last: deque[str] = deque(maxlen=TAIL)
    with (
        log.open("a") as output,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process,
    ):
        for line in process.stdout or ():
            output.write(line)
            output.flush()
            last.append(line.rstrip())
            if step := STEP.match(line.strip()):
                say(f"{step[1]} {' '.join(step[2].split())[:70]}")
    if process.returncode:
        tail = "\n".join(f"  {line}" for line in last)
        raise BuildFailed(f"{command[-1]}: exit code {process.returncode}; {log} ends:\n{tail}")


def storage_driver(home: Path) -> str:
    """`overlay` where the file system below `home` allows it, else plain copies of each layer."""
    probe = home / "probe"
    shutil.rmtree(probe, ignore_errors=True)
    for name in ("lower", "upper", "work", "merged"):
        (probe / name).mkdir(parents=True)
    layers = f"lowerdir={probe}/lower,upperdir={probe}/upper,workdir={probe}/work"
    mount = ["mount", "-t", "overlay", "overlay", "-o", layers, f"{probe}/merged"]
    tried = subprocess.run(["unshare", "--mount", *mount], capture_output=True)
    shutil.rmtree(probe, ignore_errors=True)
    return "vfs" if tried.returncode else "overlay"
