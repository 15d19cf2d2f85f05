"""What a process uses, from what the kernel tells of it."""

import os
from pathlib import Path


def memory(process: Path) -> int:
    """Bytes, shared pages by their proportion; `process` is its folder in /proc."""
    for line in (process / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(process: Path) -> float:
    """CPU time since its start, of all threads, its own and the kernel's on its behalf."""
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
