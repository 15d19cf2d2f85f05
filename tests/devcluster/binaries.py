"""Every Go program of the platform, built from pinned modules and kept in the user's cache.

`ensure` answers with a folder that holds all of them. Each program has a key of its own, made of
everything that decides its bytes, and lies in `store` under it; the folder has hard links to what
belongs together. A run that was cut short goes on with the first program that is missing.
"""

import contextlib
import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import golang
from tests.devcluster.layout import cache_home
from tests.devcluster.progress import Failed, Progress

Say = Callable[[str], None]

CLUSTER = Path(__file__).parent
SIDECARS = CLUSTER / "sidecars"
FLAGS = ("-trimpath",)
KEEP = 2
KEEP_SECONDS = 24 * 3600
REPORT_SECONDS = 15
# Else a build whose starter was killed would go on and hold the machine.
DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL")

KUBERNETES_VERSION = tuple(
    f"{package}.{name}"
    for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    for name in ("gitVersion={v}", "gitMajor={major}", "gitMinor={minor}", "gitCommit=")
)
SIDECAR_VERSION = "main.version={v}"


@dataclass(frozen=True)
class Program:
    """One binary: the package it is made of, seen from the go.mod in `home`.

    `origin` is the module whose version it shall report; `stamps` are the linker settings for that,
    in which {v}, {major} and {minor} are filled in.
    """

    name: str
    home: Path
    package: str
    origin: str | None = None
    stamps: tuple[str, ...] = ()

    @property
    def sources(self) -> Path | None:
        """Where the program's own code lies, if it is this project's."""
        return self.home / self.package if self.package.startswith("./") else None


def kubernetes(name: str) -> Program:
    origin = "k8s.io/kubernetes"
    return Program(name, CLUSTER, f"{origin}/cmd/{name}", origin, KUBERNETES_VERSION)


def sidecar(name: str, origin: str, *stamps: str) -> Program:
    return Program(name, SIDECARS, f"{origin}/cmd/{name}", origin, stamps)


# In this order: what the nodes need first, then what only pods and volumes need.
PROGRAMS = (
    Program("etcd", CLUSTER, "go.etcd.io/etcd/server/v3"),
    kubernetes("kube-apiserver"),
    kubernetes("kube-controller-manager"),
    kubernetes("kube-scheduler"),
    kubernetes("kubelet"),
    kubernetes("kube-proxy"),
    kubernetes("kubectl"),
    Program("pause", CLUSTER, "./pause"),
    Program("coredns", SIDECARS, "./coredns"),
    sidecar("versitygw", "github.com/versity/versitygw", "main.Version={v}", "main.Build=release"),
    sidecar(
        "csi-provisioner", "github.com/kubernetes-csi/external-provisioner/v6", SIDECAR_VERSION
    ),
    sidecar("csi-resizer", "github.com/kubernetes-csi/external-resizer/v2", SIDECAR_VERSION),
    Program("devcluster-csi", CLUSTER, "./csi"),
)


@dataclass(frozen=True)
class Plan:
    """What is to be built with which Go, and where each result belongs."""

    go: golang.Go
    root: Path
    programs: Sequence[Program]
    keys: Mapping[str, str]

    @classmethod
    def make(cls, go: golang.Go, *, root: Path, programs: Sequence[Program] = PROGRAMS) -> "Plan":
        common = digest(go.version, platform.machine(), *FLAGS)
        keys = {program.name: digest(common, *ingredients(program)) for program in programs}
        return cls(go, root, programs, keys)

    @property
    def folder(self) -> Path:
        return self.root / digest(*(f"{name} {key}" for name, key in self.keys.items()))

    def stored(self, program: Program) -> Path:
        return self.root / "store" / f"{program.name}-{self.keys[program.name]}"

    def missing(self) -> list[Program]:
        return [program for program in self.programs if not (self.folder / program.name).exists()]


def ensure(say: Say) -> Path:
    """The folder with all programs, after building what is missing; safe to run many times."""
    wanted = max(
        (golang.required(go_mod(home)) for home in (CLUSTER, SIDECARS)), key=golang.numbers
    )
    go = golang.find(say, wanted=wanted)
    return bring(Plan.make(go, root=cache_home() / "binaries"), say)


def bring(plan: Plan, say: Say) -> Path:
    """Make the plan's folder complete, one process at a time."""
    if plan.missing():
        with locked(plan.root / "lock", say):
            build_missing(plan, say)
            prune(plan.root)
    os.utime(plan.folder)
    return plan.folder


