"""Child objects, made and kept right by server-side apply."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from activities.kube.calls import writes
from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group
from workflows.model.errors import Forbidden, NotYet, Precondition

SERVICE = f"Service/{NAME}"
STATEFUL_SET = f"StatefulSet/{NAME}"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def decoded(secret: Object, key: str) -> str:
    return base64.b64decode(secret["data"][key]).decode()


# ----------------------------------------------------------------------------------- from nothing


def test_everything_is_made(operator: Operator) -> None:
    operator.create()
    assert operator.apply_all() == [
        "ServiceAccount/postgres-pod",
        "RoleBinding/postgres-pod",
        SERVICE,
        f"Service/{NAME}-repl",
        *(f"Secret/{operator.secret(user)}" for user in ("postgres", "standby", "app")),
        f"Secret/{operator.secret('other-app')}",
        f"PodDisruptionBudget/postgres-{NAME}-pdb",
        f"PodDisruptionBudget/postgres-{NAME}-critical-op-pdb",
        STATEFUL_SET,
    ]


def test_what_fails_keeps_nothing_else_from_being_made(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator.create()
    allowed = operator.client.list

    def refuse(kind: str, *place: Any, **how: Any) -> list[Object]:
        if kind == "Service":
            raise Forbidden("services are forbidden")
        return allowed(kind, *place, **how)

    monkeypatch.setattr(operator.client, "list", refuse)
    with pytest.raises(Forbidden):
        operator.apply_all()
    assert operator.child("StatefulSet")


def test_a_second_look_finds_nothing_to_write(operator: Operator, audit: Audit) -> None:
    operator.create()
    operator.apply_all()
    operator.start_process()
    later = audit.since()
    assert operator.apply_all() == []
    seen = operator.observe()
    assert seen.objects == []
    assert seen.objects_equal == 11 + len(seen.pods)
    assert later.writes(user="operator") == []


def test_a_quiet_look_costs_few_requests(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.observe()
    made = operator.requests_of_a_look()
    assert made.total() <= 10
    assert writes(made) == 0


def test_results_name_no_password(operator: Operator) -> None:
    operator.create()
    result = operator.apply(Group.SECRETS)
    password = decoded(operator.child("Secret", operator.secret("app")), "password")
    assert len(password) == 64
    assert password not in repr(result)


# ------------------------------------------------------------------------------------------ drift


def test_a_deleted_object_is_made_again(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.admin.delete("Service", operator.namespace, NAME)
    assert operator.apply(Group.SERVICES).created == [SERVICE]


def test_an_edited_object_is_put_right_and_what_others_added_stays(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    change = {
        "metadata": {"annotations": {"somebody.else/note": "mine"}},
        "spec": {"selector": {"spilo-role": "nobody"}, "sessionAffinity": "ClientIP"},
    }
    operator.admin.merge("Service", operator.namespace, NAME, change)
    (seen,) = eventually(lambda: operator.observe().objects)
    assert seen.why == "spec.selector.spilo-role"
    assert operator.apply(Group.SERVICES).changed == [SERVICE]
    service = operator.child("Service")
    assert service["spec"]["selector"]["spilo-role"] == "master"
    assert service["spec"]["sessionAffinity"] == "ClientIP"
    assert service["metadata"]["annotations"]["somebody.else/note"] == "mine"
    assert operator.apply(Group.SERVICES).written == []


def test_what_is_not_wanted_any_more_is_taken_away(operator: Operator, audit: Audit) -> None:
    balanced = {"enableMasterLoadBalancer": True, "allowedSourceRanges": ["10.0.0.0/8"]}
    operator.create(**balanced, serviceAnnotations={"a.io/b": "c"})
    operator.apply_all()
    assert operator.child("Service")["spec"]["loadBalancerSourceRanges"] == ["10.0.0.0/8"]
    operator.edit(enableMasterLoadBalancer=False, serviceAnnotations=None)
    operator.apply(Group.SERVICES)
    service = operator.child("Service")
    assert service["spec"]["type"] == "ClusterIP"
    assert not service["spec"].keys() & {"loadBalancerSourceRanges", "externalTrafficPolicy"}
    assert "annotations" not in service["metadata"]
    later = audit.since()
    assert operator.apply(Group.SERVICES).written == []
    assert later.writes(user="operator") == []


def test_a_new_template_changes_the_stateful_set_in_place(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    before = operator.child("StatefulSet")
    operator.edit(numberOfInstances=3, env=[{"name": "EXTRA", "value": "1"}])
    assert operator.apply(Group.STATEFUL_SET).changed == [STATEFUL_SET]
    after = operator.child("StatefulSet")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["spec"]["replicas"] == 3
    assert operator.apply(Group.STATEFUL_SET).written == []


def test_no_more_members_go_than_were_planned_for(operator: Operator) -> None:
    operator.create(numberOfInstances=3)
    operator.apply_all()
    operator.edit(numberOfInstances=1, env=[{"name": "EXTRA", "value": "1"}])
    for planned, replicas in ((3, 3), (2, 2), (1, 1)):
        assert operator.apply(Group.STATEFUL_SET, instances=planned).changed == [STATEFUL_SET]
        assert operator.child("StatefulSet")["spec"]["replicas"] == replicas
    operator.edit(numberOfInstances=2)
    operator.apply(Group.STATEFUL_SET, instances=1)
    assert operator.child("StatefulSet")["spec"]["replicas"] == 2


def test_the_last_init_container_can_be_taken_away(operator: Operator) -> None:
    operator.create(initContainers=[{"name": "first", "image": "busybox"}])
    operator.apply_all()
    operator.edit(initContainers=None)
    operator.apply(Group.STATEFUL_SET)
    template = operator.child("StatefulSet")["spec"]["template"]
    assert "initContainers" not in template["spec"]
    assert operator.apply(Group.STATEFUL_SET).written == []


def test_patronis_start_configuration_is_not_pushed_to_running_pods(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    template = operator.child("StatefulSet")["spec"]["template"]
    operator.edit(patroni={"ttl": 45}, numberOfInstances=1)
    operator.apply(Group.STATEFUL_SET)
    assert operator.child("StatefulSet")["spec"]["replicas"] == 1
    assert operator.child("StatefulSet")["spec"]["template"] == template


def test_a_change_of_budget_is_made_without_a_gap(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    uid = operator.child("PodDisruptionBudget", f"postgres-{NAME}-pdb")["metadata"]["uid"]
    operator.configure(enable_pod_disruption_budget="false")
    assert len(operator.apply(Group.DISRUPTION_BUDGETS).changed) == 2
    budget = operator.child("PodDisruptionBudget", f"postgres-{NAME}-pdb")
    assert (budget["metadata"]["uid"], budget["spec"]["minAvailable"]) == (uid, 0)
    assert operator.apply(Group.DISRUPTION_BUDGETS).written == []


# ----------------------------------------------------------------------------- access, finalizer


def test_shared_objects_that_exist_are_left_as_they_are(operator: Operator, audit: Audit) -> None:
    operator.create()
    operator.apply(Group.ACCESS)
    change = {"metadata": {"labels": {"edited": "by-somebody"}}}
    operator.admin.merge("RoleBinding", operator.namespace, "postgres-pod", change)
    later = audit.since()
    assert operator.apply(Group.ACCESS).written == []
    assert later.writes(user="operator") == []


def test_the_cloud_role_of_the_account_follows_the_configuration(operator: Operator) -> None:
    operator.create()
    operator.apply(Group.ACCESS)
    operator.configure(irsa_role_arn="arn:aws:iam::1:role/x")
    assert operator.observe().objects[0].kind == "ServiceAccount"
    assert operator.apply(Group.ACCESS).changed == ["ServiceAccount/postgres-pod"]
    account = operator.child("ServiceAccount", "postgres-pod")
    key = "eks.amazonaws.com/role-arn"
    assert account["metadata"]["annotations"][key] == "arn:aws:iam::1:role/x"
    operator.configure()
    operator.apply(Group.ACCESS)
    account = operator.child("ServiceAccount", "postgres-pod")
    assert key not in account["metadata"].get("annotations", {})


def test_the_finalizer_follows_the_configuration_and_others_stay(operator: Operator) -> None:
    operator.create()
    change = {"metadata": {"finalizers": ["other.io/keep"]}}
    operator.admin.merge("postgresql", operator.namespace, NAME, change)
    operator.configure(enable_finalizers="true")
    assert operator.observe().finalizer_wanted
    operator.apply(Group.ACCESS)
    ours = "postgres-operator.acid.zalan.do"
    assert operator.resource["metadata"]["finalizers"] == ["other.io/keep", ours]
    assert operator.observe().finalizer
    operator.configure()
    operator.apply(Group.ACCESS)
    assert operator.resource["metadata"]["finalizers"] == ["other.io/keep"]
    operator.admin.merge("postgresql", operator.namespace, NAME, {"metadata": {"finalizers": None}})


# ----------------------------------------------------------------------------------- preconditions


def test_nothing_is_made_for_a_resource_that_is_gone(operator: Operator) -> None:
    with pytest.raises(Precondition, match="is gone"):
        operator.apply(Group.SERVICES, uid="any")


def test_nothing_is_made_for_a_resource_of_another_uid(operator: Operator, audit: Audit) -> None:
    operator.create()
    with pytest.raises(Precondition, match="created anew"):
        operator.apply(Group.SERVICES, uid="an-older-one")
    assert audit.writes(user="operator") == []


def test_nothing_is_made_for_a_resource_that_is_being_deleted(operator: Operator) -> None:
    operator.configure(enable_finalizers="true")
    operator.create()
    operator.apply(Group.ACCESS)
    operator.admin.delete("postgresql", operator.namespace, NAME)
    with pytest.raises(Precondition, match="being deleted"):
        operator.apply(Group.SERVICES)
    operator.admin.merge("postgresql", operator.namespace, NAME, {"metadata": {"finalizers": None}})


def test_pods_wait_for_the_environment_that_is_configured_for_them(operator: Operator) -> None:
    operator.configure(pod_environment_secret="backup-keys")
    operator.create()
    with pytest.raises(NotYet, match="backup-keys"):
        operator.apply(Group.STATEFUL_SET)
    missing = [seen for seen in operator.observe().objects if seen.kind == "StatefulSet"]
    assert "backup-keys" in missing[0].why
    meta = {"name": "backup-keys", "namespace": operator.namespace}
    data: dict[str, Any] = {"stringData": {"AWS_KEY": "x"}}
    operator.admin.create({"apiVersion": "v1", "kind": "Secret", "metadata": meta, **data})
    operator.apply(Group.STATEFUL_SET)
    (container,) = operator.child("StatefulSet")["spec"]["template"]["spec"]["containers"]
    assert "AWS_KEY" in {variable["name"] for variable in container["env"]}


@pytest.mark.parametrize("mode", ["true", "false"])
def test_both_ways_of_keeping_leadership_settle(operator: Operator, mode: str) -> None:
    operator.configure(kubernetes_use_configmaps=mode)
    operator.create()
    written = operator.apply_all()
    assert (f"Endpoints/{NAME}" in written) == (mode == "false")
    assert operator.apply_all() == []
    assert operator.observe().objects == []
