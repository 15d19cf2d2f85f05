"""The build context: exactly the files that a Dockerfile's COPY lines name, and their hash.

Nothing else is handed to the build, so that the hash covers all that goes in, and time stamps
and umasks of the checkout change neither the hash nor the builder's layer cache.
"""

import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.devcluster.progress import Failed

EPOCH = 1_577_836_800
IGNORED = ("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache")


class ContextError(Failed):
    """A Dockerfile names a file that is not there."""


def instructions(dockerfile: str) -> Iterator[str]:
    """The Dockerfile's instructions with continued lines joined and comments dropped."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\s*\n", " ", "\n".join(lines))
    return (line.strip() for line in joined.splitlines() if line.strip())


def copied(dockerfile: str) -> list[str]:
    """The context paths named by COPY lines, without those that copy from another stage."""
    names: list[str] = []
    for instruction in instructions(dockerfile):
        word, _, rest = instruction.partition(" ")
        if word.upper() != "COPY":
            continue
        words = shlex.split(rest)
        options = [word for word in words if word.startswith("--")]
        if not any(option.startswith("--from=") for option in options):
            names += [word for word in words if not word.startswith("--")][:-1]
    return names


def gather(dockerfile: Path, extra: Mapping[str, Path]) -> dict[str, Path]:
    """Context path -> file, for every file the build needs (`extra`: from outside the folder)."""
    found = {"Dockerfile": dockerfile}
    for name in copied(dockerfile.read_text()):
        if name in extra:
            found[name] = extra[name]
            continue
        source = dockerfile.parent / name
        if not source.exists():
            raise ContextError(f"{dockerfile} copies {name}, which does not exist")
        for file in sorted(_files(source)):
            found[str(file.relative_to(dockerfile.parent))] = file
    return found


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if name not in IGNORED]
        yield from (Path(folder) / name for name in names)


def fingerprint(files: Mapping[str, Path], *, settings: Mapping[str, str]) -> str:
    """Hash of names, contents and executable bits of the files, and of the build's settings."""
    digest = hashlib.sha256()
    for key, value in sorted(settings.items()):
        digest.update(f"{key}={value}\0".encode())
    for name, file in sorted(files.items()):
        digest.update(f"{name}\0{_mode(file):o}\0".encode())
        digest.update(content_hash(file).encode())
    return digest.hexdigest()


def content_hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def stage(files: Mapping[str, Path], into: Path) -> dict[str, Path]:
    """Copy the files into an empty folder, with one time stamp and two file modes only."""
    shutil.rmtree(into, ignore_errors=True)
    staged = {name: into / name for name in files}
    for name, target in staged.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(files[name], target)
        target.chmod(_mode(files[name]))
    for folder, _, names in os.walk(into, topdown=False):
        for path in [*(Path(folder) / name for name in names), Path(folder)]:
            os.utime(path, (EPOCH, EPOCH))
        Path(folder).chmod(0o755)
    return staged


def _mode(file: Path) -> int:
    return 0o755 if os.access(file, os.X_OK) and file.stat().st_mode & 0o111 else 0o644
