"""Which objects are children of a cluster, told from the objects themselves.

Never from memory: what an operator of another time or make has left is found as well. Labels
alone are not enough, as people copy them onto objects of their own.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from activities.kube import ownership
from activities.kube.client import Kube
from activities.manifests import event_stream, logical_backup, pooler
from workflows.model import names
from workflows.model.base import ClusterRef
from workflows.model.children import Stage
from workflows.model.configuration import Configuration
from workflows.model.names import Role

STAGES: Final[Mapping[Stage, tuple[str, ...]]] = {
    Stage.EVENT_STREAMS: (event_stream.KIND,),
    Stage.LOGICAL_BACKUP: ("CronJob", "Job"),
    Stage.STATEFUL_SET: ("StatefulSet",),
    Stage.PODS: ("Pod",),
    Stage.VOLUME_CLAIMS: ("PersistentVolumeClaim",),
    Stage.SECRETS: ("Secret",),
    Stage.DISRUPTION_BUDGETS: ("PodDisruptionBudget",),
    Stage.SERVICES: ("Service",),
    Stage.PATRONI_OBJECTS: ("Service", "ConfigMap", "Endpoints"),
    Stage.CONNECTION_POOLER: ("Deployment", "Service", "Secret"),
}
"""Kinds that each stage of a deletion deletes; the last stage deletes nothing."""


def label(ref: ClusterRef, configuration: Configuration) -> dict[str, str]:
    """What all children carry."""
    return {configuration.cluster_name_label: ref.name}


def selector(ref: ClusterRef, configuration: Configuration) -> dict[str, str]:
    """What all children carry but for poolers and backups, which are another application."""
    return {**configuration.cluster_labels, **label(ref, configuration)}


def belongs(
    stage: Stage,
    kind: str,
    child: Mapping[str, Any],
    *,
    ref: ClusterRef,
    configuration: Configuration,
) -> bool:
    """Whether an object with the cluster's label is to be deleted in this stage."""
    name = str(child["metadata"]["name"])
    match stage:
        case Stage.EVENT_STREAMS:
            return is_stream(child, ref)
        case Stage.LOGICAL_BACKUP:
            return is_backup(child)
        case Stage.STATEFUL_SET:
            return name == names.stateful_set(ref.name)
        case Stage.PODS:
            return _numbered(name, names.pod(ref.name, 0))
        case Stage.VOLUME_CLAIMS:
            return _numbered(name, names.volume_claim(ref.name, 0))
        case Stage.SECRETS:
            ours = ownership.is_ours(child) and not is_pooler(child)
            return ours or is_credentials(name, ref, configuration)
        case Stage.DISRUPTION_BUDGETS:
            return name in _budgets(ref, configuration) or ownership.is_ours(child)
        case Stage.SERVICES:
            return name in _services(ref)
        case Stage.PATRONI_OBJECTS:
            return name in _patroni_objects(kind, ref)
        case Stage.CONNECTION_POOLER:
            return is_pooler(child)
        case Stage.FINALIZER:
            return False


def is_stream(child: Mapping[str, Any], ref: ClusterRef) -> bool:
    """Whether an event stream was made here, and not by a person."""
    return child["metadata"]["name"].startswith(f"{ref.name}-") and ownership.is_ours(child)


def is_backup(child: Mapping[str, Any]) -> bool:
    """Whether it is the CronJob for logical backups, or a Job of it, also one started by hand."""
    labels = child["metadata"].get("labels") or {}
    return labels.get(names.APPLICATION) == logical_backup.APPLICATION


def pooler_of(child: Mapping[str, Any]) -> str:
    """The connection pooler that an object belongs to, or nothing."""
    labels: Mapping[str, str] = child["metadata"].get("labels") or {}
    if labels.get(names.APPLICATION) != pooler.APPLICATION:
        return ""
    return labels.get(names.CONNECTION_POOLER, "")


def is_pooler(child: Mapping[str, Any]) -> bool:
    """Whether it goes with its pooler; the login of the pooler's role is among the Secrets."""
    name = pooler_of(child)
    return bool(name) and child["metadata"]["name"] in (name, f"{name}-u")


def database_pods(
    listed: Iterable[dict[str, Any]], ref: ClusterRef, configuration: Configuration
) -> list[dict[str, Any]]:
    """Those of the cluster's pods that its StatefulSet makes, by name; not its pooler's."""
    own = [
        pod
        for pod in listed
        if belongs(Stage.PODS, "Pod", pod, ref=ref, configuration=configuration)
    ]
    return sorted(own, key=lambda pod: str(pod["metadata"]["name"]))


def list_database_pods(
    kube: Kube, ref: ClusterRef, configuration: Configuration
) -> list[dict[str, Any]]:
    """Read from the API server now."""
    listed = kube.list("Pod", ref.namespace, selector(ref, configuration), fresh=True)
    return database_pods(listed, ref, configuration)


def volume_claims(
    listed: Iterable[Mapping[str, Any]], ref: ClusterRef, configuration: Configuration
) -> list[dict[str, Any]]:
    """Those of the members' volumes, by name."""
    stage, kind = Stage.VOLUME_CLAIMS, "PersistentVolumeClaim"
    return [
        dict(claim)
        for claim in listed
        if belongs(stage, kind, claim, ref=ref, configuration=configuration)
    ]


def is_credentials(name: str, ref: ClusterRef, configuration: Configuration) -> bool:
    """Whether a Secret has a name such as we give those of this cluster's roles."""
    user = "\N{SNOWMAN}"
    template = names.credentials_secret(
        user,
        cluster=ref.name,
        namespace=ref.namespace,
        template=configuration.secret_name_template,
    )
    pattern = re.escape(template).replace(re.escape(user), "[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
    return user in template and re.fullmatch(pattern, name) is not None


def _numbered(name: str, first: str) -> bool:
    """Whether `name` differs from `first` only in the number at its end."""
    return re.fullmatch(re.escape(first.removesuffix("0")) + r"\d+", name) is not None


def _budgets(ref: ClusterRef, configuration: Configuration) -> set[str]:
    primary = names.primary_budget(ref.name, configuration.pdb_name_format)
    return {primary, names.critical_budget(ref.name)}


def _services(ref: ClusterRef) -> set[str]:
    return {names.service(ref.name, role) for role in Role}


def _patroni_objects(kind: str, ref: ClusterRef) -> set[str]:
    """Patroni's own, and Endpoints that stay behind when their service goes."""
    if kind == "Service":
        return {names.config_service(ref.name)}
    objects = set(names.patroni_objects(ref.name, config_maps=kind == "ConfigMap"))
    return objects if kind == "ConfigMap" else objects | _services(ref)
