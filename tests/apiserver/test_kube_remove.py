"""Deleting a cluster: everything goes that is the cluster's, and nothing else."""

from collections.abc import Iterator

import pytest

from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Kubelet, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group, Stage
from workflows.model.errors import NotYet, Precondition

LABELS = {"application": "spilo", "cluster-name": NAME}
CHILDREN = (
    "StatefulSet",
    "Pod",
    "PersistentVolumeClaim",
    "Secret",
    "PodDisruptionBudget",
    "Service",
    "ConfigMap",
    "Endpoints",
    "Deployment",
    "CronJob",
)


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with (
        operating(apiserver, kube, namespace) as operator,
        Kubelet(apiserver.kube("fake-node"), namespace),
    ):
        yield operator


def running(operator: Operator, **spec: object) -> str:
    """A cluster with pods, claims and what Patroni writes; returns its uid."""
    operator.create(**spec)
    operator.apply_all()
    for name in ("config", "leader", "failover", "sync"):
        patroni_writes(operator, "ConfigMap", f"{NAME}-{name}")
    eventually(lambda: operator.admin.get("Pod", operator.namespace, f"{NAME}-0"))
    return operator.uid


def patroni_writes(operator: Operator, kind: str, name: str, **content: object) -> None:
    meta = {"name": name, "namespace": operator.namespace, "labels": LABELS}
    operator.admin.create({"apiVersion": "v1", "kind": kind, "metadata": meta, **content})


def left(operator: Operator) -> list[str]:
    """What carries the cluster's labels."""
    return [
        f"{kind}/{obj['metadata']['name']}"
        for kind in CHILDREN
        for obj in operator.admin.list(kind, operator.namespace)
        if (obj["metadata"].get("labels") or {}).get("cluster-name") == NAME
    ]


def deleted(operator: Operator) -> None:
    operator.admin.delete("postgresql", operator.namespace, NAME)


def test_with_a_finalizer_everything_goes_and_the_resource_last(operator: Operator) -> None:
    operator.configure(enable_finalizers="true")
    uid = running(operator)
    deleted(operator)
    assert operator.observe().deletion.requested
    results = operator.remove_all(uid)
    assert left(operator) == []
    assert results[2].removed == [f"StatefulSet/{NAME}"]
    assert results[-1].removed == [f"finalizer of postgresql/{NAME}"]
    assert operator.admin.get("postgresql", operator.namespace, NAME) is None


def test_what_was_switched_on_goes_too(operator: Operator, streams: None) -> None:
    operator.configure(enable_finalizers="true", enable_secrets_deletion="false")
    table = {"t": {"eventType": "e"}}
    uid = running(
        operator,
        enableConnectionPooler=True,
        enableReplicaConnectionPooler=True,
        enableLogicalBackup=True,
        streams=[{"applicationId": "shop", "database": "app", "tables": table}],
    )
    deleted(operator)
    results = operator.remove_all(uid)
    assert results[0].removed and results[1].removed == [f"CronJob/logical-backup-{NAME}"]
    assert results[-1].removed == [f"finalizer of postgresql/{NAME}"]
    kept = {name for name in left(operator) if not name.endswith("acid.zalan.do")}
    assert kept == set()
    assert operator.admin.list("FabricEventStream", operator.namespace) == []


def test_without_a_finalizer_everything_goes_after_the_resource(operator: Operator) -> None:
    uid = running(operator)
    deleted(operator)
    seen = operator.observe()
    assert not seen.found
    assert f"StatefulSet/{NAME}" in seen.leftovers
    operator.remove_all(uid)
    assert left(operator) == []
    assert operator.observe().leftovers == []


def test_a_process_that_never_saw_the_cluster_deletes_it_all_the_same(operator: Operator) -> None:
    uid = running(operator)
    operator.edit(users={"app": None})
    deleted(operator)
    operator.start_process()
    operator.remove_all(uid)
    assert left(operator) == []


def test_a_second_run_deletes_nothing_more(operator: Operator, audit: Audit) -> None:
    uid = running(operator)
    deleted(operator)
    operator.remove_all(uid)
    later = audit.since()
    assert all(not result.removed for result in operator.remove_all(uid))
    assert later.writes(user="operator") == []


def test_leadership_kept_in_endpoints_goes_too(operator: Operator) -> None:
    operator.configure(kubernetes_use_configmaps="false")
    operator.create()
    operator.apply_all()
    patroni_writes(operator, "Endpoints", f"{NAME}-config")
    port = {"port": 1}
    patroni_writes(
        operator, "Service", f"{NAME}-config", spec={"clusterIP": "None", "ports": [port]}
    )
    uid = operator.uid
    deleted(operator)
    operator.remove_all(uid)
    assert left(operator) == []


