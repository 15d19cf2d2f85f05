"""`spec` of a `postgresql` resource: every field, with what it does when absent.

Maps and lists whose absence means the same as being empty are never None; everything else that
is absent is None, because absent, zero and false differ. `opconfig x` in a description is the
operator's parameter that stands in.
"""

from typing import Annotated

from pydantic import Field

from workflows.model.fields import (
    NULLABLE,
    Cidr,
    Core,
    Cron,
    Int32,
    Int64,
    Resource,
    WindowText,
    at_least,
    kubernetes,
    one_of,
)
from workflows.model.kinds import DISRUPTIVE
from workflows.model.postgresql.sections import (
    AdditionalVolume,
    CloneDescription,
    ConnectionPooler,
    Patroni,
    PostgresqlParam,
    PreparedDatabase,
    Resources,
    Sidecar,
    StandbyDescription,
    Stream,
    TLSDescription,
    UserFlag,
    Volume,
)


class ClusterSpec(Resource):
    """What makes the cluster: owner, size, Postgres, Patroni."""

    team_id: str = Field(description="Team that owns the cluster; may be empty")
    number_of_instances: Annotated[Int32, at_least(0)] = Field(
        description="Members, primary included, within opconfig `min_` and `max_instances`"
    )
    postgresql: PostgresqlParam = Field(description="Version and settings of Postgres")
    volume: Volume = Field(description="Data volume of each member")
    patroni: Patroni = Field(
        default_factory=Patroni, description="Settings of Patroni, the high-availability agent"
    )
    maintenance_windows: list[WindowText] = Field(
        default_factory=list,
        description="When disruptive work may be done, `HH:MM-HH:MM` or `Ddd:HH:MM-HH:MM`; "
        "opconfig `maintenance_windows`",
    )
    operations_to_approve: list[Annotated[str, one_of(*DISRUPTIVE)]] = Field(
        default_factory=list,
        description="Kinds of operations that wait until somebody approves their plan, besides "
        "those of opconfig `operations_to_approve`",
    )


class PodSpec(Resource):
    """What the database pods are made of and where they run."""

    docker_image: str | None = Field(None, description="Database image; opconfig `docker_image`")
    scheduler_name: str | None = Field(None, description="Scheduler of the database pods")
    pod_priority_class_name: str | None = Field(
        None, description="Priority class; opconfig `pod_priority_class_name`"
    )
    spilo_run_as_user: Int64 | None = Field(
        None, description="User id of the pods; opconfig `spilo_runasuser`"
    )
    spilo_run_as_group: Int64 | None = Field(
        None, description="Group id of the pods; opconfig `spilo_runasgroup`"
    )
    spilo_fs_group: Int64 | None = Field(
        None,
        alias="spiloFSGroup",
        description="Group that owns the volumes; opconfig `spilo_fsgroup`",
    )
    enable_shm_volume: bool | None = Field(
        None, description="True: /dev/shm in memory; opconfig `enable_shm_volume`"
    )
    resources: Resources | None = Field(
        None, description="Requests and limits of postgres; opconfig `default_*`"
    )
    liveness_probe: Annotated[Core, kubernetes("Probe")] | None = Field(
        None, description="Liveness probe of postgres, whole; opconfig `liveness_probe`"
    )
    env: list[Annotated[Core, kubernetes("EnvVar")]] = Field(
        default_factory=list, description="Further environment of postgres"
    )
    env_from: list[Annotated[Core, kubernetes("EnvFromSource")]] = Field(
        default_factory=list, description="Environment from whole Secrets and ConfigMaps"
    )
    pod_annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of the pods, over `custom_pod_annotations`"
    )
    init_containers: list[Annotated[Core, kubernetes("Container")]] = Field(
        default_factory=list, description="Containers that run before; name and image needed"
    )
    sidecars: list[Sidecar] = Field(default_factory=list, description="Containers beside postgres")
    node_affinity: Annotated[Core, kubernetes("NodeAffinity")] | None = Field(
        None, description="On which nodes; joined with opconfig `node_readiness_label`"
    )
    tolerations: list[Annotated[Core, kubernetes("Toleration")]] = Field(
        default_factory=list, description="Taints to tolerate; opconfig `toleration` when empty"
    )
    topology_spread_constraints: list[Annotated[Core, kubernetes("TopologySpreadConstraint")]] = (
        Field(default_factory=list, description="How members spread over zones or hosts")
    )
    additional_volumes: list[AdditionalVolume] = Field(
        default_factory=list, description="Further volumes of the database pods"
    )


