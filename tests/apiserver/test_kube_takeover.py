"""Objects of other makers become ours, and immutable ones are exchanged, while pods run on."""

import copy
from collections.abc import Iterator

import pytest

from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object, path
from tests.apiserver.operating import NAME, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group
from workflows.model.errors import InvalidObject, Precondition

SERVICE = f"Service/{NAME}"
POOLER = f"{NAME}-pooler"
JOB = f"logical-backup-{NAME}"
KINDS = {
    "Service": "v1",
    "Secret": "v1",
    "PodDisruptionBudget": "policy/v1",
    "StatefulSet": "apps/v1",
    "Deployment": "apps/v1",
    "CronJob": "batch/v1",
}
STATEFUL_SET = f"StatefulSet/{NAME}"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def managers(obj: Object) -> set[tuple[str, str]]:
    return {
        (entry["manager"], entry["operation"])
        for entry in obj["metadata"]["managedFields"]
        if not entry.get("subresource")
    }


def as_zalando_made_it(operator: Operator, obj: Object) -> Object:
    """The same manager name as ours, but a plain create."""
    where = path(obj["kind"], operator.namespace, fieldManager="postgres-operator")
    return dict(operator.admin.call("POST", where, obj))


def without_server_fields(obj: Object) -> Object:
    bare = copy.deepcopy(obj)
    for field in ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation"):
        bare["metadata"].pop(field, None)
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        bare.get("spec", {}).pop(field, None)
    for port in bare.get("spec", {}).get("ports", []):
        port.pop("nodePort", None)
    bare["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    bare.pop("status", None)
    return bare


@pytest.fixture
def taken_over(operator: Operator) -> Operator:
    """A cluster with all sorts of objects, which were made by Zalando's operator."""
    operator.create(
        enableMasterLoadBalancer=True,
        allowedSourceRanges=["10.0.0.0/8"],
        enableConnectionPooler=True,
        enableLogicalBackup=True,
    )
    operator.apply_all()
    for kind in KINDS:
        for obj in operator.admin.list(kind, operator.namespace):
            made_anew(operator, {**obj, "kind": kind, "apiVersion": _version(kind)})
    operator.start_process()
    return operator


def _version(kind: str) -> str:
    return KINDS[kind]


def made_anew(operator: Operator, obj: Object) -> None:
    place = obj["kind"], operator.namespace, obj["metadata"]["name"]
    operator.admin.delete(*place, propagationPolicy="Orphan")
    eventually(lambda: operator.admin.get(*place) is None)
    as_zalando_made_it(operator, without_server_fields(obj))


def test_objects_of_zalandos_operator_become_ours_without_a_new_template(
    taken_over: Operator, audit: Audit
) -> None:
    places = (("StatefulSet", NAME), ("Deployment", POOLER), ("CronJob", JOB))
    before = [taken_over.child(*place) for place in places]
    taken_over.apply_all()
    after = [taken_over.child(*place) for place in places]
    for key in ("uid", "generation"):
        assert [one["metadata"][key] for one in after] == [one["metadata"][key] for one in before]
    assert all(("postgres-operator", "Update") not in managers(one) for one in after)
    later = audit.since()
    assert taken_over.apply_all() == []
    assert taken_over.observe().objects == []
    assert later.writes(user="operator") == []


def test_what_zalandos_operator_left_of_a_feature_goes(taken_over: Operator) -> None:
    taken_over.edit(enableConnectionPooler=False, enableLogicalBackup=False)
    removed = {name for group in Group for name in taken_over.apply(group).removed}
    secrets = {f"Secret/{POOLER}-u", f"Secret/{taken_over.secret('pooler')}"}
    assert removed == {f"Deployment/{POOLER}", f"Service/{POOLER}", f"CronJob/{JOB}", *secrets}


def test_passwords_of_a_cluster_that_is_taken_over_stay(taken_over: Operator) -> None:
    name = taken_over.secret("app")
    before = taken_over.child("Secret", name)["data"]
    taken_over.apply_all()
    assert taken_over.child("Secret", name)["data"] == before


def test_what_zalandos_operator_had_set_can_be_taken_away(taken_over: Operator) -> None:
    taken_over.edit(enableMasterLoadBalancer=False)
    taken_over.apply(Group.SERVICES)
    assert "loadBalancerSourceRanges" not in taken_over.child("Service")["spec"]


def test_objects_made_by_kubectl_are_taken_over(operator: Operator) -> None:
    operator.create()
    operator.admin.create(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": NAME, "namespace": operator.namespace},
            "spec": {"ports": [{"port": 5432, "targetPort": 1}], "selector": {"x": "y"}},
        }
    )
    assert SERVICE in operator.apply(Group.SERVICES).written
    spec = operator.child("Service")["spec"]
    assert spec["selector"]["cluster-name"] == NAME
    assert [port["targetPort"] for port in spec["ports"]] == [5432]
    assert operator.apply(Group.SERVICES).written == []


