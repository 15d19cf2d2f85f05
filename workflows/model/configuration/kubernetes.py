"""Parameters of section `kubernetes`: objects, names, labels, pods, deletion."""

from datetime import timedelta

from workflows.model.configuration.parameter import (
    InfrastructureRoles,
    NamespacedName,
    choice,
    parameter,
)
from workflows.model.configuration.section import Section
from workflows.model.fields import Core, one_of


class Metadata(Section):
    """Labels, annotations and names of objects."""

    cluster_domain: str = parameter(
        "Ignored: the operator reaches pods by their addresses", everywhere="cluster.local"
    )
    cluster_labels: dict[str, str] = parameter(
        "Labels and selector of every object; should have the key `application`",
        everywhere={"application": "spilo"},
    )
    cluster_name_label: str = parameter(
        "Label that holds the cluster's name", everywhere="cluster-name"
    )
    custom_pod_annotations: dict[str, str] = parameter(
        "Annotations of database, pooler and backup pods, below the cluster's `podAnnotations`"
    )
    downscaler_annotations: list[str] = parameter(
        "Regular expressions; matching annotations of a cluster are copied to its StatefulSet, "
        "poolers and event streams"
    )
    ignored_annotations: list[str] = parameter("Annotations whose difference is no change")
    inherited_annotations: list[str] = parameter(
        "Annotations of a cluster that are copied to all its objects"
    )
    inherited_labels: list[str] = parameter(
        "Labels of a cluster that are copied to all its objects, but not to selectors"
    )
    pdb_master_label_selector: bool = parameter(
        "The disruption budget of the primary selects by role, too", everywhere=True
    )
    pdb_name_format: str = parameter(
        "Name of that disruption budget, with `{cluster}`",
        schema="postgres-{cluster}-pdb",
        config_map="postgres-{cluster}-pdb",
    )
    pod_role_label: str = parameter("Label that holds a pod's role", everywhere="spilo-role")
    secret_name_template: str = parameter(
        "Name of a role's Secret, with `{username}` (`_` as `-`), `{cluster}`, `{tprkind}` and "
        "`{tprgroup}`",
        schema="{username}.{cluster}.credentials.{tprkind}.{tprgroup}",
        config_map="{username}.{cluster}.credentials.{tprkind}.{tprgroup}",
    )
    watched_namespace: str = parameter(
        "Namespace whose clusters are run; `*`: all, empty: the operator's own; environment "
        "variable `WATCHED_NAMESPACE` wins"
    )


class Lifecycle(Section):
    """Ownership, deletion and secrets."""

    delete_annotation_date_key: str = parameter(
        "Annotation that must hold today's date (YYYY-MM-DD) before a cluster is deleted"
    )
    delete_annotation_name_key: str = parameter(
        "Annotation that must hold the cluster's name before it is deleted"
    )
    enable_cross_namespace_secret: bool = parameter(
        "Roles named `namespace.role`, and `secretNamespace`, put Secrets elsewhere"
    )
    enable_finalizers: bool = parameter(
        "Clusters get a finalizer and stay until all their objects are gone", fallback=False
    )
    enable_owner_references: bool = parameter(
        "A cluster owns its objects; deletion is left to Kubernetes", fallback=False
    )
    enable_persistent_volume_claim_deletion: bool = parameter(
        "Volume claims are deleted with their cluster", everywhere=True
    )
    enable_secrets_deletion: bool = parameter(
        "Secrets of roles are deleted with their cluster", everywhere=True
    )
    infrastructure_roles_secret_name: NamespacedName | None = parameter(
        "Secret with numbered roles: user1, password1, inrole1, user2, ..."
    )
    infrastructure_roles_secrets: list[InfrastructureRoles] = parameter(
        "Secrets that hold a role each, with the keys of its name, password and group; in a "
        "ConfigMap one only, as key:value pairs"
    )
    oauth_token_secret_name: NamespacedName | None = parameter(
        "Secret with the token for the Teams API",
        schema="postgres-operator",
        config_map="postgresql-operator",
    )
    persistent_volume_claim_retention_policy: dict[str, str] = parameter(
        "`when_deleted` and `when_scaled`: `delete`, anything else retains",
        config_map={"when_deleted": "retain", "when_scaled": "retain"},
    )
    storage_resize_mode: str = choice(
        "How volumes grow: by their claims (pvc), by EC2 (ebs), by both (mixed) or not (off)",
        ("ebs", "mixed", "pvc", "off"),
        default="pvc",
    )


