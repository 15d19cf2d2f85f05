"""What can be switched on and off: poolers, backups, streams; also while no operator ran."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from activities.kube.calls import writes
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group
from workflows.model.observation import Drift

POOLER = f"{NAME}-pooler"
JOB = f"logical-backup-{NAME}"
STREAM = "FabricEventStream"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def settled(operator: Operator) -> bool:
    """Nothing to write, and a look finds nothing."""
    assert operator.apply_all() == []
    seen = operator.observe()
    return seen.objects == [] and seen.concerns == []


def gone(operator: Operator, kind: str, name: str) -> bool:
    return operator.admin.get(kind, operator.namespace, name) is None


def drifts(operator: Operator) -> set[tuple[str, str, Drift]]:
    return {(seen.kind, seen.name, seen.drift) for seen in operator.observe().objects}


# ----------------------------------------------------------------------------------------- pooler


def users(operator: Operator, pooler: str = POOLER) -> list[str]:
    secret = operator.child("Secret", f"{pooler}-u")
    return base64.b64decode(secret["data"]["userlist.txt"]).decode().splitlines()


def set_password(operator: Operator, user: str, password: str) -> None:
    data = {"password": base64.b64encode(password.encode()).decode()}
    operator.admin.merge("Secret", operator.namespace, operator.secret(user), {"data": data})


def test_both_poolers_are_made_and_settle(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True, enableReplicaConnectionPooler=True)
    written = operator.apply_all()
    for name in (POOLER, f"{POOLER}-repl"):
        made = {f"Deployment/{name}", f"Service/{name}", f"Secret/{name}-u"}
        assert made <= set(written)
    assert settled(operator)


def test_a_pooler_without_access_to_the_database_is_made_and_what_it_lacks_is_told(
    operator: Operator,
) -> None:
    operator.configure(enable_database_access="false")
    operator.create(enableConnectionPooler=True)
    assert f"Deployment/{POOLER}" in operator.apply_all()
    seen = operator.observe()
    (concern,) = seen.concerns
    assert (seen.objects, concern.name) == ([], "ConnectionPooler")
    assert "enable_database_access is off" in concern.message


def test_a_pooler_that_is_switched_off_goes_with_its_secrets(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    operator.edit(enableConnectionPooler=False)
    operator.start_process()
    assert drifts(operator) == {
        ("Deployment", POOLER, Drift.SURPLUS),
        ("Service", POOLER, Drift.SURPLUS),
        ("Secret", f"{POOLER}-u", Drift.SURPLUS),
        ("Secret", operator.secret("pooler"), Drift.SURPLUS),
    }
    assert len(operator.apply(Group.CONNECTION_POOLER).removed) == 4
    eventually(lambda: gone(operator, "Deployment", POOLER))
    eventually(lambda: gone(operator, "Service", POOLER))
    assert settled(operator)


def test_a_pooler_that_is_switched_on_while_it_still_goes_comes_as_soon_as_it_is_gone(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.kube.writer.GOING_SECONDS", 0.0)
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    held = {"metadata": {"finalizers": ["other.io/keep"]}}
    operator.admin.merge("Deployment", operator.namespace, POOLER, held)
    operator.edit(enableConnectionPooler=False)
    operator.apply_all()
    operator.edit(enableConnectionPooler=True)
    told = operator.apply(Group.CONNECTION_POOLER).problems
    assert any(f"Deployment/{POOLER} is still being deleted" in one for one in told), told
    freed = {"metadata": {"finalizers": None}}
    operator.admin.merge("Deployment", operator.namespace, POOLER, freed)
    eventually(lambda: gone(operator, "Deployment", POOLER))
    assert ("Deployment", POOLER, Drift.MISSING) in drifts(operator)
    operator.apply_all()
    assert settled(operator)


def test_one_of_two_poolers_can_be_switched_off(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True, enableReplicaConnectionPooler=True)
    operator.apply_all()
    operator.edit(enableReplicaConnectionPooler=False)
    assert set(operator.apply(Group.CONNECTION_POOLER).removed) == {
        f"Deployment/{POOLER}-repl",
        f"Service/{POOLER}-repl",
        f"Secret/{POOLER}-repl-u",
    }
    assert operator.child("Secret", operator.secret("pooler"))
    assert operator.child("Deployment", POOLER)


def test_the_login_of_a_pooler_user_of_ones_own_goes_too(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True, connectionPooler={"user": "bouncer"})
    operator.apply_all()
    operator.edit(enableConnectionPooler=None, connectionPooler=None)
    removed = operator.apply(Group.CONNECTION_POOLER).removed
    assert f"Secret/{operator.secret('bouncer')}" in removed
    assert operator.child("Secret", operator.secret("app"))


def test_what_people_named_like_a_pooler_stays(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    labels = {"application": "db-connection-pooler", "cluster-name": NAME}
    meta = {
        "name": POOLER,
        "namespace": operator.namespace,
        "labels": {**labels, "connection-pooler": POOLER},
    }
    spec = {"ports": [{"port": 1}]}
    operator.admin.create({"apiVersion": "v1", "kind": "Service", "metadata": meta, "spec": spec})
    assert operator.apply(Group.CONNECTION_POOLER).removed == []
    assert operator.observe().objects == []


def test_a_changed_password_reaches_the_list_and_renews_the_pods(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    before = operator.child("Deployment", POOLER)["spec"]["template"]
    assert "annotations" not in before["metadata"]
    set_password(operator, "pooler", "another-one")
    assert drifts(operator) == {("Secret", f"{POOLER}-u", Drift.CHANGED)}
    changed = operator.apply(Group.CONNECTION_POOLER).changed
    assert changed == [f"Secret/{POOLER}-u", f"Deployment/{POOLER}"]
    assert users(operator) == ['"pooler" "another-one"']
    after = operator.child("Deployment", POOLER)["spec"]["template"]
    assert list(after["metadata"]["annotations"]) == ["matriarch.dev/pooler-users-changed"]
    assert after["spec"] == before["spec"]
    assert settled(operator)


def test_a_list_in_another_order_is_left_alone(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    reordered = "\n".join(["", *users(operator)])
    data = {"userlist.txt": base64.b64encode(reordered.encode()).decode()}
    operator.admin.merge("Secret", operator.namespace, f"{POOLER}-u", {"data": data})
    assert settled(operator)


def test_what_others_do_to_a_pooler_stays(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    restarted = {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}
    change = {
        "metadata": {"labels": {"argocd.argoproj.io/instance": "x"}},
        "spec": {"template": {"metadata": restarted}},
    }
    operator.admin.merge("Deployment", operator.namespace, POOLER, change)
    assert settled(operator)


def test_an_edited_pooler_is_put_right(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True)
    operator.apply_all()
    operator.admin.merge("Deployment", operator.namespace, POOLER, {"spec": {"replicas": 7}})
    operator.edit(tolerations=[{"key": "db", "operator": "Exists"}])
    assert operator.apply(Group.CONNECTION_POOLER).changed == [f"Deployment/{POOLER}"]
    spec = operator.child("Deployment", POOLER)["spec"]
    assert spec["replicas"] == 2
    assert spec["template"]["spec"]["tolerations"][0]["key"] == "db"


# ----------------------------------------------------------------------------------------- backup


def test_a_backup_job_is_made_follows_the_manifest_and_goes(operator: Operator) -> None:
    operator.create(enableLogicalBackup=True)
    assert f"CronJob/{JOB}" in operator.apply_all()
    assert settled(operator)
    operator.edit(logicalBackupSchedule="0 3 * * *")
    assert operator.apply(Group.LOGICAL_BACKUP).changed == [f"CronJob/{JOB}"]
    assert operator.child("CronJob", JOB)["spec"]["schedule"] == "0 3 * * *"
    operator.edit(enableLogicalBackup=False)
    operator.start_process()
    assert drifts(operator) == {("CronJob", JOB, Drift.SURPLUS)}
    assert operator.apply(Group.LOGICAL_BACKUP).removed == [f"CronJob/{JOB}"]
    eventually(lambda: gone(operator, "CronJob", JOB))
    assert settled(operator)


def test_a_backup_job_of_another_prefix_goes(operator: Operator) -> None:
    operator.create(enableLogicalBackup=True)
    operator.apply_all()
    operator.configure(logical_backup_job_prefix="dump-")
    applied = operator.apply(Group.LOGICAL_BACKUP)
    assert applied.written == [f"CronJob/dump-{NAME}", f"CronJob/{JOB}"]
    assert settled(operator)


def test_a_missing_secret_for_backups_is_told_and_stops_nothing(operator: Operator) -> None:
    operator.configure(logical_backup_cronjob_environment_secret="backup-keys")
    operator.create(enableLogicalBackup=True)
    operator.apply_all()
    seen = operator.observe()
    assert seen.objects == []
    (concern,) = seen.concerns
    assert concern.name == "LogicalBackup"
    assert "backup-keys" in concern.message
    secret(operator, "backup-keys", AWS_ACCESS_KEY_ID="x")
    assert operator.apply(Group.LOGICAL_BACKUP).created == [f"CronJob/{JOB}"]
    pod = operator.child("CronJob", JOB)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert "AWS_ACCESS_KEY_ID" in {entry["name"] for entry in pod["containers"][0]["env"]}
    assert settled(operator)


def secret(operator: Operator, name: str, **data: str) -> None:
    meta = {"name": name, "namespace": operator.namespace}
    content: dict[str, Any] = {"stringData": data}
    operator.admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, **content})


# ---------------------------------------------------------------------------------------- streams


def stream(application: str, **more: Any) -> Object:
    table = {"eventType": "order.created"}
    return {"applicationId": application, "database": "app", "tables": {"data.t": table}, **more}


def listed(operator: Operator) -> list[Object]:
    path = f"apis/zalando.org/v1/namespaces/{operator.namespace}/fabriceventstreams"
    found: list[Object] = operator.admin.call("GET", path)["items"]
    return found


def test_without_the_definition_streams_are_skipped(operator: Operator) -> None:
    operator.create(streams=[stream("shop")])
    operator.apply_all()
    assert settled(operator)


def test_streams_are_made_kept_in_line_and_taken_away(operator: Operator, streams: None) -> None:
    operator.create(streams=[stream("shop"), stream("ship", cpu="100m")])
    operator.apply_all()
    assert settled(operator)
    before = {one["spec"]["applicationId"]: one for one in listed(operator)}
    assert before.keys() == {"shop", "ship"}
    assert before["shop"]["spec"]["eventStreams"][0]["recovery"] == {"type": "None", "sink": None}
    operator.edit(streams=[stream("shop", cpu="200m", batchSize=5)])
    operator.start_process()
    assert {drift for _, _, drift in drifts(operator)} == {Drift.CHANGED, Drift.SURPLUS}
    operator.apply(Group.EVENT_STREAMS)
    (after,) = listed(operator)
    assert after["metadata"]["name"] == before["shop"]["metadata"]["name"]
    assert after["metadata"]["annotations"] == {"fes.zalando.org/FES_CPU": "200m"}
    assert after["spec"]["eventStreams"][0]["sink"]["maxBatchSize"] == 5
    operator.edit(streams=None)
    operator.apply(Group.EVENT_STREAMS)
    assert listed(operator) == []
    assert settled(operator)


# ----------------------------------------------------------------------------------- what it costs


def test_a_quiet_look_costs_few_requests_with_everything_switched_on(operator: Operator) -> None:
    operator.create(enableConnectionPooler=True, enableLogicalBackup=True)
    operator.apply_all()
    operator.observe()
    made = operator.requests_of_a_look()
    assert made.total() <= 12
    assert writes(made) == 0


def test_what_is_switched_off_is_looked_for_once(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.observe()
    made = operator.requests_of_a_look()
    assert {kind for _, kind in made}.isdisjoint({"Deployment", "CronJob", STREAM})
