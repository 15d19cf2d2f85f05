"""The pods of a connection pooler."""

from collections.abc import Sequence

from activities.manifests import pod_template, pooler, pooler_secret, resources, scheduling, volumes
from activities.manifests.environment import Entry, from_secret, literal
from activities.manifests.metadata import (
    Manifest,
    owned,
    plain_pod_annotations,
    present,
    propagated_annotations,
)
from activities.manifests.pod_template import POSTGRES_PORT
from activities.manifests.resources import Wishes
from activities.manifests.volumes import Mounted
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.names import Role
from workflows.model.postgresql import Postgresql

_CONTAINER = "connection-pooler"
_USER, _GROUP = 100, 101
_MOST_CLIENTS = 10000
_TLS_FILES = (
    "CONNECTION_POOLER_CLIENT_TLS_CRT",
    "CONNECTION_POOLER_CLIENT_TLS_KEY",
    "CONNECTION_POOLER_CLIENT_CA_FILE",
)
# as the API server completes a probe of a port
_PROBE = {
    "tcpSocket": {"port": POSTGRES_PORT},
    "timeoutSeconds": 1,
    "periodSeconds": 10,
    "successThreshold": 1,
    "failureThreshold": 3,
}


def build(
    *,
    cluster: Postgresql,
    configuration: Configuration,
    role: Role,
    infrastructure: Sequence[str] = (),
    users_changed: str = "",
) -> Manifest:
    """`infrastructure` are the roles that may look at PgBouncer's statistics.

    `users_changed` is when the list of users was changed, if pods may run with the older one.
    """
    found = pooler.labels(cluster, configuration, role)
    renewed = {names.USERS_CHANGED: users_changed} if users_changed else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": owned(
            names.pooler(cluster.metadata.name, role),
            cluster=cluster,
            configuration=configuration,
            labels=found,
            annotations=propagated_annotations(cluster, configuration),
        ),
        "spec": {
            "replicas": instances(cluster, configuration),
            "selector": {"matchLabels": pooler.selector(cluster, configuration, role)},
            "template": {
                "metadata": present(
                    {
                        "namespace": cluster.metadata.namespace,
                        "labels": found,
                        "annotations": {
                            **plain_pod_annotations(cluster, configuration),
                            **renewed,
                        },
                    }
                ),
                "spec": _pod(
                    cluster, configuration, role=role, infrastructure=sorted(infrastructure)
                ),
            },
        },
    }


def instances(cluster: Postgresql, configuration: Configuration) -> int:
    section = cluster.spec.connection_pooler
    asked = section.number_of_instances if section else None
    return max(1, asked or configuration.connection_pooler_number_of_instances)


def _pod(
    cluster: Postgresql,
    configuration: Configuration,
    *,
    role: Role,
    infrastructure: Sequence[str],
) -> Manifest:
    mounted = [*volumes.tls_volumes(cluster.spec.tls, _CONTAINER)]
    users = names.pooler_auth_secret(cluster.metadata.name, role)
    apart = pooler.selector(cluster, configuration, role)
    container = _container(cluster, configuration, role=role, mounted=mounted)
    if infrastructure:
        container["env"].append(literal("INFRASTRUCTURE_ROLES", ",".join(infrastructure)))
    container["env"] += map(literal, _TLS_FILES, volumes.tls_files(cluster.spec.tls))
    return {
        "serviceAccountName": configuration.pod_service_account_name,
        "terminationGracePeriodSeconds": pod_template.grace_seconds(configuration),
        "securityContext": _security(cluster, configuration),
        **present(
            {
                "affinity": scheduling.affinity(cluster, configuration, apart=apart),
                "tolerations": scheduling.tolerations(cluster, configuration),
            }
        ),
        "containers": [container],
        "volumes": [
            {"name": users, "secret": {"secretName": users}},
            *volumes.sources(mounted),
        ],
    }


def _container(
    cluster: Postgresql, configuration: Configuration, *, role: Role, mounted: Sequence[Mounted]
) -> Manifest:
    section = cluster.spec.connection_pooler
    users = {
        "name": names.pooler_auth_secret(cluster.metadata.name, role),
        "mountPath": f"/etc/pgbouncer/{pooler_secret.KEY}",
        "subPath": pooler_secret.KEY,
        "readOnly": True,
    }
    return {
        "name": _CONTAINER,
        "image": (section.docker_image if section else None)
        or configuration.connection_pooler_image,
        "imagePullPolicy": "IfNotPresent",
        "ports": [{"containerPort": POSTGRES_PORT, "protocol": "TCP"}],
        "readinessProbe": _PROBE,
        "resources": _resources(cluster, configuration),
        "securityContext": {"allowPrivilegeEscalation": False},
        "env": [*_server(cluster, configuration, role), *_sizes(cluster, configuration)],
        "volumeMounts": [users, *volumes.mounts(mounted, _CONTAINER)],
    }


def _server(cluster: Postgresql, configuration: Configuration, role: Role) -> list[Entry]:
    secret = names.credentials_secret(
        pooler.user(cluster, configuration),
        cluster=cluster.metadata.name,
        namespace=cluster.metadata.namespace,
        template=configuration.secret_name_template,
    )
    return [
        literal("PGHOST", names.service(cluster.metadata.name, role)),
        literal("PGPORT", str(POSTGRES_PORT)),
        from_secret("PGUSER", secret=secret, key="username"),
        literal("PGSCHEMA", pooler.schema(cluster, configuration)),
        from_secret("PGPASSWORD", secret=secret, key="password"),
    ]


def _sizes(cluster: Postgresql, configuration: Configuration) -> list[Entry]:
    """All pods together open no more server connections than allowed; half of a pod's are kept."""
    section = cluster.spec.connection_pooler
    mode = (section.mode if section else None) or configuration.connection_pooler_mode
    asked = section.max_db_connections if section else None
    together = configuration.connection_pooler_max_db_connections if asked is None else asked
    most = together // instances(cluster, configuration)
    default, reserve = most // 2, most // 4
    sizes = {
        "PORT": POSTGRES_PORT,
        "MODE": mode,
        "DEFAULT_SIZE": default,
        "MIN_SIZE": reserve,
        "RESERVE_SIZE": reserve,
        "MAX_CLIENT_CONN": _MOST_CLIENTS,
        "MAX_DB_CONN": most,
    }
    return [literal(f"CONNECTION_POOLER_{name}", str(value)) for name, value in sizes.items()]


def _resources(cluster: Postgresql, configuration: Configuration) -> Manifest:
    section = cluster.spec.connection_pooler
    defaults = Wishes(
        {
            "cpu": configuration.connection_pooler_default_cpu_request,
            "memory": configuration.connection_pooler_default_memory_request,
        },
        {
            "cpu": configuration.connection_pooler_default_cpu_limit,
            "memory": configuration.connection_pooler_default_memory_limit,
        },
    )
    wishes = resources.wishes_of(section.resources if section else None)
    return resources.of_other(wishes, defaults, configuration)


def _security(cluster: Postgresql, configuration: Configuration) -> Manifest:
    group = pod_template.pod_security(cluster, configuration).get("fsGroup")
    files = {} if group is None else {"fsGroup": group}
    return {"runAsUser": _USER, "runAsGroup": _GROUP, **files}
