"""The platform's container images, built on need and kept as docker-archive files.

An image's hash covers everything that goes into it, so a file in the cache is never stale and a
reference is known before the image is built. One build runs at a time on a machine.

    python -m tests.devcluster.images [NAME ...]
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.devcluster import binaries
from tests.devcluster.imagebuild import base, context, machine
from tests.devcluster.imagebuild.engine import Engine, Say, run_logged, storage_driver
from tests.devcluster.imagebuild.recipes import RECIPES, Recipe
from tests.devcluster.layout import cache_home

REPOSITORY = "localhost/matriarch"
BUILDER = "1"
KEPT = 2
KEPT_SECONDS = 3600
STORE_MEGABYTES = 12_000
PACKAGES = {"buildah": "buildah", "mmdebstrap": "mmdebstrap"}


def reference(name: str) -> str:
    """The image's name in the cluster, e.g. `localhost/matriarch/pause:0123456789ab`."""
    return f"{REPOSITORY}/{name}:{_hash(RECIPES[name], _say_nothing)}"


def ensure(names: Sequence[str], say: Say) -> dict[str, Path]:
    """Build the images that are not in the cache; returns name -> docker-archive file."""
    archives = {name: _archive(name, _hash(RECIPES[name], say)) for name in names}
    missing = [name for name, archive in archives.items() if not archive.exists()]
    if missing:
        with _workshop(say) as workshop:
            archives |= {name: workshop.make(RECIPES[name]) for name in missing}
    for name, archive in archives.items():
        os.utime(archive)
        _forget_old(name)
    return archives


def _say_nothing(line: str) -> None:
    pass


def _home() -> Path:
    return cache_home() / "images"


def _archive(name: str, content: str) -> Path:
    return _home() / f"{name}-{content}.tar"


def _forget_old(name: str) -> None:
    """Keep what was used lately, and the newest two; a prefix of another name must not match."""
    own = [file for file in _home().glob(f"{name}-*.tar") if len(file.stem) == len(name) + 13]
    for file in sorted(own, key=_last_used)[:-KEPT]:
        if _last_used(file) < time.time() - KEPT_SECONDS:
            file.unlink(missing_ok=True)


def _last_used(archive: Path) -> float:
    return archive.stat().st_mtime


def _hash(recipe: Recipe, say: Say) -> str:
    return _fingerprint(recipe, _files(recipe, say))


def _fingerprint(recipe: Recipe, files: Mapping[str, Path]) -> str:
    settings = {"builder": BUILDER, "base": base.key() if recipe.on_base else ""}
    return context.fingerprint(files, settings=settings)[:12]


def _files(recipe: Recipe, say: Say) -> dict[str, Path]:
    built = _binaries(say) if recipe.binaries else Path()
    return context.gather(recipe.dockerfile, {name: built / name for name in recipe.binaries})


@cache
def _binaries(say: Say) -> Path:
    return binaries.ensure(say)


@contextmanager
def _workshop(say: Say) -> Iterator["_Workshop"]:
    """The only builder of this machine, with the tools it needs."""
    home = _home()
    (home / "logs").mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("images: waiting for another build")
            fcntl.flock(lock, fcntl.LOCK_EX)
        _install_tools(say)
        _clear(home)
        with TemporaryDirectory(dir=home, prefix="run-") as folder:
            run = Path(folder)
            mounts = machine.write_mounts(run / "mounts", suite=base.SUITE)
            engine = Engine(home, run=run, driver=storage_driver(home))
            yield _Workshop(engine, mounts=mounts, say=say)


def _clear(home: Path) -> None:
    """Remove what a killed build left half done, and layers when too many have gathered."""
    for folder in (*home.glob("context-*"), *home.glob("run-*")):
        shutil.rmtree(folder)
    for file in home.glob("*.partial"):
        file.unlink()
    for store in home.glob("storage-*"):
        if _megabytes(store) > STORE_MEGABYTES:
            shutil.rmtree(store)


def _megabytes(folder: Path) -> int:
    command = ["du", "--summarize", "--block-size=1M", str(folder)]
    return int(subprocess.run(command, capture_output=True, text=True).stdout.split()[0])


def _install_tools(say: Say) -> None:
    missing = [package for tool, package in PACKAGES.items() if shutil.which(tool) is None]
    if not missing:
        return
    say(f"images: installing {', '.join(missing)}")
    apt = ["apt-get", "--option", "DPkg::Lock::Timeout=300"]
    options = ["--yes", "--no-install-recommends", "--no-remove"]
    for command in ([*apt, "update"], [*apt, "install", *options, *missing]):
        run_logged(command, log=_home() / "logs" / "tools.log")


class _Workshop:
    """Builds images, from the base up."""

    def __init__(self, engine: Engine, *, mounts: Mapping[Path, str], say: Say) -> None:
        self._engine = engine
        self._mounts = mounts
        self._say = say
        self._logs = _home() / "logs"
        engine.clear(log=self._log("clear"))

    def make(self, recipe: Recipe) -> Path:
        """Build from a copy of the files, so that the archive is what its hash says."""
        with TemporaryDirectory(dir=_home(), prefix="context-") as folder:
            files = context.stage(_files(recipe, self._say), Path(folder) / "context")
            content = _fingerprint(recipe, files)
            archive = _archive(recipe.name, content)
            if not archive.exists():
                tag = f"{REPOSITORY}/{recipe.name}:{content}"
                self._build(recipe, tag=tag, staged=Path(folder) / "context", archive=archive)
        return archive

    def _build(self, recipe: Recipe, *, tag: str, staged: Path, archive: Path) -> None:
        started = time.monotonic()
        log = self._log(recipe.name)
        self._engine.build(
            tag,
            context=staged,
            log=log,
            say=lambda line: self._say(f"{recipe.name}: {line}"),
            arguments={"BASE_IMAGE": self._base()} if recipe.on_base else {},
            mounts=self._mounts,
        )
        self._engine.export(tag, archive, log=log)
        size = archive.stat().st_size / 1_000_000
        seconds = time.monotonic() - started
        self._say(f"{recipe.name}: built in {seconds:.0f} s, {size:.0f} MB")

    def _base(self) -> str:
        tag = f"{REPOSITORY}/base:{base.key()}"
        if not self._engine.has(tag):
            self._say(f"base: Debian {base.SUITE} (about half a minute)")
            log = self._log("base")
            with TemporaryDirectory(dir=_home(), prefix="context-") as folder:
                base.make(Path(folder), mounts=self._mounts, log=log)
                self._engine.build(tag, context=Path(folder), log=log)
        return tag

    def _log(self, name: str) -> Path:
        log = self._logs / f"{name}.log"
        log.unlink(missing_ok=True)
        return log


if __name__ == "__main__":
    for built in ensure(sys.argv[1:] or list(RECIPES), print).values():
        print(built)
