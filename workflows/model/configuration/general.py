"""Parameters of the whole operator: top level, system users, upgrades, resources, timeouts."""

from datetime import timedelta
from typing import Any

from workflows.model.configuration.parameter import choice, cpu, memory, parameter
from workflows.model.configuration.section import Section
from workflows.model.fields import (
    WINDOW_ACCEPTED,
    WINDOW_PATTERN,
    Core,
    Rule,
    at_least,
    one_of,
    pattern,
)
from workflows.model.kinds import DISRUPTIVE

DATABASE_IMAGE = "ghcr.io/zalando/spilo-18:4.1-p2"


class General(Section):
    """Top level of `configuration`."""

    crd_categories: list[str] = parameter(
        "Categories of the custom resources, as in `kubectl get all`",
        fallback=["all"],
        config_map=["all"],
    )
    docker_image: str = parameter(
        "Database image, unless the cluster has `dockerImage`", everywhere=DATABASE_IMAGE
    )
    enable_crd_registration: bool = parameter(
        "The operator creates and renews the custom resource definitions at its start",
        everywhere=True,
    )
    enable_lazy_spilo_upgrade: bool = parameter(
        "A changed image is written to the StatefulSet, but no pod is restarted for it"
    )
    enable_load_balancer: bool = parameter(
        "Ignored; `enable_master_load_balancer` and `enable_replica_load_balancer` took its place",
        forms=("config map",),
    )
    enable_maintenance_windows: bool = parameter(
        "False: maintenance windows of operator and clusters are ignored, it is always time",
        everywhere=True,
    )
    enable_pgversion_env_var: bool = parameter(
        "True: pods get the version as `PGVERSION`; false: as `bin_dir` in SPILO_CONFIGURATION",
        schema=True,
        config_map=True,
    )
    enable_shm_volume: bool = parameter(
        "Pods get /dev/shm as a memory volume without the container's 64 MB limit",
        everywhere=True,
    )
    enable_spilo_wal_path_compat: bool = parameter(
        "Pods get `ENABLE_WAL_PATH_COMPAT=true`: archives of old paths are found, too"
    )
    enable_team_id_clustername_prefix: bool = parameter(
        "Cluster names must begin with the team's id and `-`"
    )
    etcd_host: str = parameter(
        "etcd server for Patroni; empty: Patroni keeps its state in Kubernetes", schema=""
    )
    ignore_instance_limits_annotation_key: str = parameter(
        "Annotation that, when `true` on a cluster, lifts `min_instances` and `max_instances`"
    )
    ignore_resources_limits_annotation_key: str = parameter(
        "Annotation that, when `true` on a cluster, lifts the min limits and max requests"
    )
    kubernetes_use_configmaps: bool = parameter(
        "True: Patroni keeps its state in ConfigMaps; false: in Endpoints", everywhere=True
    )
    maintenance_windows: list[str] = parameter(
        "Windows of clusters that have none, as `HH:MM-HH:MM` or `Ddd:HH:MM-HH:MM`; "
        "in a ConfigMap malformed ones are left out",
        accepts=pattern(WINDOW_PATTERN, WINDOW_ACCEPTED),
    )
    max_instances: int = parameter(
        "Most members a cluster gets; -1: no limit, 0: every cluster is scaled to nothing",
        schema=-1,
        config_map=-1,
        accepts=at_least(-1),
    )
    min_instances: int = parameter(
        "Fewest members a cluster gets; -1: no limit",
        schema=-1,
        config_map=-1,
        accepts=at_least(-1),
    )
    repair_period: timedelta = parameter(
        "How soon a failed cluster is tried again", everywhere="5m"
    )
    resync_period: timedelta = parameter("How often every cluster is looked at", everywhere="30m")
    set_memory_request_to_limit: bool = parameter(
        "Memory requests are raised to the limit in every container the operator makes"
    )
    sidecar_docker_images: dict[str, str] = parameter(
        "Deprecated, use `sidecars`: name to image, one bare sidecar for each"
    )
    sidecars: list[Core] = parameter(
        "Whole container specifications, added to every database pod; in a ConfigMap as a YAML "
        "or JSON list"
    )
    workers: int = parameter(
        "Ignored but for the numbers of the REST API's pages: no cluster waits for another",
        everywhere=8,
        accepts=at_least(1),
        accepts_text=at_least(1),
    )


