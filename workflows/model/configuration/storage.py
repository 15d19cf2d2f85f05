"""Parameters of load balancers, clouds and logical backups."""

from workflows.model.configuration.parameter import choice, cpu, memory, parameter
from workflows.model.configuration.section import Section
from workflows.model.fields import CRON_ACCEPTED, CRON_PATTERN, at_least, pattern

BACKUP_IMAGE = "ghcr.io/zalando/postgres-operator/logical-backup:v2.0.1"


class LoadBalancer(Section):
    """Section `load_balancer`."""

    custom_service_annotations: dict[str, str] = parameter(
        "Annotations of database and pooler services, below the cluster's own"
    )
    db_hosted_zone: str = parameter(
        "`{hostedzone}` of the DNS names", fallback="db.example.com", config_map="db.example.com"
    )
    enable_master_load_balancer: bool = parameter(
        "Load balancer to primaries, unless the cluster says", config_map=True
    )
    enable_master_node_port: bool = parameter("Node port to primaries, unless the cluster says")
    enable_master_pooler_load_balancer: bool = parameter(
        "Load balancer to primaries' poolers, unless the cluster says"
    )
    enable_master_pooler_node_port: bool = parameter(
        "Node port to primaries' poolers, unless the cluster says"
    )
    enable_replica_load_balancer: bool = parameter(
        "Load balancer to replicas, unless the cluster says"
    )
    enable_replica_node_port: bool = parameter("Node port to replicas, unless the cluster says")
    enable_replica_pooler_load_balancer: bool = parameter(
        "Load balancer to replicas' poolers, unless the cluster says"
    )
    enable_replica_pooler_node_port: bool = parameter(
        "Node port to replicas' poolers, unless the cluster says"
    )
    external_traffic_policy: str = choice(
        "`externalTrafficPolicy` of load balancers and node ports",
        ("Cluster", "Local"),
        default="Cluster",
    )
    master_dns_name_format: str = parameter(
        "DNS name of the primary's load balancer, with `{cluster}`, `{namespace}`, `{team}` and "
        "`{hostedzone}`",
        schema="{cluster}.{namespace}.{hostedzone}",
        config_map="{cluster}.{namespace}.{hostedzone}",
    )
    master_legacy_dns_name_format: str = parameter(
        "Its second DNS name when the cluster's name begins with the team, without `{namespace}`",
        schema="{cluster}.{team}.{hostedzone}",
        config_map="{cluster}.{team}.{hostedzone}",
    )
    replica_dns_name_format: str = parameter(
        "DNS name of the replicas' load balancer",
        schema="{cluster}-repl.{namespace}.{hostedzone}",
        config_map="{cluster}-repl.{namespace}.{hostedzone}",
    )
    replica_legacy_dns_name_format: str = parameter(
        "Its second DNS name, likewise",
        schema="{cluster}-repl.{team}.{hostedzone}",
        config_map="{cluster}-repl.{team}.{hostedzone}",
    )


class AwsOrGcp(Section):
    """Section `aws_or_gcp`."""

    additional_secret_mount: str = parameter("Secret mounted in database and backup pods")
    additional_secret_mount_path: str = parameter("Where it is mounted")
    aws_region: str = parameter(
        "Region of the EC2 API, for volumes", schema="eu-central-1", config_map="eu-central-1"
    )
    gcp_credentials: str = parameter("File of the Google credentials in the pods")
    irsa_role_arn: str = parameter("AWS role of the pods' ServiceAccount")
    kube_iam_role: str = parameter("AWS role of the pods, for kube2iam")
    log_s3_bucket: str = parameter("Bucket of the server logs")
    wal_az_storage_account: str = parameter("Azure storage account of the WAL archive")
    wal_gs_bucket: str = parameter("Google bucket of the WAL archive")
    wal_s3_bucket: str = parameter("S3 bucket of the WAL archive")


class LogicalBackup(Section):
    """Section `logical_backup`."""

    logical_backup_azure_storage_account_key: str = parameter(
        "Key of the Azure storage account", secret=True
    )
    logical_backup_azure_storage_account_name: str = parameter("Azure storage account")
    logical_backup_azure_storage_container: str = parameter("Azure container")
    logical_backup_cpu_limit: str = cpu("CPU limit of a backup; empty: `default_cpu_limit`")
    logical_backup_cpu_request: str = cpu("CPU request of a backup, likewise")
    logical_backup_cronjob_environment_secret: str = parameter(
        "Secret whose keys become environment of the backup"
    )
    logical_backup_docker_image: str = parameter("Backup image", everywhere=BACKUP_IMAGE)
    logical_backup_failed_jobs_history_limit: int = parameter(
        "Failed jobs that are kept",
        everywhere=3,
        accepts=at_least(0),
        accepts_text=at_least(0),
        zero_stands=True,
    )
    logical_backup_google_application_credentials: str = parameter(
        "Google credentials of the backup", secret=True
    )
    logical_backup_job_prefix: str = parameter(
        "Beginning of the CronJobs' names; can be empty in a ConfigMap only",
        everywhere="logical-backup-",
    )
    logical_backup_memory_limit: str = memory("Memory limit of a backup, likewise")
    logical_backup_memory_request: str = memory("Memory request of a backup, likewise")
    logical_backup_provider: str = choice(
        "Where dumps go: s3, gcs or az", ("az", "gcs", "s3"), default="s3"
    )
    logical_backup_s3_access_key_id: str = parameter("Access key; visible in the pod")
    logical_backup_s3_bucket: str = parameter("Bucket of the dumps, with any provider")
    logical_backup_s3_bucket_prefix: str = parameter(
        "Folder in the bucket", fallback="spilo", config_map="spilo"
    )
    logical_backup_s3_endpoint: str = parameter("S3 server")
    logical_backup_s3_region: str = parameter("S3 region")
    logical_backup_s3_retention_time: str = parameter(
        "Age at which dumps in S3 are deleted, unless the cluster has `logicalBackupRetention`"
    )
    logical_backup_s3_secret_access_key: str = parameter(
        "Secret key; visible in the pod", secret=True
    )
    logical_backup_s3_sse: str = parameter("Encryption at the S3 server, such as AES256")
    logical_backup_schedule: str = parameter(
        "When, unless the cluster has `logicalBackupSchedule`",
        everywhere="30 00 * * *",
        accepts=pattern(CRON_PATTERN, CRON_ACCEPTED),
    )
    logical_backup_successful_jobs_history_limit: int = parameter(
        "Successful jobs that are kept",
        everywhere=3,
        accepts=at_least(0),
        accepts_text=at_least(0),
        zero_stands=True,
    )
    logical_backup_ttl_seconds_after_finished: int = parameter(
        "Seconds a finished job is kept",
        everywhere=86400,
        accepts=at_least(0),
        accepts_text=at_least(0),
        zero_stands=True,
    )
