"""What must not be left when an operation has ended, whatever happened in its middle.

Each check names the weak points (`W-nn`) of Zalando's operator that would show in it.
"""

from collections.abc import Callable

from tests.field.cluster import FINISHED, Cluster, patroni_cluster, patroni_members
from tests.field.temporal import Temporal

FLAG = "zalando-postgres-operator-rolling-update-required"
STEERING = "matriarch.dev/steering"


def _status(cluster: Cluster) -> list[str]:
    """W-01, W-02, W-05: the operation has ended, and the status says so of the newest edit."""
    resource = cluster.resource()
    status = resource.get("status", {})
    operation = status.get("operation") or {}
    found = []
    if status.get("PostgresClusterStatus") != "Running":
        found.append(f"status {status.get('PostgresClusterStatus')}: {operation}")
    if status.get("observedGeneration") != resource["metadata"]["generation"]:
        found.append("the newest edit has not been seen")
    if operation and not operation.get("finished"):
        found.append(f"status.operation has not ended: {operation}")
    if STEERING in resource["metadata"].get("annotations", {}):
        found.append("a steering annotation is left")
    return found


def _records(cluster: Cluster) -> list[str]:
    """W-01: nobody works for ever."""
    return [
        f"PostgresOperation {one['metadata']['name']} is {one.get('status', {}).get('phase')}"
        for one in cluster.kubectl.list("postgresoperations")
        if one["spec"]["cluster"] == cluster.name
        and one.get("status", {}).get("phase") not in FINISHED
    ]


def _pods(cluster: Cluster) -> list[str]:
    """W-21, W-23, W-33: all pods are owned, of the newest template, and without flag or label."""
    owner = cluster.kubectl.get("statefulset", cluster.name)
    if owner is None:
        return ["there is no StatefulSet"]
    wanted = cluster.resource()["spec"]["numberOfInstances"]
    pods = cluster.pods()
    found = [] if len(pods) == wanted else [f"{len(pods)} pods instead of {wanted}"]
    for pod in pods:
        meta = pod["metadata"]
        labels, name = meta["labels"], meta["name"]
        if labels.get("controller-revision-hash") != owner["status"].get("updateRevision"):
            found.append(f"{name} is of an old template")
        if owner["metadata"]["uid"] not in [one["uid"] for one in meta.get("ownerReferences", [])]:
            found.append(f"{name} is an orphan")
        if FLAG in meta.get("annotations", {}) or "critical-operation" in labels:
            found.append(f"{name} is still flagged or labelled")
    return found


def _patroni(cluster: Cluster) -> list[str]:
    """W-22, W-25, W-27, W-30: all members serve on one timeline, nobody is to be restarted."""
    members = patroni_members(cluster)
    found = [] if len(members) == len(cluster.pods()) else [f"{len(members)} members in Patroni"]
    if len({one.get("timeline") for one in members}) != 1:
        found.append("members are on several timelines")
    for one in members:
        if one["state"] not in ("running", "streaming"):
            found.append(f"{one['name']} is {one['state']}")
        if one.get("pending_restart"):
            found.append(f"{one['name']} is still to be restarted")
        if one.get("scheduled_restart"):
            found.append(f"{one['name']} has a restart planned")
    return found


def _held(cluster: Cluster) -> list[str]:
    """W-10, W-14, W-33: Patroni is not paused, nothing is scheduled, no strange slot is left."""
    whole = patroni_cluster(cluster)
    found = [f"Patroni says {key}" for key in ("pause", "scheduled_switchover") if whole.get(key)]
    slots = cluster.superuser("select slot_name from pg_replication_slots").split()
    own = cluster.name.replace("-", "_")
    return [*found, *(f"slot {slot}" for slot in slots if not slot.startswith(own))]


def _protection(cluster: Cluster) -> list[str]:
    """W-29: the cluster has a disruption budget."""
    budgets = cluster.kubectl.list("poddisruptionbudgets", selector=f"cluster-name={cluster.name}")
    return [] if budgets else ["no PodDisruptionBudget"]


CHECKS: tuple[Callable[[Cluster], list[str]], ...] = (
    _status,
    _records,
    _pods,
    _patroni,
    _held,
    _protection,
)


def left_over(cluster: Cluster, temporal: Temporal) -> list[str]:
    """W-34, W-62: no workflow of an operation runs any more; and all of the above."""
    running = temporal.running(f"{cluster.kubectl.namespace}/{cluster.name}/op/")
    found = [f"workflow {one} still runs" for one in running]
    return [*found, *(one for check in CHECKS for one in check(cluster))]
