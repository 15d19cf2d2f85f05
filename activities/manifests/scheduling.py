"""Where pods may run: tolerations, affinity, spreading."""

from collections.abc import Mapping, Sequence

from activities.manifests.metadata import Manifest
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def tolerations(cluster: Postgresql, configuration: Configuration) -> list[Manifest]:
    """The manifest's own; the configuration knows a single one, for clusters that have none."""
    if cluster.spec.tolerations:
        return [dict(toleration) for toleration in cluster.spec.tolerations]
    default = {
        key: configuration.toleration[key]
        for key in ("key", "operator", "value", "effect")
        if configuration.toleration.get(key)
    }
    return [dict(default)] if default else []


def affinity(
    cluster: Postgresql, configuration: Configuration, *, apart: Mapping[str, str]
) -> Manifest:
    """`apart` are the labels of pods that should not share a node with each other."""
    parts = {
        "nodeAffinity": node_affinity(cluster.spec.node_affinity, configuration),
        "podAntiAffinity": _apart(apart, configuration),
    }
    return {key: value for key, value in parts.items() if value is not None}


def node_affinity(wanted: Manifest | None, configuration: Configuration) -> Manifest | None:
    """What the manifest asks for, joined with the labels that make a node fit for databases."""
    if not configuration.node_readiness_label:
        return wanted
    ready = _ready(configuration.node_readiness_label)
    given = wanted or {}
    terms = (given.get(_REQUIRED) or {}).get("nodeSelectorTerms") or []
    joined = _joined(terms, ready, configuration.node_readiness_label_merge or "")
    return {**given, _REQUIRED: {"nodeSelectorTerms": joined}}


def _ready(labels: Mapping[str, str]) -> list[Manifest]:
    """One expression per label, sorted: an order by chance would look like a change."""
    return [
        {"key": label, "operator": "In", "values": [value]}
        for label, value in sorted(labels.items())
    ]


def _joined(terms: Sequence[Manifest], ready: list[Manifest], merge: str) -> list[Manifest]:
    """Without a way to merge the manifest's terms stand alone."""
    if not terms:
        return [{"matchExpressions": ready}]
    if merge == "OR":
        return [*terms, {"matchExpressions": ready}]
    if merge == "AND":
        # an adopted cluster was placed without matchFields; adding them would restart its pods
        return [
            {"matchExpressions": [*(term.get("matchExpressions") or []), *ready]} for term in terms
        ]
    return list(terms)


def _apart(labels: Mapping[str, str], configuration: Configuration) -> Manifest | None:
    if not configuration.enable_pod_antiaffinity:
        return None
    term = {
        "labelSelector": {"matchLabels": dict(labels)},
        "topologyKey": configuration.pod_antiaffinity_topology_key,
    }
    if configuration.pod_antiaffinity_preferred_during_scheduling:
        return {_PREFERRED: [{"weight": 1, "podAffinityTerm": term}]}
    return {_REQUIRED: [term]}
