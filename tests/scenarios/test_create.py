"""From a manifest to a cluster that serves, and that keeps its data."""

import time
from functools import partial

from tests.field.cluster import Cluster, patroni_members
from tests.field.kubectl import Kubectl
from tests.field.temporal import Temporal
from tests.field.waiting import until
from tests.scenarios.conftest import Create
from workflows.model.base import ClusterRef


def test_a_minimal_manifest_becomes_a_cluster_an_application_can_use(create: Create) -> None:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    cluster.login("create table item (id int primary key)")
    cluster.login("insert into item values (1)")
    replica_host = f"{cluster.name}-repl.{cluster.kubectl.namespace}"
    until(
        "the row on the replica",
        lambda: cluster.login("select count(*) from item", host=replica_host).strip() == "1",
    )
    assert {member["role"] for member in patroni_members(cluster)} == {"leader", "replica"}
    assert cluster.status["membersReady"] == "2/2"
    assert cluster.conditions()["Ready"]["status"] == "True"
    assert {"Create", "Services", "Secrets", "StatefulSet"} <= cluster.event_reasons()


def test_acknowledged_rows_survive_the_deletion_of_each_pod(create: Create) -> None:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    cluster.login("create table item (id int primary key)")
    for number, pod in enumerate([cluster.replica(), cluster.primary()]):
        cluster.login(f"insert into item values ({number})")
        _replace(cluster.kubectl, pod)
        rows = str(number + 1)
        until(
            "all rows through the service",
            partial(_says, cluster, "select count(*) from item", rows),
        )
        cluster.until_streaming(1)
    until("the operator to have noticed", lambda: cluster.status["operation"]["kind"] == "sync")
    cluster.until_running()
    assert cluster.status["membersReady"] == "2/2"


def test_five_clusters_at_once_do_not_wait_for_each_other(create: Create) -> None:
    clusters = [create(f"acid-{number}") for number in range(5)]
    for cluster in clusters:
        cluster.until_running(within=300)
    for cluster in clusters:
        assert cluster.superuser("select 1").strip() == "1"


def test_a_second_look_is_one_activity_and_writes_nothing(
    create: Create, temporal: Temporal
) -> None:
    cluster = create()
    cluster.until_running()
    ref = ClusterRef(namespace=cluster.kubectl.namespace, name=cluster.name)
    until("a quiet entity", lambda: _quiet(temporal, ref))
    before, done = _versions(cluster.kubectl), temporal.activities(ref.workflow_id)
    temporal.look_now(ref)
    until("the entity has looked", lambda: temporal.activities(ref.workflow_id) != done)
    until("a quiet entity", lambda: _quiet(temporal, ref))
    assert temporal.activities(ref.workflow_id)[len(done) :] == ["cluster.observe"]
    assert _versions(cluster.kubectl) == before


def test_the_steps_are_named_in_temporal_and_hold_no_secret(
    create: Create, temporal: Temporal
) -> None:
    cluster = create()
    cluster.until_running()
    operation = f"{cluster.kubectl.namespace}/{cluster.name}/op/1-create"
    summaries = temporal.summaries(operation)
    steps = {"apply all objects", "wait for the primary", "bring roles up to date"}
    assert steps <= set(summaries)
    told = temporal.history(operation)
    for user in ("postgres", "standby", "shop"):
        assert cluster.password(user) not in told


def _quiet(temporal: Temporal, ref: ClusterRef) -> bool:
    """No activity was scheduled between two readings a moment apart."""
    first = temporal.activities(ref.workflow_id)
    time.sleep(1.5)
    return temporal.activities(ref.workflow_id) == first


def _replace(kubectl: Kubectl, pod: str) -> None:
    """Delete a pod and wait for the new one of its name."""
    uid = _uid(kubectl, pod)
    kubectl.delete("pod", pod)
    until(f"a new {pod}", lambda: _uid(kubectl, pod) not in ("", uid))


def _says(cluster: Cluster, query: str, answer: str) -> bool:
    return cluster.login(query).strip() == answer


def _uid(kubectl: Kubectl, pod: str) -> str:
    found = kubectl.get("pod", pod)
    return str(found["metadata"]["uid"]) if found else ""


def _versions(kubectl: Kubectl) -> dict[str, str]:
    """Versions of everything the operator may write; what others write beside it does not count."""
    kinds = ("postgresql", "service", "secret")
    versions = {
        f"{kind}/{item['metadata']['name']}": str(item["metadata"]["resourceVersion"])
        for kind in kinds
        for item in kubectl.list(kind)
    }
    for kind in ("statefulset", "poddisruptionbudget"):
        for item in kubectl.list(kind):
            about = item["metadata"]
            written = (about["generation"], about.get("labels"), about.get("annotations"))
            versions[f"{kind}/{about['name']}"] = str(written)
    for event in kubectl.list("events"):
        if event["source"].get("component") == "postgres-operator":
            versions[f"event/{event['metadata']['name']}"] = event["metadata"]["resourceVersion"]
    return versions
