"""The nested parts of `spec`, each a class; field descriptions become schema and reference."""

from typing import Annotated

from pydantic import ConfigDict, Field

from workflows.model.fields import (
    NULLABLE,
    OPEN,
    Core,
    Cpu,
    Int32,
    Int64,
    Memory,
    ObjectName,
    Resource,
    Rule,
    SnakeResource,
    Timestamp,
    UInt32,
    Uuid,
    at_least,
    at_most,
    kubernetes,
    one_of,
)

STANDBY_SOURCES = ("s3_wal_path", "gs_wal_path", "standby_host")
VERSIONS = ("14", "15", "16", "17", "18")
FLAGS = ("bypassrls", "createdb", "createrole", "inherit", "login", "replication", "superuser")
_WRITTEN = tuple(
    written for flag in FLAGS for word in (flag, f"no{flag}") for written in (word, word.upper())
)
UserFlag = Annotated[
    str,
    Rule(
        accepted=f"one of {', '.join(FLAGS)}, or one of these with `no` before it",
        schema={"enum": list(_WRITTEN)},
        check=lambda flag: flag in _WRITTEN,
    ),
]


class PostgresqlParam(Resource):
    """Which Postgres, and its settings."""

    version: Annotated[str, one_of(*VERSIONS)] = Field(description="Major version of Postgres")
    parameters: dict[str, str] = Field(
        default_factory=dict, description="Settings of the server, as in postgresql.conf"
    )


class ResourceDescription(Resource):
    """Amounts of one side, requests or limits."""

    cpu: Cpu | None = Field(None, description="Processor time; operator's default when absent")
    memory: Memory | None = Field(None, description="Memory; operator's default when absent")
    hugepages_2mi: Memory | None = Field(
        None, alias="hugepages-2Mi", description="Huge pages of 2 MiB; none when absent"
    )
    hugepages_1gi: Memory | None = Field(
        None, alias="hugepages-1Gi", description="Huge pages of 1 GiB; none when absent"
    )


class Resources(Resource):
    """Requests and limits of a container."""

    requests: ResourceDescription = Field(
        default_factory=ResourceDescription, description="What the scheduler reserves"
    )
    limits: ResourceDescription = Field(
        default_factory=ResourceDescription, description="What the container can't exceed"
    )


class Volume(Resource):
    """The data volume of each member."""

    size: Memory = Field(description="Size of the persistent volume claim")
    storage_class: str | None = Field(
        None, description="Storage class; the default class of the cluster when absent or empty"
    )
    selector: Annotated[Core, kubernetes("LabelSelector")] | None = Field(
        None, description="Labels a persistent volume must have to be bound"
    )
    sub_path: str | None = Field(None, description="Folder of the volume that is mounted")
    is_sub_path_expr: bool | None = Field(
        None, description="True: `subPath` may hold $(VARIABLES) of the container"
    )
    iops: Annotated[Int32, at_most(80000)] | None = Field(
        None, description="I/O operations per second of an EBS volume, in resize mode mixed"
    )
    throughput: Annotated[Int32, at_most(2000)] | None = Field(
        None, description="MiB per second of an EBS volume, in resize mode mixed"
    )
    type: str | None = Field(None, description="Type of an EBS volume, in resize mode mixed")
    attributes_class: ObjectName | None = Field(
        None,
        description="VolumeAttributesClass: speed and type by the storage driver, whatever it is; "
        "left as they are when absent",
    )


class AdditionalVolume(Resource):
    """A further volume of the database pods."""

    name: str = Field(description="Name of the volume in the pod")
    mount_path: str = Field(description="Where it is mounted; each path only once")
    volume_source: Annotated[Core, OPEN] = Field(
        description="Any volume source of Kubernetes, for example `emptyDir: {}`"
    )
    sub_path: str | None = Field(None, description="Folder of the volume that is mounted")
    is_sub_path_expr: bool | None = Field(
        None, description="True: `subPath` may hold $(VARIABLES) of the container"
    )
    target_containers: Annotated[list[str], NULLABLE] = Field(
        default_factory=list,
        description="Containers that mount it; empty = postgres, [all] = every one",
    )


class Sidecar(Resource):
    """A container beside Postgres in every database pod."""

    name: str | None = Field(None, description="Name; `sidecar-<index>` when absent or empty")
    image: str | None = Field(None, description="Image; must not be empty")
    ports: list[Annotated[Core, kubernetes("ContainerPort")]] = Field(
        default_factory=list, description="Ports of the container"
    )
    env: list[Annotated[Core, kubernetes("EnvVar")]] = Field(
        default_factory=list, description="Environment, after what the operator sets"
    )
    command: list[str] = Field(default_factory=list, description="Command instead of the image's")
    resources: Resources | None = Field(
        None, description="Requests and limits; the operator's database defaults fill gaps"
    )


class PreparedSchema(Resource):
    """A schema of a prepared database."""

    default_roles: bool | None = Field(
        None, description="Owner, reader and writer roles of the schema; true when absent"
    )
    default_users: bool = Field(False, description="Login users for these roles")


class PreparedDatabase(Resource):
    """A database with roles, schemas and extensions made by the operator."""

    schemas: dict[str, PreparedSchema] = Field(
        default_factory=dict, description="Schemas; empty = one named `data` with its roles"
    )
    default_users: bool = Field(False, description="Login users for the database's roles")
    extensions: dict[str, str] = Field(
        default_factory=dict, description="Extension to the schema it is installed in"
    )
    secret_namespace: str | None = Field(
        None,
        description="Namespace of the users' secrets, with `enable_cross_namespace_secret`",
    )


