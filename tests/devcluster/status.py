"""What runs, where to find it, what it takes."""

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path

from tests.devcluster import addons, cgroups
from tests.devcluster.api import Api
from tests.devcluster.layout import (
    S3_PORT,
    TEMPORAL_PORT,
    TEMPORAL_UI_PORT,
    Layout,
)
from tests.devcluster.nodes import Nodes
from tests.devcluster.pki import Pki
from tests.devcluster.state import State
from tests.devcluster.supervisor import SupervisorClient

CPU_SECONDS = 2.0
NOT_RUNNING = "not running; `python -m tests.devcluster up` starts it"


@dataclass(frozen=True)
class Use:
    """What all processes of the instance take together."""

    processes: int
    resident: int  # bytes; pages that two share are counted twice
    proportional: int  # bytes; shared pages are divided among those who share
    cores: float


def environment(layout: Layout, known: State) -> dict[str, str]:
    """What a program on the host needs, to use the platform."""
    inside = known.link.inside
    return {
        "KUBECONFIG": str(layout.kubeconfig),
        "TEMPORAL_ADDRESS": f"{inside}:{TEMPORAL_PORT}",
        "TEMPORAL_UI": f"http://{inside}:{TEMPORAL_UI_PORT}",
        "S3_ENDPOINT": f"http://{inside}:{S3_PORT}",
        "S3_BUCKET": addons.S3_BUCKET,
        "AWS_ACCESS_KEY_ID": addons.S3_ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": addons.S3_SECRET_KEY,
        "AWS_REGION": addons.S3_REGION,
        "AWS_DEFAULT_REGION": addons.S3_REGION,
        "PLATFORM_AUDIT_LOG": str(layout.audit_log),
    }


def measure(layout: Layout, *, seconds: float = CPU_SECONDS) -> Use:
    before = cgroups.cpu_seconds(layout.cgroup)
    began = time.monotonic()
    time.sleep(seconds)
    took = time.monotonic() - began
    cores = (cgroups.cpu_seconds(layout.cgroup) - before) / took
    pids = cgroups.processes(layout.cgroup)
    sizes = [_memory(pid) for pid in pids]
    return Use(len(pids), sum(r for r, _ in sizes), sum(p for _, p in sizes), cores)


def report(layout: Layout, known: State) -> str:
    if not known.running:
        return NOT_RUNNING
    lines = [*_nodes(layout, known), "", *places(layout, known)]
    trouble = [
        f"{name} was restarted {entry['starts'] - 1} times: {layout.log(name)}"
        for name, entry in SupervisorClient(layout.socket).services().items()
        if entry["starts"] > 1
    ]
    return "\n".join([*lines, "", _use(measure(layout)), *trouble])


def _nodes(layout: Layout, known: State) -> list[str]:
    nodes = Nodes(layout, known, Path(known.binaries))
    ready: dict[str, bool] = {}
    with contextlib.suppress(OSError):
        ready = Api(uplink=known.link, pki=Pki(layout.pki)).nodes()
    lines = []
    for node in known.all_nodes:
        power = "on" if nodes.is_on(node) else "off"
        word = "Ready" if ready.get(node.name) else "not Ready"
        lines.append(f"node {node.name:16} {power:4} {word:10} {node.address}  pods {node.pods}")
    return lines


def places(layout: Layout, known: State) -> list[str]:
    there = environment(layout, known)
    added = [
        f"Temporal UI       {there['TEMPORAL_UI']}",
        f"Temporal          {there['TEMPORAL_ADDRESS']}",
        f"S3                {there['S3_ENDPOINT']}  (bucket {addons.S3_BUCKET})",
    ]
    return [
        *(added if "s3" in known.images else []),
        f"kubectl           export KUBECONFIG={layout.kubeconfig}",
        f"logs              {layout.logs}",
    ]


def _use(use: Use) -> str:
    return (
        f"{use.processes} processes, {use.resident / 2**20:.0f} MiB resident "
        f"({use.proportional / 2**20:.0f} MiB with shared pages counted once), "
        f"{use.cores:.0%} of one core"
    )


def _memory(pid: int) -> tuple[int, int]:
    """Resident and proportional size in bytes; nothing for a process that just ended."""
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        fields = dict(
            line.split(":", 1) for line in text.splitlines()[1:] if line.startswith(("Rss", "Pss:"))
        )
        return _kib(fields["Rss"]), _kib(fields["Pss"])
    return 0, 0


def _kib(value: str) -> int:
    return int(value.split()[0]) * 1024
