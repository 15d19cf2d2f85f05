"""The template of a database pod."""

from collections.abc import Sequence

from activities.manifests import postgres_environment, resources, scheduling, sidecars, volumes
from activities.manifests.inputs import PodEnvironment
from activities.manifests.metadata import Manifest, object_labels, pod_annotations, present
from activities.manifests.volumes import Mounted
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

PATRONI_PORT = 8008
POSTGRES_PORT = 5432
_MONITORING_PORT = 8080

_READINESS = {
    "httpGet": {"path": "/readiness", "port": PATRONI_PORT, "scheme": "HTTP"},
    "initialDelaySeconds": 6,
    "periodSeconds": 10,
    "timeoutSeconds": 5,
    "successThreshold": 1,
    "failureThreshold": 3,
}


def build(
    *, cluster: Postgresql, configuration: Configuration, environment: PodEnvironment
) -> Manifest:
    mounted = volumes.of_pod(cluster, configuration)
    postgres = _postgres(cluster, configuration, environment=environment, mounted=mounted)
    beside = sidecars.of_pod(cluster=cluster, configuration=configuration, mounted=mounted)
    return {
        "metadata": present(
            {
                "namespace": cluster.metadata.namespace,
                "labels": object_labels(cluster, configuration),
                "annotations": pod_annotations(cluster, configuration),
            }
        ),
        "spec": {
            **_placement(cluster, configuration),
            "serviceAccountName": configuration.pod_service_account_name,
            "terminationGracePeriodSeconds": grace_seconds(configuration),
            "securityContext": pod_security(cluster, configuration),
            **present(
                {
                    "initContainers": cluster.spec.init_containers,
                    "volumes": volumes.sources(mounted),
                }
            ),
            "containers": [postgres, *beside],
        },
    }


def _placement(cluster: Postgresql, configuration: Configuration) -> Manifest:
    spec = cluster.spec
    return present(
        {
            "schedulerName": spec.scheduler_name,
            "priorityClassName": spec.pod_priority_class_name
            or configuration.pod_priority_class_name,
            "affinity": scheduling.affinity(
                cluster, configuration, apart=object_labels(cluster, configuration)
            ),
            "tolerations": scheduling.tolerations(cluster, configuration),
            "topologySpreadConstraints": spec.topology_spread_constraints,
        }
    )


def _postgres(
    cluster: Postgresql,
    configuration: Configuration,
    *,
    environment: PodEnvironment,
    mounted: Sequence[Mounted],
) -> Manifest:
    spec = cluster.spec
    readiness = _READINESS if configuration.enable_readiness_probe else None
    return {
        "name": names.POSTGRES_CONTAINER,
        "image": spec.docker_image or configuration.docker_image,
        "imagePullPolicy": "IfNotPresent",
        "ports": ports(),
        "resources": resources.of_database(cluster, configuration),
        "env": postgres_environment.build(
            cluster=cluster, configuration=configuration, environment=environment
        ),
        "volumeMounts": [
            volumes.data_mount(spec.volume),
            *volumes.mounts(mounted, names.POSTGRES_CONTAINER),
        ],
        "securityContext": {
            **container_security(configuration),
            **_capabilities(configuration),
        },
        **present(
            {
                "envFrom": spec.env_from,
                "readinessProbe": readiness,
                "livenessProbe": spec.liveness_probe or configuration.liveness_probe,
            }
        ),
    }


def pod_security(cluster: Postgresql, configuration: Configuration) -> Manifest:
    """Each id from the manifest, else from the configuration; 0 is an id, too."""
    spec = cluster.spec
    ids = {
        "runAsUser": (spec.spilo_run_as_user, configuration.spilo_runasuser),
        "runAsGroup": (spec.spilo_run_as_group, configuration.spilo_runasgroup),
        "fsGroup": (spec.spilo_fs_group, configuration.spilo_fsgroup),
    }
    chosen = {key: own if own is not None else other for key, (own, other) in ids.items()}
    return {key: value for key, value in chosen.items() if value is not None}


def container_security(configuration: Configuration) -> Manifest:
    return {
        "allowPrivilegeEscalation": configuration.spilo_allow_privilege_escalation,
        "privileged": configuration.spilo_privileged,
        "readOnlyRootFilesystem": False,
    }


def _capabilities(configuration: Configuration) -> Manifest:
    added = [name.upper() for name in configuration.additional_pod_capabilities]
    return {"capabilities": {"add": added}} if added else {}


def ports() -> list[Manifest]:
    return [
        {"containerPort": port, "protocol": "TCP"}
        for port in (PATRONI_PORT, POSTGRES_PORT, _MONITORING_PORT)
    ]


def grace_seconds(configuration: Configuration) -> int:
    return int(configuration.pod_terminate_grace_period.total_seconds())