class AccessSpec(Resource):
    """Who may connect: roles, databases, services, pooler."""

    users: dict[str, Annotated[list[UserFlag], NULLABLE]] = Field(
        default_factory=dict, description="Role to its flags; login roles unless `nologin`"
    )
    users_with_secret_rotation: Annotated[list[str], NULLABLE] = Field(
        default_factory=list, description="Roles whose password is renewed with a new login role"
    )
    users_with_in_place_secret_rotation: Annotated[list[str], NULLABLE] = Field(
        default_factory=list, description="Roles whose password is renewed in place"
    )
    users_ignoring_secret_rotation: Annotated[list[str], NULLABLE] = Field(
        default_factory=list, description="Roles that keep their password"
    )
    databases: dict[str, str] = Field(default_factory=dict, description="Database to its owner")
    prepared_databases: dict[str, PreparedDatabase] | None = Field(
        None,
        description="Databases with roles and schemas; `{}` = one named like the cluster, "
        "with `-` as `_`",
    )
    allowed_source_ranges: Annotated[list[Cidr], NULLABLE] = Field(
        default_factory=list,
        description="Who may reach the load balancers; empty = 127.0.0.1/32",
    )
    service_annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of all services"
    )
    master_service_annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of the primary's service, over all others"
    )
    replica_service_annotations: dict[str, str] = Field(
        default_factory=dict, description="Annotations of the replicas' service, over all others"
    )
    enable_master_load_balancer: bool | None = Field(
        None, description="Load balancer to the primary; opconfig `enable_master_load_balancer`"
    )
    enable_replica_load_balancer: bool | None = Field(
        None, description="Load balancer to the replicas; opconfig `enable_replica_load_balancer`"
    )
    enable_master_pooler_load_balancer: bool | None = Field(
        None,
        description="Load balancer to the primary's pooler; "
        "opconfig `enable_master_pooler_load_balancer`",
    )
    enable_replica_pooler_load_balancer: bool | None = Field(
        None,
        description="Load balancer to the replicas' pooler; "
        "opconfig `enable_replica_pooler_load_balancer`",
    )
    enable_master_node_port: bool | None = Field(
        None,
        description="Node port to the primary, before a load balancer; "
        "opconfig `enable_master_node_port`",
    )
    enable_replica_node_port: bool | None = Field(
        None,
        description="Node port to the replicas, before a load balancer; "
        "opconfig `enable_replica_node_port`",
    )
    enable_master_pooler_node_port: bool | None = Field(
        None,
        description="Node port to the primary's pooler; opconfig `enable_master_pooler_node_port`",
    )
    enable_replica_pooler_node_port: bool | None = Field(
        None,
        description="Node port to the replicas' pooler; opconfig `enable_replica_pooler_node_port`",
    )
    master_node_port: Int32 | None = Field(None, description="Number of that port, 0 = any")
    replica_node_port: Int32 | None = Field(None, description="Number of that port, 0 = any")
    master_pooler_node_port: Int32 | None = Field(None, description="Number of that port, 0 = any")
    replica_pooler_node_port: Int32 | None = Field(None, description="Number of that port, 0 = any")
    enable_connection_pooler: bool | None = Field(
        None,
        description="Pooler to the primary; on if `connectionPooler` is there, when absent",
    )
    enable_replica_connection_pooler: bool | None = Field(
        None, description="Pooler to the replicas; off when absent"
    )
    connection_pooler: ConnectionPooler | None = Field(
        None, description="Size and settings of the poolers"
    )
    tls: TLSDescription | None = Field(None, description="Certificates of one's own")


class OriginSpec(Resource):
    """Where the data comes from and where it goes."""

    clone: CloneDescription | None = Field(None, description="Source of the data at creation")
    standby: StandbyDescription | None = Field(
        None, description="What this cluster follows as a standby; remove to promote"
    )
    enable_logical_backup: bool = Field(False, description="Dumps by a CronJob")
    logical_backup_schedule: Cron | None = Field(
        None, description="When; opconfig `logical_backup_schedule`"
    )
    logical_backup_retention: str | None = Field(
        None, description="How long dumps are kept; opconfig `logical_backup_s3_retention_time`"
    )
    streams: list[Stream] = Field(
        default_factory=list, description="Event streams from outbox tables"
    )


# fields are collected from the last base to the first
class PostgresqlSpec(OriginSpec, AccessSpec, PodSpec, ClusterSpec):
    """The cluster that is wanted."""