class Pods(Section):
    """What the pods are made of."""

    additional_pod_capabilities: list[str] = parameter("Capabilities added to postgres")
    enable_init_containers: bool = parameter(
        "False: clusters with `initContainers` are not created", everywhere=True
    )
    enable_pod_disruption_budget: bool = parameter(
        "False: the disruption budgets allow everything", everywhere=True
    )
    enable_readiness_probe: bool = parameter("Postgres gets a readiness probe by Patroni")
    enable_sidecars: bool = parameter(
        "False: clusters with `sidecars` are not created", everywhere=True
    )
    liveness_probe: Core | None = parameter(
        "Liveness probe of postgres, unless the cluster has one", forms=("object",)
    )
    pod_environment_configmap: NamespacedName | None = parameter(
        "ConfigMap whose keys become environment of the database pods"
    )
    pod_environment_secret: str = parameter(
        "Secret in the cluster's namespace whose keys become environment of the database pods"
    )
    pod_management_policy: str = choice(
        "ordered_ready: one pod after the other; parallel: all at once",
        ("ordered_ready", "parallel"),
        default="ordered_ready",
        strict=True,
    )
    pod_priority_class_name: str = parameter(
        "Priority class of database pods, unless the cluster has `podPriorityClassName`"
    )
    pod_service_account_definition: str = parameter(
        "ServiceAccount of the pods as YAML or JSON; the name is that of the next parameter"
    )
    pod_service_account_name: str = parameter(
        "Name of the ServiceAccount of database, pooler and backup pods",
        everywhere="postgres-pod",
    )
    pod_service_account_role_binding_definition: str = parameter(
        "RoleBinding of that ServiceAccount as YAML or JSON; empty: to ClusterRole `postgres-pod`"
    )
    pod_terminate_grace_period: timedelta = parameter(
        "Time for a pod to stop by itself", everywhere="5m"
    )
    share_pgsocket_with_sidecars: bool = parameter(
        "All containers share /var/run/postgresql", fallback=False
    )
    spilo_allow_privilege_escalation: bool = parameter(
        "`allowPrivilegeEscalation` of postgres and backups", everywhere=True
    )
    spilo_fsgroup: int | None = parameter("Group that owns the volumes", integer_format="int64")
    spilo_privileged: bool = parameter("`privileged` of postgres and backups")
    spilo_runasgroup: int | None = parameter("Group id of the pods", integer_format="int64")
    spilo_runasuser: int | None = parameter("User id of the pods", integer_format="int64")


class Scheduling(Section):
    """Where pods run and move."""

    enable_pod_antiaffinity: bool = parameter("Members keep apart from each other")
    master_pod_move_timeout: timedelta = parameter(
        "Longest wait for a member that moves from a drained node; then it is tried again",
        schema="20m",
        fallback="10m",
        config_map="20m",
    )
    node_readiness_label: dict[str, str] = parameter(
        "Labels of nodes that may run databases; a node that has them is not left when cordoned"
    )
    node_readiness_label_merge: str = parameter(
        "How that joins the cluster's `nodeAffinity`; empty: not at all",
        config_map="OR",
        accepts=one_of("AND", "OR"),
    )
    pod_antiaffinity_preferred_during_scheduling: bool = parameter(
        "Members keep apart if they can, instead of strictly"
    )
    pod_antiaffinity_topology_key: str = parameter(
        "What they keep apart by", everywhere="kubernetes.io/hostname"
    )
    toleration: dict[str, str] = parameter(
        "`key`, `operator`, `value`, `effect` of a toleration for clusters without any"
    )


class Kubernetes(Metadata, Lifecycle, Pods, Scheduling):
    """Section `kubernetes`."""
