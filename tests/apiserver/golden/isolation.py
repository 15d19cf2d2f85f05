"""Network, mounts and processes of a run are its own: nothing leaks, and runs don't collide.

Addresses of pods and of cluster DNS exist only inside; so do the ports of all servers. When the
outer process ends, in whatever way, the kernel ends everything inside.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tests.apiserver.golden.fake_node import DNS_ADDRESS, POD_NETWORK

_MARK = "GOLDEN_RUN_IS_ISOLATED"
_NAMESPACES = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def inside() -> bool:
    return _MARK in os.environ


def enter(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the same program in namespaces of its own."""
    user = [] if os.getuid() == 0 else ["--map-root-user"]
    words = ["unshare", *user, *_NAMESPACES, sys.executable, "-m", module, *arguments]
    os.execvpe("unshare", words, {**os.environ, _MARK: "1"})


def prepare(home: Path) -> None:
    """Loopback, addresses for pods, and cluster DNS for every process inside."""
    _run("ip", "link", "set", "lo", "up")
    _run("ip", "route", "add", "local", str(POD_NETWORK), "dev", "lo")
    resolv = home / "resolv.conf"
    resolv.write_text(f"nameserver {DNS_ADDRESS}\noptions ndots:1 timeout:1 attempts:1\n")
    _run("mount", "--bind", str(resolv), "/etc/resolv.conf")


def _run(*words: str) -> None:
    subprocess.run(words, check=True)