class Users(Section):
    """Section `users`."""

    additional_owner_roles: list[str] = parameter("Roles granted to every owner of a database")
    enable_password_rotation: bool = parameter(
        "Passwords of roles that log in and own no database are renewed"
    )
    password_rotation_interval: int = parameter("Days between two renewals", everywhere=90)
    password_rotation_user_retention: int = parameter(
        "Days until a dated role is dropped, at least twice the interval",
        schema=120,
        fallback=180,
        config_map=180,
    )
    replication_username: str = parameter("Role of replication and clones", everywhere="standby")
    super_username: str = parameter("Superuser; the operator connects as it", everywhere="postgres")


class MajorVersionUpgrade(Section):
    """Section `major_version_upgrade`."""

    major_version_upgrade_mode: str = choice(
        "off: only teams of the list below; manual: a newer version in the manifest; full: also "
        "clusters below the minimum are lifted to the target",
        ("off", "manual", "full"),
        default="manual",
    )
    major_version_upgrade_team_allow_list: list[str] = parameter(
        "Teams whose clusters are upgraded in mode off, too"
    )
    minimal_major_version: str = parameter(
        "Mode full: the lowest version that is left alone", everywhere="14"
    )
    target_major_version: str = parameter(
        "Mode full: the version of clusters below the minimum", everywhere="18"
    )


class PostgresPodResources(Section):
    """Section `postgres_pod_resources`."""

    default_cpu_limit: str = cpu("CPU limit of postgres, sidecars and backups without their own")
    default_cpu_request: str = cpu("CPU request of postgres, sidecars and backups, likewise")
    default_memory_limit: str = memory("Memory limit of postgres, sidecars and backups, likewise")
    default_memory_request: str = memory(
        "Memory request of postgres, sidecars and backups, likewise"
    )
    max_cpu_request: str = cpu("A higher CPU request of postgres is lowered to this")
    max_memory_request: str = memory("A higher memory request of postgres is lowered to this")
    min_cpu_limit: str = cpu("A lower or absent CPU limit of postgres is raised to this")
    min_memory_limit: str = memory("A lower or absent memory limit of postgres is raised to this")


class Timeouts(Section):
    """Section `timeouts`."""

    patroni_api_check_interval: timedelta = parameter(
        "Ignored: Patroni is asked as often as what is awaited needs", everywhere="1s"
    )
    patroni_api_check_timeout: timedelta = parameter(
        "Ignored: Patroni must answer within 5 s", everywhere="5s"
    )
    pod_deletion_wait_timeout: timedelta = parameter(
        "Ignored: a pod is waited for until it is gone, and the status says so", everywhere="10m"
    )
    pod_label_wait_timeout: timedelta = parameter(
        "Time for a new pod to get its role", everywhere="10m"
    )
    ready_wait_interval: timedelta = parameter(
        "Ignored, and so is environment variable `CRD_READY_WAIT_INTERVAL`", everywhere="4s"
    )
    ready_wait_timeout: timedelta = parameter(
        "Ignored; environment variable `CRD_READY_WAIT_TIMEOUT` is used", everywhere="30s"
    )
    resource_check_interval: timedelta = parameter(
        "Ignored: what is awaited is looked at as often as it needs", everywhere="3s"
    )
    resource_check_timeout: timedelta = parameter(
        "Time in all for an object that is waited for", everywhere="10m"
    )


def _ours(rule: Rule) -> dict[str, Any]:
    """A rule for a parameter that no ConfigMap of old has, so that it holds in both forms."""
    return {"accepts": rule, "accepts_text": rule}


class Operations(Section):
    """Section `operations`, which Zalando's operator does not have."""

    operation_history_age: timedelta = parameter(
        "How long finished `PostgresOperation` objects of a cluster are kept", everywhere="336h"
    )
    operation_history_limit: int = parameter(
        "How many finished ones of a cluster are kept at most", everywhere=20, **_ours(at_least(1))
    )
    operations_in_windows: list[str] = parameter(
        "Kinds of operations that the operator begins in maintenance windows only: "
        f"{', '.join(DISRUPTIVE)}",
        **_ours(one_of(*DISRUPTIVE)),
    )
    operations_to_approve: list[str] = parameter(
        "Kinds of operations that wait until somebody approves their plan, likewise",
        **_ours(one_of(*DISRUPTIVE)),
    )
    rollout_max_failures: int = parameter(
        "When so many clusters have failed to take over a change of the configuration, no other "
        "one begins, until the next change or an approval; 0: all do",
        everywhere=0,
        **_ours(at_least(0)),
    )
    rollout_parallelism: int = parameter(
        "How many clusters renew their pods at once for a change of the configuration; 0: all",
        everywhere=8,
        **_ours(at_least(0)),
    )
