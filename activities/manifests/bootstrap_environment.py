"""Environment that says where a new cluster takes its data from: a clone or a standby."""

from activities.manifests.environment import Entry, from_secret, literal
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import CloneDescription, StandbyDescription

_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token"


def of_clone(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    clone = cluster.spec.clone
    if clone is None or not clone.cluster:
        return []
    source = (
        _from_archive(clone, configuration)
        if clone.timestamp
        else _from_primary(clone, cluster.metadata.namespace, configuration)
    )
    return [
        literal("CLONE_SCOPE", clone.cluster),
        *source,
        *_cloud_identity("CLONE", configuration),
    ]


def _from_primary(
    clone: CloneDescription, namespace: str, configuration: Configuration
) -> list[Entry]:
    """A base backup of the living source, which must be in the same namespace."""
    password = names.credentials_secret(
        configuration.replication_username,
        cluster=clone.cluster,
        namespace=namespace,
        template=configuration.secret_name_template,
    )
    return [
        literal("CLONE_METHOD", "CLONE_WITH_BASEBACKUP"),
        literal("CLONE_HOST", clone.cluster),
        literal("CLONE_PORT", "5432"),
        literal("CLONE_USER", configuration.replication_username),
        from_secret("CLONE_PASSWORD", secret=password, key="password"),
    ]


def _from_archive(clone: CloneDescription, configuration: Configuration) -> list[Entry]:
    """A restore from the source's archive up to a time."""
    return [
        *_archive(clone, configuration),
        literal("CLONE_METHOD", "CLONE_WITH_WALE"),
        literal("CLONE_TARGET_TIME", clone.timestamp or ""),
        literal("CLONE_WAL_BUCKET_SCOPE_PREFIX", ""),
        *_s3_access(clone),
    ]


def _archive(clone: CloneDescription, configuration: Configuration) -> list[Entry]:
    if clone.s3_wal_path:
        return [literal("CLONE_WALE_S3_PREFIX", clone.s3_wal_path)]
    suffix = literal("CLONE_WAL_BUCKET_SCOPE_SUFFIX", f"/{clone.uid}" if clone.uid else "")
    return [*_bucket(configuration), suffix]


def _bucket(configuration: Configuration) -> list[Entry]:
    """The first store that the operator archives to; none leaves it to the pod environment."""
    if configuration.wal_s3_bucket:
        return [literal("CLONE_WAL_S3_BUCKET", configuration.wal_s3_bucket)]
    if configuration.wal_gs_bucket:
        entries = [literal("CLONE_WAL_GS_BUCKET", configuration.wal_gs_bucket)]
        if configuration.gcp_credentials:
            credentials = configuration.gcp_credentials
            entries.append(literal("CLONE_GOOGLE_APPLICATION_CREDENTIALS", credentials))
        return entries
    if configuration.wal_az_storage_account:
        return [literal("CLONE_AZURE_STORAGE_ACCOUNT", configuration.wal_az_storage_account)]
    return []


def _s3_access(clone: CloneDescription) -> list[Entry]:
    entries = []
    if clone.s3_endpoint:
        entries.append(literal("CLONE_AWS_ENDPOINT", clone.s3_endpoint))
        entries.append(literal("CLONE_WALE_S3_ENDPOINT", clone.s3_endpoint))
    if clone.s3_access_key_id:
        entries.append(literal("CLONE_AWS_ACCESS_KEY_ID", clone.s3_access_key_id))
    if clone.s3_secret_access_key:
        entries.append(literal("CLONE_AWS_SECRET_ACCESS_KEY", clone.s3_secret_access_key))
    if clone.s3_force_path_style is not None:
        style = "1" if clone.s3_force_path_style else "0"
        entries.append(literal("CLONE_AWS_S3_FORCE_PATH_STYLE", style))
    return entries


def of_standby(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    standby = cluster.spec.standby
    if standby is None:
        return []
    return [
        *_remote_primary(standby),
        *_remote_archive(standby),
        *_cloud_identity("STANDBY", configuration),
    ]


def _remote_primary(standby: StandbyDescription) -> list[Entry]:
    if not standby.standby_host:
        return []
    entries = [literal("STANDBY_HOST", standby.standby_host)]
    if standby.standby_port:
        entries.append(literal("STANDBY_PORT", standby.standby_port))
    if standby.standby_primary_slot_name:
        entries.append(literal("STANDBY_PRIMARY_SLOT_NAME", standby.standby_primary_slot_name))
    return entries


def _remote_archive(standby: StandbyDescription) -> list[Entry]:
    if standby.s3_wal_path:
        prefix = literal("STANDBY_WALE_S3_PREFIX", standby.s3_wal_path)
    elif standby.gs_wal_path:
        prefix = literal("STANDBY_WALE_GS_PREFIX", standby.gs_wal_path)
    else:
        return []
    return [
        prefix,
        literal("STANDBY_METHOD", "STANDBY_WITH_WALE"),
        literal("STANDBY_WAL_BUCKET_SCOPE_PREFIX", ""),
    ]


def _cloud_identity(prefix: str, configuration: Configuration) -> list[Entry]:
    if not configuration.irsa_role_arn:
        return []
    return [
        literal(f"{prefix}_AWS_ROLE_ARN", configuration.irsa_role_arn),
        literal(f"{prefix}_AWS_WEB_IDENTITY_TOKEN_FILE", _TOKEN_FILE),
    ]
