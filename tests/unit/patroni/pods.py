"""Database pods as Kubernetes shows them."""

from typing import Any

from tests.unit.sql_server.world import LABELS, NAME, NAMESPACE


def pod(
    ordinal: int, *, role: str = "", address: str = "127.0.0.1", phase: str = "Running"
) -> dict[str, Any]:
    labels = {**LABELS, **({"spilo-role": role} if role else {})}
    name = f"{NAME}-{ordinal}"
    return {
        "kind": "Pod",
        "metadata": {"namespace": NAMESPACE, "name": name, "uid": name, "labels": labels},
        "status": {"phase": phase, "podIP": address},
    }


def unscheduled(ordinal: int) -> dict[str, Any]:
    waiting = pod(ordinal, phase="Pending", address="")
    waiting["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}
    ]
    return waiting
