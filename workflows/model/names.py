"""Names of everything that belongs to a cluster: objects, label and annotation keys, roles.

Pure text, nothing is looked up. They are an interface: other tools, running clusters and people's
scripts find things by them, so they are the same as those of Zalando's operator.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

GROUP = "acid.zalan.do"
API_VERSION = f"{GROUP}/v1"
KIND = "postgresql"

FINALIZER = "postgres-operator.acid.zalan.do"
FIELD_MANAGER = "postgres-operator"

# label keys that no configuration can rename
APPLICATION = "application"
TEAM = "team"
CONNECTION_POOLER = "connection-pooler"
CRITICAL_OPERATION = "critical-operation"

# annotation keys
CONTROLLER = "acid.zalan.do/controller"
ROLLING_UPDATE_REQUIRED = "zalando-postgres-operator-rolling-update-required"
DNS_NAME = "external-dns.alpha.kubernetes.io/hostname"
AUTOMATIC = "matriarch.dev/automatic"
"""On a PostgresOperation that nobody has asked for."""
PAUSED = "matriarch.dev/paused"
STEERING = "matriarch.dev/steering"
"""On a cluster: a word for the operation that runs or waits; taken off once it was heard."""
SYNC_REQUESTED = "matriarch.dev/sync-requested"
"""Any new value asks for a sync now, for people who have nothing but kubectl."""
DRY_RUN = "matriarch.dev/dry-run"
ROLLED_BACK = "matriarch.dev/rolled-back"
"""On a StatefulSet: which pod template was rolled back, and so is not to be put there again."""
CLOUD_VOLUME = "matriarch.dev/cloud-volume"
"""On a claim: for which wishes its volume was seen to, by the cloud's own API."""
CLOUD_VOLUME_REFUSED = "matriarch.dev/cloud-volume-refused"
"""On a claim: for which wishes that failed, when it is tried again, and why it failed."""
USERS_CHANGED = "matriarch.dev/pooler-users-changed"
KUBE2IAM_ROLE = "iam.amazonaws.com/role"
IRSA_ROLE = "eks.amazonaws.com/role-arn"

POSTGRES_CONTAINER = "postgres"
DATA_VOLUME = "pgdata"
STREAM_USER = "fes_user"

LONGEST_IN_POSTGRES = 63
"""Bytes of any name in Postgres; it cuts what is longer."""
LONGEST_CLUSTER = 63 - len("-repl")
LONGEST_POD = 63 - len("-") - 10
"""Of a cluster whose pods can carry the label with its name and a hash of its template."""
_CLUSTER_NAME = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_CRON_JOB_NAME = 52


class Role(StrEnum):
    """What a member is, as its role label says it."""

    MASTER = "master"
    REPLICA = "replica"


def fill(template: str, **values: str) -> str:
    """Replace `{key}` by its value; placeholders without a value stay as they are."""
    for key, value in values.items():
        template = template.replace(f"{{{key}}}", value)
    return template


# ------------------------------------------------------------------------------------- objects


def stateful_set(cluster: str) -> str:
    return cluster


def pod(cluster: str, ordinal: int) -> str:
    return f"{cluster}-{ordinal}"


def volume_claim(cluster: str, ordinal: int) -> str:
    return f"{DATA_VOLUME}-{cluster}-{ordinal}"


def ordinal(member: str) -> int:
    """The number at the end of the name of a pod or claim; 0 where there is none."""
    number = member.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def service(cluster: str, role: Role) -> str:
    """Also the name of the Endpoints of that role."""
    return f"{cluster}-repl" if role is Role.REPLICA else cluster


def config_service(cluster: str) -> str:
    """The headless service by which Patroni protects its configuration Endpoints."""
    return f"{cluster}-config"


def patroni_objects(cluster: str, *, config_maps: bool) -> list[str]:
    """ConfigMaps, or else Endpoints, that Patroni writes; with Endpoints the leader's is `<c>`."""
    suffixes = (
        ("leader", "config", "sync", "failover") if config_maps else ("config", "sync", "failover")
    )
    return [f"{cluster}-{suffix}" for suffix in suffixes]


def primary_budget(cluster: str, template: str) -> str:
    return fill(template, cluster=cluster)


def critical_budget(cluster: str) -> str:
    return f"postgres-{cluster}-critical-op-pdb"


def pooler(cluster: str, role: Role) -> str:
    """Deployment, Service and value of the pooler label."""
    return f"{cluster}-pooler-repl" if role is Role.REPLICA else f"{cluster}-pooler"


def pooler_auth_secret(cluster: str, role: Role) -> str:
    return f"{pooler(cluster, role)}-u"


def logical_backup_job(cluster: str, prefix: str) -> str:
    """At most 52 characters, because Kubernetes appends a time stamp to make the Job's name."""
    name = prefix + cluster
    return (
        name if len(name) <= _LONGEST_CRON_JOB_NAME else name[:_LONGEST_CRON_JOB_NAME].rstrip("-")
    )


# ------------------------------------------------------------------------------------- secrets


def credentials_secret(user: str, *, cluster: str, namespace: str, template: str) -> str:
    """The Secret of a role's password; roles that differ only in `_` and `-` would share one."""
    return fill(
        template,
        username=user.replace("_", "-"),
        cluster=cluster,
        tprkind=KIND,
        tprgroup=GROUP,
        namespace=namespace,
    )


def secret_namespace(user: str, *, namespace: str, cross_namespace: bool) -> str:
    """Where the Secret of a role of the manifest lies: `ns.user` names another namespace."""
    elsewhere, dot, _ = user.partition(".")
    return elsewhere if cross_namespace and dot else namespace


# --------------------------------------------------------------------------------------- roles


@dataclass(frozen=True)
class PreparedRoles:
    """Names of the roles of a prepared database, or of one of its schemas."""

    prefix: str

    @property
    def owner(self) -> str:
        return f"{self.prefix}_owner"

    @property
    def reader(self) -> str:
        return f"{self.prefix}_reader"

    @property
    def writer(self) -> str:
        return f"{self.prefix}_writer"

    @property
    def groups(self) -> list[str]:
        """The roles nobody can log in as."""
        return [self.owner, self.reader, self.writer]

    @property
    def users(self) -> list[str]:
        """Their login roles, made with `defaultUsers`, in the order of `groups`."""
        return [f"{group}_user" for group in self.groups]


def prepared_roles(database: str, schema: str | None = None) -> PreparedRoles:
    return PreparedRoles(database if schema is None else f"{database}_{schema}")


def default_prepared_database(cluster: str) -> str:
    """What an empty `preparedDatabases` stands for."""
    return cluster.replace("-", "_")


def stream_slot(database: str, application: str) -> str:
    """Replication slot and publication that an application's events are read from."""
    return f"fes_{database}_{application.replace('-', '_')}"


def rotation_user(role: str, date: str) -> str:
    """The dated login role that stands in for `role` after a rotation; `date` as YYMMDD."""
    return role + date


# --------------------------------------------------------------------------------- team prefix


def is_team_cluster(cluster: str, team: str) -> bool:
    """Whether the name obeys the rules that `enable_team_id_clustername_prefix` enforces."""
    return (
        bool(team)
        and len(team) + 2 <= len(cluster) <= LONGEST_CLUSTER
        and cluster.lower().startswith(f"{team.lower()}-")
        and _CLUSTER_NAME.fullmatch(cluster) is not None
    )


def without_team(cluster: str, team: str) -> str | None:
    """The name without its team prefix; None when it does not carry a proper one."""
    return cluster[len(team) + 1 :] if is_team_cluster(cluster, team) else None
