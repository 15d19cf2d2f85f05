"""Where this machine's apt and pip fetch from, put in a form that a build can mount.

A build must use the mirror, proxy and certificates of the machine it runs on, but neither the
project's files nor the images may name them. So the settings are read at run time, written into a
folder outside both, and bind-mounted over empty files while the RUN lines run.
"""

import ast
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster.progress import Failed

SOURCES = "/etc/apt/sources.list.d/debian.sources"
APT_CONF = "/etc/apt/apt.conf.d/90build"
PIP_CONF = "/etc/pip.conf"
CERTIFICATES = "/etc/ssl/build-certificates.crt"
MOUNT_POINTS = (SOURCES, APT_CONF, PIP_CONF, CERTIFICATES)
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"

HOST_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
APT_AUTHORISATION = Path("/etc/apt/auth.conf")
INDEX = "$(REPO_URI)|$(ORIGIN)|$(LABEL)"


class MachineError(Failed):
    """The machine's package sources cannot be made out."""


@dataclass(frozen=True)
class Mirrors:
    """Where the Debian archive is fetched from; security updates may have a place of their own."""

    archive: str
    security: str | None

    def sources(self, suite: str) -> str:
        """Apt sources of one release, in the form of Debian's own images."""
        stanzas = [_stanza(self.archive, f"{suite} {suite}-updates")]
        if self.security:
            stanzas.append(_stanza(self.security, f"{suite}-security"))
        return "\n".join(stanzas)


def _stanza(uri: str, suites: str) -> str:
    return f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {KEYRING}\n"


def mirrors() -> Mirrors:
    """The Debian mirrors that apt on this machine uses."""
    found = _indexed()
    if "Debian" not in found:
        subprocess.run(["apt-get", "update"], check=True, capture_output=True)
        found = _indexed()
    if "Debian" not in found:
        raise MachineError("apt on this machine has no Debian archive among its sources")
    return Mirrors(archive=found["Debian"], security=found.get("Debian-Security"))


def _indexed() -> dict[str, str]:
    command = ["apt-get", "indextargets", "--format", INDEX, "Created-By: Packages"]
    listing = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = [line.split("|") for line in listing.splitlines()]
    return {label: uri for uri, origin, label in reversed(rows) if origin == "Debian"}


def apt_settings() -> str:
    """Proxy, certificate and validity settings of apt."""
    dump = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True)
    wanted = ("Acquire::http", "Acquire::Check-", "Acquire::Retries", "Acquire::Force")
    kept = [line for line in dump.stdout.splitlines() if line.startswith(wanted)]
    return "\n".join(['Acquire::Retries "5";', *kept, ""])


def pip_settings() -> dict[str, str]:
    """The machine's pip configuration: its files, overridden by PIP_* variables."""
    lines = _pip_config().splitlines()
    pairs = [line.partition("=")[::2] for line in lines if "=" in line]
    pairs.sort(key=lambda pair: pair[0].startswith(":env:"))
    settings = {key.rsplit(".", 1)[-1]: str(ast.literal_eval(value)) for key, value in pairs}
    # Folders of this machine do not exist inside the build.
    settings.pop("find-links", None)
    return settings


def _pip_config() -> str:
    """`pip config list`; nothing when no python here has pip, and so no settings for it."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = [python, "-m", "pip", "config", "list"]
        listing = subprocess.run(command, capture_output=True, text=True)
        if listing.returncode == 0:
            return listing.stdout
    return ""


def _pip_conf(settings: Mapping[str, str]) -> str:
    return "\n".join(["[global]", *(f"{key} = {value}" for key, value in settings.items()), ""])


def write_mounts(folder: Path, *, suite: str) -> dict[Path, str]:
    """Write the settings below `folder`; returns file on the machine -> place in the build."""
    folder.mkdir(parents=True, exist_ok=True)
    pip = pip_settings()
    certificates = Path(pip.pop("cert", HOST_CERTIFICATES))
    mounts: dict[Path, str] = {}
    if certificates.exists():
        mounts[Path(shutil.copyfile(certificates, folder / "certificates.crt"))] = CERTIFICATES
        pip["cert"] = CERTIFICATES
    if APT_AUTHORISATION.exists():
        mounts[APT_AUTHORISATION] = str(APT_AUTHORISATION)
    texts = {
        SOURCES: mirrors().sources(suite),
        APT_CONF: apt_settings(),
        PIP_CONF: _pip_conf(pip),
    }
    for place, text in texts.items():
        file = folder / Path(place).name
        file.write_text(text)
        mounts[file] = place
    return mounts
