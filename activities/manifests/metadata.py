"""Labels, annotations and owner references of child objects."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workflows.model import golang, names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

Manifest = dict[str, Any]


# -------------------------------------------------------------------------------------- labels


def selector_labels(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """The labels that find a cluster's objects; part of selectors, so they never change."""
    return {
        **configuration.cluster_labels,
        configuration.cluster_name_label: cluster.metadata.name,
    }


def role_selector(cluster: Postgresql, configuration: Configuration, role: Role) -> dict[str, str]:
    return {**selector_labels(cluster, configuration), configuration.pod_role_label: role.value}


def object_labels(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """What every child object carries. An inherited label may overwrite any of the others."""
    return {
        **selector_labels(cluster, configuration),
        names.TEAM: cluster.spec.team_id,
        **_inherited(cluster.metadata.labels, configuration.inherited_labels),
    }


def role_labels(cluster: Postgresql, configuration: Configuration, role: Role) -> dict[str, str]:
    return {**object_labels(cluster, configuration), configuration.pod_role_label: role.value}


# --------------------------------------------------------------------------------- annotations


def inherited_annotations(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """What every child object carries."""
    return _inherited(cluster.metadata.annotations, configuration.inherited_annotations)


def propagated_annotations(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """For objects that a down-scaler looks at: also the annotations that are meant for it."""
    patterns = [re.compile(p) for p in configuration.downscaler_annotations if golang.is_pattern(p)]
    return {
        **inherited_annotations(cluster, configuration),
        **{
            key: value
            for key, value in cluster.metadata.annotations.items()
            if any(pattern.search(key) for pattern in patterns)
        },
    }


def pod_annotations(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """For pods that may reach the cloud: database pods and logical backups."""
    annotations = plain_pod_annotations(cluster, configuration)
    if configuration.kube_iam_role:
        annotations[names.KUBE2IAM_ROLE] = configuration.kube_iam_role
    return annotations


def plain_pod_annotations(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """For every pod."""
    return {
        **configuration.custom_pod_annotations,
        **cluster.spec.pod_annotations,
        **inherited_annotations(cluster, configuration),
    }


def _inherited(values: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in values.items() if key in keys}


# -------------------------------------------------------------------------------------- whole


def owner_references(cluster: Postgresql, configuration: Configuration) -> list[Manifest]:
    """The resource's own owners own its children too; the resource itself only when asked for."""
    owners: list[Manifest] = list(cluster.metadata.owner_references)
    if configuration.enable_owner_references:
        owners.append(
            {
                "apiVersion": names.API_VERSION,
                "kind": names.KIND,
                "name": cluster.metadata.name,
                "uid": cluster.metadata.uid,
                "controller": True,
            }
        )
    return owners


def owned(
    name: str,
    *,
    cluster: Postgresql,
    configuration: Configuration,
    labels: Mapping[str, str],
    annotations: Mapping[str, str],
) -> Manifest:
    """The metadata of a child object in the cluster's namespace; empty parts are left out."""
    return present(
        {
            "name": name,
            "namespace": cluster.metadata.namespace,
            "labels": dict(labels),
            "annotations": dict(annotations),
            "ownerReferences": owner_references(cluster, configuration),
        }
    )


def present(fields: Mapping[str, Any]) -> Manifest:
    """Without what is empty or None: the API server stores it that way."""
    return {key: value for key, value in fields.items() if value not in (None, "", [], {})}