def build_missing(plan: Plan, say: Say) -> None:
    (plan.root / "store").mkdir(exist_ok=True)
    plan.folder.mkdir(exist_ok=True)
    todo, total = plan.missing(), len(plan.programs)
    say(f"{total - len(todo)} of {total} Go programs are in {plan.folder}")
    for number, program in enumerate(todo, start=1):
        if not plan.stored(program).exists():
            build(plan, program, Step(f"{program.name} ({number} of {len(todo)})", say))
        os.link(plan.stored(program), plan.folder / program.name)


@dataclass(frozen=True)
class Step:
    """How the work on one program is announced."""

    label: str
    say: Say


def build(plan: Plan, program: Program, step: Step) -> None:
    """Compile one program into the store; it gets its name only when it is whole."""
    step.say(f"building {step.label}")
    log = plan.root / "logs" / f"{program.name}.log"
    log.parent.mkdir(exist_ok=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=plan.root, prefix="build-") as scratch:
        output = Path(scratch) / program.name
        words = [str(plan.go.command), "build", "-v", *FLAGS, "-ldflags", linker_flags(program)]
        words += ["-o", str(output), program.package]
        compile_into(log, words, home=program.home, go=plan.go, step=step)
        output.rename(plan.stored(program))
    size = plan.stored(program).stat().st_size / 1e6
    step.say(f"built {step.label}: {time.monotonic() - began:.0f} s, {size:.0f} MB")


def compile_into(log: Path, words: Sequence[str], *, home: Path, go: golang.Go, step: Step) -> None:
    """Run the compiler, saying every now and then how far it is."""
    began = time.monotonic()
    with log.open("w") as out:
        process = subprocess.Popen(
            [*DIES_WITH_US, *words],
            cwd=home,
            env=go.environment(),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            while (code := wait(process)) is None:
                seconds = time.monotonic() - began
                step.say(f"building {step.label}: {seconds:.0f} s, {compiled(log)}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if code != 0:
        raise Failed(f"go could not build {words[-1]} (exit code {code})", log=log)


def wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(REPORT_SECONDS)
    except subprocess.TimeoutExpired:
        return None


def compiled(log: Path) -> str:
    """What `go build -v` has told so far: one line for each package, others for downloads."""
    lines = log.read_text(errors="replace").splitlines()
    fetched = sum(line.startswith("go: downloading ") for line in lines)
    return f"{len(lines) - fetched} packages compiled, {fetched} modules fetched"


def linker_flags(program: Program) -> str:
    return " ".join(["-s -w", *(f"-X {stamp}" for stamp in stamps(program))])


def stamps(program: Program) -> list[str]:
    if not program.origin:
        return []
    version = pinned(program.origin, go_mod(program.home))
    major, minor = version.removeprefix("v").split(".")[:2]
    return [stamp.format(v=version, major=major, minor=minor) for stamp in program.stamps]


def go_mod(home: Path) -> str:
    return (home / "go.mod").read_text()


def without_comments(text: str) -> str:
    lines = (re.sub(r"\s*//.*", "", line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def pinned(module: str, text: str) -> str:
    """The version of a required module in the text of a go.mod."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", text, re.MULTILINE)
    if not found:
        raise Failed(f"go.mod does not require {module}")
    return found[1]


def ingredients(program: Program) -> Iterator[str]:
    """What decides a program's bytes, beside what all have in common."""
    yield without_comments(go_mod(program.home))
    yield (program.home / "go.sum").read_text()
    yield program.package
    yield linker_flags(program)
    if program.sources:
        for path in sorted(program.sources.rglob("*.go")):
            if not path.name.endswith("_test.go"):
                yield f"{path.relative_to(program.home)}\n{path.read_text()}"


def digest(*parts: str) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part.encode()).digest())
    return total.hexdigest()[:12]


@contextlib.contextmanager
def locked(path: Path, say: Say) -> Iterator[None]:
    """Let one process build at a time; the kernel frees the lock of one that was killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is building the Go programs: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prune(root: Path) -> None:
    """Drop what nobody used lately: old folders, then binaries that no folder links to."""
    folders = [path for path in root.iterdir() if re.fullmatch("[0-9a-f]{12}", path.name)]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[KEEP:]:
        if time.time() - folder.stat().st_mtime > KEEP_SECONDS:
            shutil.rmtree(folder)
    for leftover in root.glob("build-*"):
        shutil.rmtree(leftover)
    for binary in (root / "store").iterdir():
        if binary.stat().st_nlink == 1:
            binary.unlink()


if __name__ == "__main__":
    try:
        print(ensure(Progress()))
    except Failed as failure:
        sys.exit(f"failed: {failure}")
