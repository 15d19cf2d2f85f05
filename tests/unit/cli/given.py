"""Objects as Kubernetes has them, with only what a test is about."""

from datetime import UTC, datetime
from typing import Any

from cli import facts
from cli.facts import Cluster, Operation
from workflows.model.names import AUTOMATIC

AT = datetime(2026, 1, 31, 2, 0, tzinfo=UTC)


def cluster(**status: Any) -> Cluster:
    said = {
        "PostgresClusterStatus": "Running",
        "observedGeneration": 3,
        "membersReady": "2/2",
        "conditions": [{"type": "Ready", "status": "True", "reason": "MembersServe"}],
        "members": [
            {"name": "shop-0", "role": "master", "state": "running", "timeline": 4},
            {"name": "shop-1", "role": "replica", "state": "streaming", "lag": 2048, "timeline": 4},
        ],
    }
    return facts.cluster(
        {
            "metadata": {
                "name": "shop",
                "namespace": "prod",
                "generation": 3,
                "creationTimestamp": "2026-01-31T01:00:00Z",
            },
            "spec": {"postgresql": {"version": "17"}},
            "status": said | status,
        }
    )


def operation(
    name: str = "shop-roll",
    *,
    cluster: str = "shop",
    kind: str = "rolling-update",
    said: str = "",
    automatic: bool = True,
    **status: Any,
) -> Operation:
    return facts.operation(
        {
            "metadata": {
                "name": name,
                "namespace": "prod",
                "creationTimestamp": "2026-01-31T01:50:00Z",
                "annotations": {AUTOMATIC: "true"} if automatic else {},
            },
            "spec": {"cluster": cluster, "kind": kind} | ({"steering": said} if said else {}),
            "status": status,
        }
    )
