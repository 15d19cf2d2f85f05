"""The CronJob that dumps all databases of a cluster."""

from collections.abc import Sequence

from activities.manifests import pod_template, resources, scheduling, volumes
from activities.manifests.environment import Entry, from_field, from_secret, literal
from activities.manifests.instances import number_of_instances
from activities.manifests.metadata import (
    Manifest,
    object_labels,
    owned,
    plain_pod_annotations,
    pod_annotations,
    present,
)
from activities.manifests.postgres_environment import password_of
from activities.manifests.resources import Wishes
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

APPLICATION = "spilo-logical-backup"
_CONTAINER = "logical-backup"


def build(
    *, cluster: Postgresql, configuration: Configuration, secret_keys: Sequence[str] = ()
) -> Manifest:
    """`secret_keys` are those of `logical_backup_cronjob_environment_secret`."""
    labels = {**object_labels(cluster, configuration), names.APPLICATION: APPLICATION}
    marks = {"labels": labels, "annotations": pod_annotations(cluster, configuration)}
    outer = {"labels": labels, "annotations": _outer_annotations(cluster, configuration)}
    name = names.logical_backup_job(cluster.metadata.name, configuration.logical_backup_job_prefix)
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": owned(name, cluster=cluster, configuration=configuration, **outer),
        "spec": {
            "schedule": cluster.spec.logical_backup_schedule
            or configuration.logical_backup_schedule,
            "concurrencyPolicy": "Forbid",
            # nothing could be dumped, and every run would fail
            **({} if number_of_instances(cluster, configuration) else {"suspend": True}),
            "successfulJobsHistoryLimit": (
                configuration.logical_backup_successful_jobs_history_limit
            ),
            "failedJobsHistoryLimit": configuration.logical_backup_failed_jobs_history_limit,
            "jobTemplate": {
                "metadata": present(outer),
                "spec": {
                    "ttlSecondsAfterFinished": (
                        configuration.logical_backup_ttl_seconds_after_finished
                    ),
                    "template": {
                        "metadata": present({"namespace": cluster.metadata.namespace, **marks}),
                        "spec": _pod(cluster, configuration, labels, secret_keys=secret_keys),
                    },
                },
            },
        },
    }


def _outer_annotations(cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """Of CronJob and Job: the cloud role is there too if pods have annotations of their own."""
    if configuration.custom_pod_annotations or cluster.spec.pod_annotations:
        return pod_annotations(cluster, configuration)
    return plain_pod_annotations(cluster, configuration)


def _pod(
    cluster: Postgresql,
    configuration: Configuration,
    labels: dict[str, str],
    *,
    secret_keys: Sequence[str],
) -> Manifest:
    mounted = [*volumes.additional_secret(configuration)]
    return {
        "restartPolicy": "Never",
        "serviceAccountName": configuration.pod_service_account_name,
        "terminationGracePeriodSeconds": pod_template.grace_seconds(configuration),
        "securityContext": pod_template.pod_security(cluster, configuration),
        "affinity": _affinity(configuration, labels),
        **present(
            {
                "tolerations": scheduling.tolerations(cluster, configuration),
                "topologySpreadConstraints": cluster.spec.topology_spread_constraints,
                "volumes": volumes.sources(mounted),
            }
        ),
        "containers": [
            {
                "name": _CONTAINER,
                "image": configuration.logical_backup_docker_image,
                "imagePullPolicy": "IfNotPresent",
                "ports": pod_template.ports(),
                "resources": _resources(configuration),
                "securityContext": pod_template.container_security(configuration),
                "env": _environment(cluster, configuration, secret_keys),
                **present({"volumeMounts": volumes.mounts(mounted, _CONTAINER)}),
            }
        ],
    }


def _affinity(configuration: Configuration, labels: dict[str, str]) -> Manifest:
    """Drawn to other backups of the cluster, and to nodes that are fit for databases."""
    term = {
        "labelSelector": {"matchLabels": labels},
        "topologyKey": "kubernetes.io/hostname",
    }
    near = [{"weight": 1, "podAffinityTerm": term}]
    nodes = scheduling.node_affinity(None, configuration)
    return {
        **({} if nodes is None else {"nodeAffinity": nodes}),
        "podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": near},
    }


