"""Whether another node could take a pod, as its scheduler would see it. Pure.

Asked before a pod is deleted so that it moves: one that fits nowhere else would only be missing.
How much room nodes have is left to the scheduler, which tells why it finds none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workflows.model.nodes import REPELLING, NodeRule

Object = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Places:
    """The nodes there are, and where a cluster's pods are."""

    nodes: Sequence[Object]
    pods: Sequence[Object]
    rule: NodeRule

    def obstacle(self, pod: Object, volumes: Sequence[Object]) -> str:
        """Why no other node takes the pod with its volumes, or nothing."""
        here = pod["spec"].get("nodeName")
        others = [node for node in self.nodes if _name(node) != here]
        whys = {_name(node): next(self._whys(pod, volumes, node), "") for node in others}
        if not all(whys.values()):
            return ""
        bound = [volume for volume in volumes if not any(_admits(volume, one) for one in others)]
        if bound:
            return f"its volume {_name(bound[0])} can't be used on another node"
        told = ", ".join(f"{name} {why}" for name, why in sorted(whys.items()))
        return f"no other node takes it: {told}" if told else "there is no other node"

    def _whys(self, pod: Object, volumes: Sequence[Object], node: Object) -> Iterator[str]:
        """What keeps the pod from this node."""
        if left := self.rule.why_leave(node):
            yield left
        if node["spec"].get("unschedulable"):
            yield "is cordoned"
        if not _is_ready(node):
            yield "is not ready"
        for volume in volumes:
            if not _admits(volume, node):
                yield f"can't use volume {_name(volume)}"
        if not _selects(pod["spec"], node):
            yield "has not the labels it asks for"
        for taint in node["spec"].get("taints") or []:
            if taint.get("effect") in REPELLING and not _tolerates(pod["spec"], taint):
                yield f"has taint {taint['key']}"
        if self._crowded(pod, node):
            yield "has another member of the cluster"

    def _crowded(self, pod: Object, node: Object) -> bool:
        """Whether a member that it must keep apart from is there, or in the same zone."""
        apart = _part(pod["spec"], "podAntiAffinity") or []
        keys = [term["topologyKey"] for term in apart]
        if not keys:
            return False
        homes = {
            str(one["spec"].get("nodeName") or "")
            for one in self.pods
            if one["metadata"]["name"] != pod["metadata"]["name"]
        }
        taken = [_labels(one) for one in self.nodes if _name(one) in homes]
        labels = _labels(node)
        return any(key in labels and labels[key] == one.get(key) for key in keys for one in taken)


def _admits(volume: Object, node: Object) -> bool:
    required = ((volume.get("spec") or {}).get("nodeAffinity") or {}).get("required")
    return required is None or _matches_any(required["nodeSelectorTerms"], node)


def _selects(spec: Object, node: Object) -> bool:
    wanted: Mapping[str, str] = spec.get("nodeSelector") or {}
    required = _part(spec, "nodeAffinity")
    fits = required is None or _matches_any(required["nodeSelectorTerms"], node)
    return fits and wanted.items() <= _labels(node).items()


def _part(spec: Object, name: str) -> Any:
    """What is required, not only preferred, by one kind of affinity."""
    part = (spec.get("affinity") or {}).get(name) or {}
    return part.get("requiredDuringSchedulingIgnoredDuringExecution")


def _matches_any(terms: Sequence[Object], node: Object) -> bool:
    return any(_matches(term, node) for term in terms)


def _matches(term: Object, node: Object) -> bool:
    labels = [_holds(one, _labels(node)) for one in term.get("matchExpressions") or []]
    names = {"metadata.name": _name(node)}
    return all(labels + [_holds(one, names) for one in term.get("matchFields") or []])


def _holds(expression: Object, labels: Mapping[str, str]) -> bool:
    value = labels.get(expression["key"])
    values = expression.get("values") or []
    match expression["operator"]:
        case "In":
            return value in values
        case "NotIn":
            return value not in values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt":
            return value is not None and int(value) > int(values[0])
        case _:
            return value is not None and int(value) < int(values[0])


def _tolerates(spec: Object, taint: Object) -> bool:
    return any(_is_tolerated(one, taint) for one in spec.get("tolerations") or [])


def _is_tolerated(toleration: Object, taint: Object) -> bool:
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    exists = toleration.get("operator") == "Exists"
    if not toleration.get("key"):
        return exists
    same = toleration["key"] == taint["key"]
    return same and (exists or (toleration.get("value") or "") == (taint.get("value") or ""))


def _is_ready(node: Object) -> bool:
    found = (node.get("status") or {}).get("conditions") or []
    return any(one["type"] == "Ready" and one["status"] == "True" for one in found)


def _labels(thing: Object) -> Mapping[str, str]:
    return thing["metadata"].get("labels") or {}


def _name(thing: Object) -> str:
    return str(thing["metadata"]["name"])