class ConnectionPooler(Resource):
    """The PgBouncer deployment in front of the database."""

    number_of_instances: Annotated[Int32, at_least(1)] | None = Field(
        None, description="Pooler pods; opconfig `connection_pooler_number_of_instances`"
    )
    schema_: str | None = Field(
        None,
        alias="schema",
        description="Schema of the lookup function; opconfig `connection_pooler_schema`",
    )
    user: str | None = Field(
        None, description="Role of the pooler; opconfig `connection_pooler_user`"
    )
    mode: Annotated[str, one_of("session", "transaction")] | None = Field(
        None,
        description="When a server connection is given back; opconfig `connection_pooler_mode`",
    )
    docker_image: str | None = Field(None, description="Image; opconfig `connection_pooler_image`")
    max_db_connections: Int32 | None = Field(
        None,
        alias="maxDBConnections",
        description="Server connections of all pooler pods together; "
        "opconfig `connection_pooler_max_db_connections`",
    )
    resources: Resources | None = Field(
        None, description="Requests and limits; opconfig `connection_pooler_default_*`"
    )


class Patroni(SnakeResource):
    """How Patroni runs the cluster."""

    initdb: dict[str, str] = Field(
        default_factory=dict, description="Options of initdb; value `true` = option without value"
    )
    pg_hba: list[str] = Field(
        default_factory=list, description="Lines of pg_hba.conf; the image's own when empty"
    )
    ttl: UInt32 | None = Field(None, description="Seconds the leader lock lives")
    loop_wait: UInt32 | None = Field(None, description="Seconds between two looks of Patroni")
    retry_timeout: UInt32 | None = Field(
        None, description="Seconds Patroni retries the API server and Postgres"
    )
    maximum_lag_on_failover: Int64 | None = Field(
        None, description="Bytes a replica may lag and still become primary"
    )
    slots: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="Permanent replication slots with their attributes"
    )
    synchronous_mode: bool = Field(False, description="Commits wait for a synchronous replica")
    synchronous_mode_strict: bool = Field(
        False, description="Without a synchronous replica no commit succeeds"
    )
    synchronous_node_count: UInt32 | None = Field(
        None, description="Number of synchronous replicas; 0 = not written"
    )
    failsafe_mode: bool | None = Field(
        None,
        description="The primary goes on without the API server while all members see it; "
        "opconfig `enable_patroni_failsafe_mode`",
    )


class CloneDescription(SnakeResource):
    """Where the data of a new cluster comes from."""

    cluster: str = Field(description="Name of the source cluster")
    uid: Uuid | None = Field(None, description="UID of the source, part of its archive's path")
    timestamp: Timestamp | None = Field(
        None,
        description="Restore to this time from the archive; absent = base backup of the "
        "running source in the same namespace",
    )
    s3_wal_path: str | None = Field(None, description="Archive of the source, as s3:// path")
    s3_endpoint: str | None = Field(None, description="S3 server of the archive")
    s3_access_key_id: str | None = Field(None, description="Access key; visible in the pod")
    s3_secret_access_key: str | None = Field(
        None, description="Secret key; visible in the pod", repr=False
    )
    s3_force_path_style: bool | None = Field(None, description="Bucket in the path of the URL")


class StandbyDescription(SnakeResource):
    """The primary this cluster follows: a host, an archive, or a host with an archive."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [source]} for source in STANDBY_SOURCES],
            "not": {"required": ["s3_wal_path", "gs_wal_path"]},
        }
    )

    s3_wal_path: str | None = Field(None, description="Archive to follow, as s3:// path")
    gs_wal_path: str | None = Field(None, description="Archive to follow, as gs:// path")
    standby_host: str | None = Field(None, description="Host to stream from")
    standby_port: str | None = Field(None, description="Its port; 5432 when absent")
    standby_primary_slot_name: str | None = Field(None, description="Replication slot at that host")


class TLSDescription(Resource):
    """Certificates of one's own."""

    secret_name: str = Field(description="Secret with certificate and key; empty = off")
    certificate_file: str | None = Field(None, description="Certificate; `tls.crt` when absent")
    private_key_file: str | None = Field(None, description="Key; `tls.key` when absent")
    ca_file: str | None = Field(None, description="CA that clients' certificates must be of")
    ca_secret_name: str | None = Field(
        None, description="Secret of the CA file, when not the same secret"
    )


class StreamTable(Resource):
    """How one table's events are sent."""

    event_type: str = Field(description="Name of the event type")
    recovery_event_type: str | None = Field(None, description="Event type for the dead letters")
    ignore_recovery: bool | None = Field(None, description="True: failed events are dropped")
    id_column: str | None = Field(None, description="Column that identifies an event")
    payload_column: str | None = Field(None, description="Column that holds the payload")


class Stream(Resource):
    """An event stream out of the outbox tables of one database."""

    application_id: str = Field(description="Application the stream belongs to")
    database: str = Field(description="Database of the tables")
    tables: dict[str, StreamTable] = Field(description="`[schema.]table` to its event type")
    filter: dict[str, str] = Field(
        default_factory=dict, description="Table to a condition on its events"
    )
    batch_size: UInt32 | None = Field(None, description="Most events sent at once")
    cpu: Cpu | None = Field(None, description="Processor time asked for the stream")
    memory: Memory | None = Field(None, description="Memory asked for the stream")
    enable_recovery: bool | None = Field(None, description="Failed events go to dead letters")
