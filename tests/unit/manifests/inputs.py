"""Small inputs for builders: only what a test is about has to be written down."""

from typing import Any

from activities.manifests import statefulset
from activities.manifests.inputs import PodEnvironment
from workflows.model.configuration import Configuration
from workflows.model.postgresql import Postgresql, parse

Object = dict[str, Any]

UID = "0b6e2b7e-6b8f-4a51-8d3c-5a3f1b9c2d4e"


def cluster(
    *,
    name: str = "acid-main",
    team: str = "acid",
    labels: dict[str, str] | None = None,
    annotations: dict[str, str] | None = None,
    owners: list[Object] | None = None,
    **spec: Any,
) -> Postgresql:
    """A resource with a minimal spec, and these fields of it by their JSON names."""
    return parse(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "postgresql",
            "metadata": {
                "name": name,
                "namespace": "space",
                "uid": UID,
                "labels": labels or {},
                "annotations": annotations or {},
                "ownerReferences": owners or [],
            },
            "spec": {
                "teamId": team,
                "numberOfInstances": 2,
                "postgresql": {"version": "17"},
                "volume": {"size": "1Gi"},
                **spec,
            },
        }
    )


def configuration(**parameters: str) -> Configuration:
    """Defaults of the ConfigMap form but for these keys, and no load balancers."""
    data = {"enable_master_load_balancer": "false", **parameters}
    return Configuration.from_config_map(data, operator_namespace="operators")


def stateful_set(
    of: Postgresql | None = None,
    under: Configuration | None = None,
    environment: PodEnvironment | None = None,
) -> Object:
    return statefulset.build(
        cluster=of or cluster(),
        configuration=under or configuration(),
        environment=environment or PodEnvironment(),
    )


def pod(of: Postgresql | None = None, under: Configuration | None = None) -> Object:
    spec: Object = stateful_set(of, under)["spec"]["template"]["spec"]
    return spec


def container(
    name: str, of: Postgresql | None = None, under: Configuration | None = None
) -> Object:
    found: list[Object] = [c for c in pod(of, under)["containers"] if c["name"] == name]
    (only,) = found
    return only


def variables(
    of: Postgresql | None = None,
    under: Configuration | None = None,
    environment: PodEnvironment | None = None,
) -> dict[str, Any]:
    """Environment of `postgres` by name: value, or where it comes from."""
    entries = stateful_set(of, under, environment)["spec"]["template"]["spec"]["containers"][0][
        "env"
    ]
    return {entry["name"]: entry.get("value", entry.get("valueFrom", "")) for entry in entries}