def _resources(configuration: Configuration) -> Manifest:
    wishes = Wishes(
        {
            "cpu": configuration.logical_backup_cpu_request,
            "memory": configuration.logical_backup_memory_request,
        },
        {
            "cpu": configuration.logical_backup_cpu_limit,
            "memory": configuration.logical_backup_memory_limit,
        },
    )
    return resources.of_sidecar(wishes, configuration)


def _environment(
    cluster: Postgresql, configuration: Configuration, secret_keys: Sequence[str]
) -> list[Entry]:
    """What the Secret of the configuration has goes before everything else."""
    secret = configuration.logical_backup_cronjob_environment_secret
    own = [from_secret(key, secret=secret, key=key) for key in sorted(secret_keys) if secret]
    replaced = {entry["name"] for entry in own}
    given = [*_server(cluster, configuration), *_store(cluster, configuration)]
    return [*(entry for entry in given if entry["name"] not in replaced), *own]


def _server(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    superuser = configuration.super_username
    return [
        literal("SCOPE", cluster.metadata.name),
        literal("CLUSTER_NAME_LABEL", configuration.cluster_name_label),
        from_field("POD_NAMESPACE", "metadata.namespace"),
        literal("PG_VERSION", cluster.spec.postgresql.version),
        literal("PGPORT", str(pod_template.POSTGRES_PORT)),
        literal("PGUSER", superuser),
        literal("PGDATABASE", superuser),
        literal("PGSSLMODE", "require"),
        from_secret("PGPASSWORD", **password_of(superuser, cluster, configuration)),
    ]


def _store(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    uid = cluster.metadata.uid
    bucket = configuration.logical_backup_s3_bucket
    prefix = configuration.logical_backup_s3_bucket_prefix
    return [
        literal("LOGICAL_BACKUP_PROVIDER", configuration.logical_backup_provider),
        literal("LOGICAL_BACKUP_S3_BUCKET", bucket),
        literal("LOGICAL_BACKUP_S3_BUCKET_PREFIX", prefix),
        literal("LOGICAL_BACKUP_S3_BUCKET_SCOPE_SUFFIX", f"/{uid}" if uid else ""),
        *_of_provider(cluster, configuration),
    ]


def _of_provider(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    match configuration.logical_backup_provider:
        case "s3":
            return _s3(cluster, configuration)
        case "gcs":
            key = configuration.logical_backup_google_application_credentials
            return _given(LOGICAL_BACKUP_GOOGLE_APPLICATION_CREDENTIALS=key)
        case "az":
            return _given(
                LOGICAL_BACKUP_AZURE_STORAGE_ACCOUNT_NAME=(
                    configuration.logical_backup_azure_storage_account_name
                ),
                LOGICAL_BACKUP_AZURE_STORAGE_CONTAINER=(
                    configuration.logical_backup_azure_storage_container
                ),
                LOGICAL_BACKUP_AZURE_STORAGE_ACCOUNT_KEY=(
                    configuration.logical_backup_azure_storage_account_key
                ),
            )
        case _:
            return []


def _s3(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    """Only the keys may be missing; an empty region or endpoint is one that is not set."""
    retention = (
        cluster.spec.logical_backup_retention or configuration.logical_backup_s3_retention_time
    )
    return [
        literal("LOGICAL_BACKUP_S3_REGION", configuration.logical_backup_s3_region),
        literal("LOGICAL_BACKUP_S3_ENDPOINT", configuration.logical_backup_s3_endpoint),
        literal("LOGICAL_BACKUP_S3_SSE", configuration.logical_backup_s3_sse),
        literal("LOGICAL_BACKUP_S3_RETENTION_TIME", retention),
        *_given(
            AWS_ACCESS_KEY_ID=configuration.logical_backup_s3_access_key_id,
            AWS_SECRET_ACCESS_KEY=configuration.logical_backup_s3_secret_access_key,
        ),
    ]


def _given(**values: str) -> list[Entry]:
    return [literal(name, value) for name, value in values.items() if value]
