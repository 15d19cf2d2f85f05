"""Which nodes are to be left, so that whoever empties them need not wait. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DRAIN_TAINTS = (
    "ToBeDeletedByClusterAutoscaler",
    "karpenter.sh/disrupted",
    "karpenter.sh/disruption",
    "cloud.google.com/impending-node-termination",
    "aws-node-termination-handler/scheduled-maintenance",
    "aws-node-termination-handler/spot-itn",
    "aws-node-termination-handler/rebalance-recommendation",
)
"""Set by what removes nodes, before it evicts their pods; not all of them cordon as well."""
REPELLING = ("NoSchedule", "NoExecute")
"""Effects of taints that keep new pods away."""


@dataclass(frozen=True)
class NodeRule:
    """By which rule nodes are judged; `readiness`: labels that keep a cordoned node in service."""

    readiness: Mapping[str, str] = field(default_factory=dict)

    def why_leave(self, node: Mapping[str, Any]) -> str:
        """Why its members are to move, to follow "a node that", or nothing."""
        labels: Mapping[str, str] = node["metadata"].get("labels") or {}
        if labels.get("master") == "true":
            return ""
        return next(self._whys(node.get("spec") or {}, labels), "")

    def _whys(self, spec: Mapping[str, Any], labels: Mapping[str, str]) -> Iterator[str]:
        ready = self.readiness and self.readiness.items() <= labels.items()
        if spec.get("unschedulable") and not ready:
            yield "is cordoned"
        for taint in spec.get("taints") or []:
            if taint.get("key") in DRAIN_TAINTS and taint.get("effect") in REPELLING:
                yield f"is about to be removed (taint {taint['key']})"
