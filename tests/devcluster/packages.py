"""What the platform needs of the machine: programs from Debian packages, and kernel modules.

A program that is there already is used as it is, whatever package it came from. Installing never
removes another package and never starts a service.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.devcluster.layout import Refused
from tests.devcluster.progress import Failed

CNI_PLUGINS = Path("/usr/lib/cni")

# program (or path) -> Debian package
PROGRAMS = {
    "containerd": "containerd",
    "ctr": "containerd",
    "containerd-shim-runc-v2": "containerd",
    "runc": "runc",
    str(CNI_PLUGINS / "bridge"): "containernetworking-plugins",
    "iptables": "iptables",
    "ip": "iproute2",
    "sysctl": "procps",
    "mount": "mount",
    "losetup": "mount",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "mkfs.xfs": "xfsprogs",
    "xfs_growfs": "xfsprogs",
    "openssl": "openssl",
}

# What must be there in the kernel, built in or as a module: module -> a path that proves it
MODULES = {
    "loop": "/dev/loop-control",
    "br_netfilter": "/proc/sys/net/bridge",
    "overlay": "/sys/module/overlay",
    "xfs": "/sys/module/xfs",
    "veth": "",
    "nf_conntrack": "",
    "xt_MASQUERADE": "",
}

POLICY = Path("/usr/sbin/policy-rc.d")


def missing() -> list[str]:
    """The Debian packages that would bring the programs which are not there."""
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    absent = {pkg for program, pkg in PROGRAMS.items() if not shutil.which(program, path=search)}
    return sorted(absent)


def ensure(say: Callable[[str], None]) -> None:
    """Install what is missing. The second run finds nothing missing."""
    wanted = missing()
    if wanted:
        say(f"installing the Debian packages {' '.join(wanted)}")
        with _no_services_started():
            if _install(wanted).returncode != 0:
                _apt(["update"])
                done = _install(wanted)
                if done.returncode != 0:
                    raise Failed(f"apt-get install {' '.join(wanted)}:\n{done.stdout[-1500:]}")
    _load_modules()


def _install(packages: list[str]) -> subprocess.CompletedProcess[str]:
    # --no-remove: on a machine with Docker's own containerd.io this fails instead of replacing it.
    return _apt(["install", "--yes", "--no-install-recommends", "--no-remove", *packages])


def _apt(words: list[str]) -> subprocess.CompletedProcess[str]:
    if not shutil.which("apt-get"):
        raise Refused(f"this is no Debian machine; install by hand: {' '.join(missing())}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(
        ["apt-get", "-o", "DPkg::Lock::Timeout=300", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )


@contextlib.contextmanager
def _no_services_started() -> Iterator[None]:
    """Debian starts a daemon when it installs it, unless this file says no."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def _load_modules() -> None:
    bridges_filtered = Path(MODULES["br_netfilter"]).exists()
    for module, proof in MODULES.items():
        if proof and Path(proof).exists():
            continue
        if shutil.which("modprobe"):
            subprocess.run(["modprobe", "--quiet", module], check=False, capture_output=True)
        in_kernel = proof and (Path(proof).exists() or _filesystem(module))
        if proof and not in_kernel:
            raise Refused(f"this kernel has no {module} (neither built in nor as a module)")
    if not bridges_filtered:
        # Loading it has switched it on for the host's own bridges, which must not notice us.
        for switch in Path(MODULES["br_netfilter"]).glob("bridge-nf-call-*"):
            switch.write_text("0")


def _filesystem(name: str) -> bool:
    known = Path("/proc/filesystems").read_text().split()
    return name in known
