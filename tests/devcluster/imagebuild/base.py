"""The Debian root that all images start from: what an ordinary machine has as `debian:*-slim`."""

import hashlib
import shlex
from collections.abc import Mapping
from pathlib import Path

from tests.devcluster.imagebuild import machine
from tests.devcluster.imagebuild.engine import run_logged

SUITE = "trixie"
OPTIONS = (
    "--variant=minbase",
    "--mode=root",
    "--format=tar",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-include=/usr/share/locale/locale.alias",
    "--dpkgopt=force-unsafe-io",
)
# As in Debian's own images: a layer keeps no packages, no index of them and no translations.
APT = (
    'Acquire::Languages "none";',
    'APT::Keep-Downloaded-Packages "false";',
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
)
# The image keeps nothing of the machine it is made on; empty files wait for the machine's package
# sources to be mounted over them.
HOOK = " && ".join(
    (
        'cd "$1/etc/apt"',
        "rm -f sources.list sources.list.d/* apt.conf.d/99mmdebstrap",
        'rm -rf "$1"/var/cache/apt/*.bin "$1"/var/lib/apt/lists/*',
        'rm -f "$1/etc/resolv.conf" "$1/etc/hostname"',
        f"printf '%s\\n' {' '.join(map(shlex.quote, APT))} > apt.conf.d/docker",
        *(f'mkdir -p "$1{Path(place).parent}"' for place in machine.MOUNT_POINTS),
        *(f': > "$1{place}"' for place in machine.MOUNT_POINTS),
    )
)
DOCKERFILE = 'FROM scratch\nADD base.tar /\nCMD ["bash"]\n'


def key() -> str:
    """Hash of all that decides what is in the root, the state of the archive apart."""
    recipe = "\0".join((SUITE, *OPTIONS, HOOK, DOCKERFILE))
    return hashlib.sha256(recipe.encode()).hexdigest()[:12]


def command(target: Path, *, mounts: Mapping[Path, str]) -> list[str]:
    """The call that makes the root as a tar file, with the machine's own apt settings."""
    places = {place: file for file, place in mounts.items()}
    return [
        "mmdebstrap",
        *OPTIONS,
        f"--customize-hook={HOOK}",
        f"--aptopt={places[machine.APT_CONF]}",
        SUITE,
        str(target),
        str(places[machine.SOURCES]),
    ]


def make(folder: Path, *, mounts: Mapping[Path, str], log: Path) -> None:
    """Make the root and the Dockerfile that turns it into an image, in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    run_logged(command(folder / "base.tar", mounts=mounts), log=log)