@pytest.mark.parametrize(
    ("parameter", "kind", "stage"),
    [
        (
            "enable_persistent_volume_claim_deletion",
            "PersistentVolumeClaim",
            Stage.VOLUME_CLAIMS,
        ),
        ("enable_secrets_deletion", "Secret", Stage.SECRETS),
    ],
)
def test_what_shall_be_kept_is_kept_and_named(
    operator: Operator, parameter: str, kind: str, stage: Stage
) -> None:
    operator.configure(enable_finalizers="true", **{parameter: "false"})
    uid = running(operator)
    deleted(operator)
    results = dict(zip(Stage, operator.remove_all(uid), strict=True))
    assert {name.split("/")[0] for name in left(operator)} == {kind}
    assert all(f"{parameter} is off" in text for text in results[stage].kept)
    assert len(results[stage].kept) == len(left(operator))
    assert operator.admin.get("postgresql", operator.namespace, NAME) is None
    assert operator.observe().leftovers == []


def test_what_people_labelled_like_children_stays(operator: Operator) -> None:
    uid = running(operator)
    patroni_writes(operator, "ConfigMap", "dashboards")
    patroni_writes(operator, "Service", f"{NAME}-for-my-app", spec={"ports": [{"port": 1}]})
    patroni_writes(operator, "Secret", "certificate")
    deleted(operator)
    operator.remove_all(uid)
    stayed = {"ConfigMap/dashboards", f"Service/{NAME}-for-my-app", "Secret/certificate"}
    assert stayed <= set(left(operator))
    assert set(left(operator)) <= {*stayed, f"Endpoints/{NAME}-for-my-app"}


def test_a_cluster_of_another_name_stays(operator: Operator) -> None:
    uid = running(operator)
    other = f"{NAME}-0"
    operator.admin.create(
        {
            **operator.resource,
            "metadata": {"name": other, "namespace": operator.namespace},
        }
    )
    meta = {
        "name": f"app.{other}.credentials.postgresql.acid.zalan.do",
        "namespace": operator.namespace,
        "labels": {**LABELS, "cluster-name": other},
    }
    operator.admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta})
    deleted(operator)
    operator.remove_all(uid)
    assert operator.child("Secret", str(meta["name"]))


# ------------------------------------------------------------------------------ what forbids it


def test_children_of_a_resource_created_anew_are_left_alone(
    operator: Operator, audit: Audit
) -> None:
    uid = running(operator)
    deleted(operator)
    operator.create()
    later = audit.since()
    results = operator.remove_all(uid)
    assert all("a new postgresql" in result.kept[0] for result in results)
    assert later.writes(user="operator") == []


def test_a_resource_that_nobody_deleted_keeps_its_children(
    operator: Operator, audit: Audit
) -> None:
    uid = running(operator)
    later = audit.since()
    for stage in Stage:
        with pytest.raises(Precondition, match="is not being deleted"):
            operator.remove(stage, uid)
    assert later.writes(user="operator") == []


def test_the_finalizer_stays_while_anything_is_left(operator: Operator) -> None:
    operator.configure(enable_finalizers="true")
    uid = running(operator)
    deleted(operator)
    with pytest.raises(NotYet, match=f"StatefulSet/{NAME}"):
        operator.remove(Stage.FINALIZER, uid)
    assert operator.resource["metadata"]["finalizers"]


def test_an_invalid_resource_can_be_deleted(operator: Operator) -> None:
    operator.configure(enable_finalizers="true")
    uid = running(operator)
    operator.edit(clone={"cluster": "Not A Name"})
    assert operator.observe().invalid
    deleted(operator)
    operator.remove_all(uid)
    assert left(operator) == []
    assert operator.admin.get("postgresql", operator.namespace, NAME) is None


# ------------------------------------------------------------------------------ other namespaces


@pytest.fixture
def elsewhere(kube: Kube, namespace: str) -> Iterator[str]:
    name = f"{namespace}-apps"
    kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield name
    kube.delete("Namespace", None, name)


@pytest.mark.parametrize("finalizers", ["true", "false"])
def test_secrets_in_other_namespaces_go_too(
    operator: Operator, elsewhere: str, finalizers: str
) -> None:
    operator.configure(enable_cross_namespace_secret="true", enable_finalizers=finalizers)
    operator.create(users={f"{elsewhere}.app": []})
    operator.apply(Group.ACCESS)
    operator.apply(Group.SECRETS)
    assert len(secrets(operator, elsewhere)) == 1
    uid = operator.uid
    deleted(operator)
    operator.remove_all(uid)
    assert secrets(operator, elsewhere) == []


def test_secrets_elsewhere_stay_while_a_cluster_of_that_name_lives_elsewhere(
    operator: Operator, elsewhere: str
) -> None:
    operator.configure(enable_cross_namespace_secret="true")
    operator.create(users={f"{elsewhere}.app": []})
    operator.apply(Group.SECRETS)
    uid = operator.uid
    meta = {"name": NAME, "namespace": elsewhere}
    operator.admin.create({**operator.resource, "metadata": meta})
    deleted(operator)
    operator.remove_all(uid)
    assert len(secrets(operator, elsewhere)) == 1


def secrets(operator: Operator, namespace: str) -> list[Object]:
    return [
        secret
        for secret in operator.admin.list("Secret", namespace)
        if secret["metadata"]["name"].endswith("acid.zalan.do")
    ]
