"""The three custom resource definitions, complete, as the API server takes them."""

from collections.abc import Sequence
from typing import Any, Final

from workflows.model.crds.configuration import configuration
from workflows.model.crds.structural import structural
from workflows.model.postgresoperation import PostgresOperationSpec, PostgresOperationStatus
from workflows.model.postgresql.spec import PostgresqlSpec
from workflows.model.status import ClusterStatus, Word
from workflows.model.team import PostgresTeamSpec

GROUP: Final = "acid.zalan.do"
VERSION: Final = "v1"
LABELS: Final = {"app.kubernetes.io/name": "postgres-operator"}
CATEGORIES: Final = ("all",)


def postgresqls(*, categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """`postgresqls.acid.zalan.do`; `categories` as opconfig `crd_categories` says."""
    return _definition(
        names={
            "kind": "postgresql",
            "listKind": "postgresqlList",
            "plural": "postgresqls",
            "singular": "postgresql",
            "shortNames": ["pg"],
        },
        categories=categories,
        columns=[
            _column("Team", "string", ".spec.teamId", "Team that owns the cluster"),
            _column("Version", "string", ".spec.postgresql.version", "Version of Postgres"),
            _column("Pods", "integer", ".spec.numberOfInstances", "Members that are wanted"),
            _column("Volume", "string", ".spec.volume.size", "Size of each volume"),
            _column(
                "CPU-Request", "string", ".spec.resources.requests.cpu", "CPU asked by postgres"
            ),
            _column(
                "Memory-Request",
                "string",
                ".spec.resources.requests.memory",
                "Memory asked by postgres",
            ),
            _column("Age", "date", ".metadata.creationTimestamp", "Age of the cluster"),
            _column("Status", "string", ".status.PostgresClusterStatus", "State of the cluster"),
            _column("Ready", "string", ".status.membersReady", "Members ready of those wanted"),
            _column("Operation", "string", ".status.operation.kind", "What is being done"),
            _column("Percent", "integer", ".status.operation.percent", "How much of it is done"),
            _column("Step", "string", ".status.operation.step", "Its current step", wide=True),
            _column(
                "Waiting-For",
                "string",
                ".status.operation.waitingFor",
                "What it waits for",
                wide=True,
            ),
        ],
        description="A Postgres cluster",
        properties={"spec": structural(PostgresqlSpec), "status": _status()},
        required=["metadata", "spec"],
    )


def operatorconfigurations(*, categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """`operatorconfigurations.acid.zalan.do`."""
    return _definition(
        names={
            "kind": "OperatorConfiguration",
            "listKind": "OperatorConfigurationList",
            "plural": "operatorconfigurations",
            "singular": "operatorconfiguration",
            "shortNames": ["opconfig"],
        },
        categories=categories,
        columns=[
            _column("Image", "string", ".configuration.docker_image", "Database image"),
            _column(
                "Cluster-Label",
                "string",
                ".configuration.kubernetes.cluster_name_label",
                "Label that holds a cluster's name",
            ),
            _column(
                "Service-Account",
                "string",
                ".configuration.kubernetes.pod_service_account_name",
                "ServiceAccount of the pods",
            ),
            _column("Min-Instances", "integer", ".configuration.min_instances", "Fewest members"),
            _column("Age", "date", ".metadata.creationTimestamp", "Age of the configuration"),
        ],
        description="The configuration of the operator",
        properties={"configuration": configuration()},
        required=["metadata", "configuration"],
    )


def postgresoperations(*, categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """`postgresoperations.acid.zalan.do`, which a server may choose by their cluster."""
    definition = _definition(
        names={
            "kind": "PostgresOperation",
            "listKind": "PostgresOperationList",
            "plural": "postgresoperations",
            "singular": "postgresoperation",
            "shortNames": ["pgop"],
        },
        categories=categories,
        columns=[
            _column("Cluster", "string", ".spec.cluster", "Cluster that it is about"),
            _column("Kind", "string", ".spec.kind", "What is done"),
            _column("Phase", "string", ".status.phase", "Where it stands"),
            _column("Percent", "integer", ".status.percent", "How much of it is done"),
            _column("Step", "string", ".status.step", "What is being done"),
            _column("Waiting-For", "string", ".status.waitingFor", "What it waits for"),
            _column("ETA", "string", ".status.eta", "When it will have ended"),
            _column("Age", "date", ".metadata.creationTimestamp", "Since when it is there"),
            _column("Message", "string", ".status.message", "What came of it", wide=True),
        ],
        description="One operation on a cluster: asked for by whoever creates it, or automatic",
        properties={
            "spec": structural(PostgresOperationSpec),
            "status": structural(PostgresOperationStatus),
        },
        required=["metadata", "spec"],
    )
    definition["spec"]["versions"][0]["selectableFields"] = [{"jsonPath": ".spec.cluster"}]
    return definition


def postgresteams(*, categories: Sequence[str] = CATEGORIES) -> dict[str, Any]:
    """`postgresteams.acid.zalan.do`."""
    return _definition(
        names={
            "kind": "PostgresTeam",
            "listKind": "PostgresTeamList",
            "plural": "postgresteams",
            "singular": "postgresteam",
            "shortNames": ["pgteam"],
        },
        categories=categories,
        columns=[],
        description="Additional teams and people with access to the clusters of a team",
        properties={"spec": structural(PostgresTeamSpec)},
        required=["metadata", "spec"],
    )


def _status() -> dict[str, Any]:
    schema = structural(ClusterStatus)
    schema["description"] = "What the operator reports of the cluster"
    # the word stays an open text, as other programs write it, too
    schema["properties"]["PostgresClusterStatus"] = {
        "type": "string",
        "description": f"The state in one word: {', '.join(Word)}",
    }
    schema["properties"]["conditions"].update(
        {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}
    )
    return schema


def _column(
    name: str, kind: str, path: str, description: str, *, wide: bool = False
) -> dict[str, Any]:
    column = {"name": name, "type": kind, "jsonPath": path, "description": description}
    return {**column, "priority": 1} if wide else column


def _definition(
    *,
    names: dict[str, Any],
    categories: Sequence[str],
    columns: list[dict[str, Any]],
    description: str,
    properties: dict[str, Any],
    required: list[str],
) -> dict[str, Any]:
    root = {
        "type": "object",
        "description": description,
        "required": required,
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            **properties,
        },
    }
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        **({"additionalPrinterColumns": columns} if columns else {}),
        "schema": {"openAPIV3Schema": root},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{names['plural']}.{GROUP}", "labels": dict(LABELS)},
        "spec": {
            "group": GROUP,
            "names": {**names, "categories": list(categories)},
            "scope": "Namespaced",
            "versions": [version],
        },
    }
