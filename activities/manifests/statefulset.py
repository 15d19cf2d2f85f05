"""The StatefulSet that keeps a cluster's database pods."""

import copy

from activities.manifests import pod_template, volumes
from activities.manifests.inputs import PodEnvironment
from activities.manifests.instances import number_of_instances
from activities.manifests.metadata import (
    Manifest,
    object_labels,
    owned,
    propagated_annotations,
    selector_labels,
)
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError, InvalidConfiguration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

_POD_MANAGEMENT = {"ordered_ready": "OrderedReady", "parallel": "Parallel"}


def build(
    *, cluster: Postgresql, configuration: Configuration, environment: PodEnvironment
) -> Manifest:
    """Nothing rolls by itself (`OnDelete`): the operator renews pods one by one, primary last."""
    template = pod_template.build(
        cluster=cluster, configuration=configuration, environment=environment
    )
    manifest = {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": owned(
            names.stateful_set(cluster.metadata.name),
            cluster=cluster,
            configuration=configuration,
            labels=object_labels(cluster, configuration),
            annotations=propagated_annotations(cluster, configuration),
        ),
        "spec": {
            "replicas": number_of_instances(cluster, configuration),
            "selector": {"matchLabels": selector_labels(cluster, configuration)},
            "serviceName": names.service(cluster.metadata.name, Role.MASTER),
            "podManagementPolicy": _pod_management(configuration),
            "updateStrategy": {"type": "OnDelete"},
            "persistentVolumeClaimRetentionPolicy": _claim_retention(configuration),
            "template": template,
            "volumeClaimTemplates": [volumes.data_claim(cluster, configuration)],
        },
    }
    # parts of the resource are taken over as they are: nobody may change it through the manifest
    return copy.deepcopy(manifest)


def _pod_management(configuration: Configuration) -> str:
    policy = configuration.pod_management_policy
    if policy not in _POD_MANAGEMENT:
        accepted = " or ".join(_POD_MANAGEMENT)
        raise InvalidConfiguration([FieldError("pod_management_policy", policy, accepted)])
    return _POD_MANAGEMENT[policy]


def _claim_retention(configuration: Configuration) -> Manifest:
    policy = configuration.persistent_volume_claim_retention_policy
    return {
        field: "Delete" if policy.get(key) == "delete" else "Retain"
        for field, key in (("whenDeleted", "when_deleted"), ("whenScaled", "when_scaled"))
    }