# ----------------------------------------------------------------------------------- replacement


def test_immutable_fields_are_changed_while_pods_run_on(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    before = operator.child("StatefulSet")
    pod = eventually(lambda: operator.admin.get("Pod", operator.namespace, f"{NAME}-0"))
    operator.configure(pod_management_policy="parallel")
    assert operator.apply(Group.STATEFUL_SET).changed == [STATEFUL_SET]
    after = operator.child("StatefulSet")
    assert after["metadata"]["uid"] != before["metadata"]["uid"]
    assert after["spec"]["podManagementPolicy"] == "Parallel"
    kept = operator.child("Pod", f"{NAME}-0")
    assert kept["metadata"]["uid"] == pod["metadata"]["uid"]
    eventually(lambda: _owner(operator.child("Pod", f"{NAME}-0")) == after["metadata"]["uid"])
    eventually(lambda: [seen.current for seen in operator.observe().pods] == [True, True])
    assert operator.apply(Group.STATEFUL_SET).written == []


def _owner(pod: Object) -> str:
    return next((owner["uid"] for owner in pod["metadata"].get("ownerReferences", [])), "")


def test_a_larger_volume_replaces_the_stateful_set(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.edit(volume={"size": "2Gi"})
    operator.apply(Group.STATEFUL_SET)
    (claim,) = operator.child("StatefulSet")["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "2Gi"
    assert operator.apply(Group.STATEFUL_SET).written == []


def test_a_selector_that_pods_do_not_match_is_refused(operator: Operator, audit: Audit) -> None:
    operator.create()
    operator.apply(Group.STATEFUL_SET)
    operator.configure(cluster_labels="application:spilo,landscape:moon")
    later = audit.since()
    with pytest.raises(Precondition, match="landscape"):
        operator.apply(Group.STATEFUL_SET)
    assert later.writes(user="operator") == []


def test_nothing_is_deleted_when_the_new_stateful_set_would_be_refused(
    operator: Operator, audit: Audit
) -> None:
    operator.create()
    operator.apply(Group.STATEFUL_SET)
    operator.configure(pod_management_policy="parallel")
    operator.edit(podPriorityClassName="Not A Name")
    later = audit.since()
    with pytest.raises(InvalidObject, match="priorityClassName"):
        operator.apply(Group.STATEFUL_SET)
    assert [write.verb for write in later.writes(user="operator")] == ["create"]
    assert operator.child("StatefulSet")["spec"]["podManagementPolicy"] == "OrderedReady"


def test_a_replacement_that_was_cut_off_is_completed(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    pod = eventually(lambda: operator.admin.get("Pod", operator.namespace, f"{NAME}-0"))
    orphan = {"propagationPolicy": "Orphan"}
    operator.admin.delete("StatefulSet", operator.namespace, NAME, **orphan)
    eventually(lambda: operator.admin.get("StatefulSet", operator.namespace, NAME) is None)
    assert operator.apply(Group.STATEFUL_SET).created == [STATEFUL_SET]
    eventually(lambda: [seen.current for seen in operator.observe().pods] == [True])
    assert operator.child("Pod", f"{NAME}-0")["metadata"]["uid"] == pod["metadata"]["uid"]
