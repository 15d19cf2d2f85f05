"""Environment of the container `postgres`: the contract with the database image.

Order matters twice: the first of two equal names is kept, and another order would be another pod
template. So everything is listed here in the order in which it stands in the pod.
"""

from activities.manifests import bootstrap_environment, spilo_configuration
from activities.manifests.environment import (
    Entry,
    add_missing,
    as_stored,
    from_field,
    from_secret,
    literal,
)
from activities.manifests.inputs import PodEnvironment
from activities.manifests.spilo_configuration import compact_json
from activities.manifests.version import desired_major_version
from activities.manifests.volumes import tls_files
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql

PGROOT = "/home/postgres/pgdata/pgroot"
_TLS_FILES = ("SSL_CERTIFICATE_FILE", "SSL_PRIVATE_KEY_FILE", "SSL_CA_FILE")


def build(
    *, cluster: Postgresql, configuration: Configuration, environment: PodEnvironment
) -> list[Entry]:
    entries = [
        *_identity(cluster, configuration),
        *_postgres(cluster, configuration),
        *_consensus(configuration),
    ]
    add_missing(entries, map(as_stored, cluster.spec.env))
    _add_bootstrap(entries, cluster, configuration)
    add_missing(entries, _from_secret_keys(configuration, environment))
    add_missing(entries, _from_config_map(environment))
    add_missing(entries, _archive(cluster, configuration))
    add_missing(entries, map(literal, _TLS_FILES, tls_files(cluster.spec.tls)))
    return entries


def password_of(user: str, cluster: Postgresql, configuration: Configuration) -> dict[str, str]:
    """Where the password of a role lies, as arguments of `from_secret`."""
    secret = names.credentials_secret(
        user,
        cluster=cluster.metadata.name,
        namespace=cluster.metadata.namespace,
        template=configuration.secret_name_template,
    )
    return {"secret": secret, "key": "password"}


def _identity(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    superuser, replication = configuration.super_username, configuration.replication_username
    return [
        literal("SCOPE", cluster.metadata.name),
        literal("PGROOT", PGROOT),
        from_field("POD_IP", "status.podIP"),
        from_field("POD_NAMESPACE", "metadata.namespace"),
        literal("PGUSER_SUPERUSER", superuser),
        literal("KUBERNETES_SCOPE_LABEL", configuration.cluster_name_label),
        literal("KUBERNETES_ROLE_LABEL", configuration.pod_role_label),
        from_secret("PGPASSWORD_SUPERUSER", **password_of(superuser, cluster, configuration)),
        literal("PGUSER_STANDBY", replication),
        from_secret("PGPASSWORD_STANDBY", **password_of(replication, cluster, configuration)),
        literal("PAM_OAUTH2", configuration.pam_configuration),
        literal("HUMAN_ROLE", configuration.pam_role_name),
    ]


def _postgres(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    entries = []
    if configuration.enable_spilo_wal_path_compat:
        entries.append(literal("ENABLE_WAL_PATH_COMPAT", "true"))
    if configuration.enable_pgversion_env_var:
        entries.append(literal("PGVERSION", desired_major_version(cluster, configuration)))
    labels = dict(sorted(configuration.cluster_labels.items()))
    entries.append(literal("KUBERNETES_LABELS", compact_json(labels)))
    configured = spilo_configuration.text(cluster, configuration)
    entries.append(literal("SPILO_CONFIGURATION", configured))
    return entries


def _consensus(configuration: Configuration) -> list[Entry]:
    """Where Patroni keeps its leader lock."""
    if configuration.etcd_host:
        return [literal("ETCD_HOST", configuration.etcd_host)]
    entries = [literal("DCS_ENABLE_KUBERNETES_API", "true")]
    if configuration.enable_pod_disruption_budget:
        protected = compact_json({names.CRITICAL_OPERATION: "true"})
        entries.append(literal("KUBERNETES_BOOTSTRAP_LABELS", protected))
    if configuration.kubernetes_use_configmaps:
        entries.append(literal("KUBERNETES_USE_CONFIGMAPS", "true"))
    return entries


def _add_bootstrap(entries: list[Entry], cluster: Postgresql, configuration: Configuration) -> None:
    """Clone and standby look only at the exact name: `clone_host` beside `CLONE_HOST` is allowed.

    Zalando's operator appends a second entry of the same name here. Such a list can't be applied
    on the server's side, so the manifest's own entry stays, as the documentation promises.
    """
    known = {entry["name"] for entry in entries}
    for entry in (
        *bootstrap_environment.of_clone(cluster, configuration),
        *bootstrap_environment.of_standby(cluster, configuration),
    ):
        if entry["name"] not in known:
            entries.append(entry)


def _from_secret_keys(configuration: Configuration, environment: PodEnvironment) -> list[Entry]:
    secret = configuration.pod_environment_secret
    if not secret:
        return []
    return [from_secret(key, secret=secret, key=key) for key in sorted(environment.secret_keys)]


def _from_config_map(environment: PodEnvironment) -> list[Entry]:
    return [literal(key, value) for key, value in sorted(environment.config_map.items())]


def _archive(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    """Where WAL, base backups and server logs go; the uid keeps namesakes apart."""
    suffix = f"/{cluster.metadata.uid}" if cluster.metadata.uid else ""
    wal_scope = [
        literal("WAL_BUCKET_SCOPE_SUFFIX", suffix),
        literal("WAL_BUCKET_SCOPE_PREFIX", ""),
    ]
    entries = []
    for name, bucket in (
        ("WAL_S3_BUCKET", configuration.wal_s3_bucket),
        ("WAL_GS_BUCKET", configuration.wal_gs_bucket),
        ("AZURE_STORAGE_ACCOUNT", configuration.wal_az_storage_account),
    ):
        if bucket:
            entries += [literal(name, bucket), *wal_scope]
    if configuration.gcp_credentials:
        credentials = configuration.gcp_credentials
        entries.append(literal("GOOGLE_APPLICATION_CREDENTIALS", credentials))
    if configuration.log_s3_bucket:
        entries += [
            literal("LOG_S3_BUCKET", configuration.log_s3_bucket),
            literal("LOG_BUCKET_SCOPE_SUFFIX", suffix),
            literal("LOG_BUCKET_SCOPE_PREFIX", ""),
        ]
    return entries
