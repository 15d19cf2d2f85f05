"""Child objects, made and kept right by server-side apply."""

import base64
import copy
from collections.abc import Iterator
from typing import Any

import pytest

from activities.kube.calls import writes
from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object, path
from tests.apiserver.operating import NAME, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.errors import NotYet, Precondition
from workflows.model.operations import Group

SERVICE = f"Service/{NAME}"
STATEFUL_SET = f"StatefulSet/{NAME}"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def decoded(secret: Object, key: str) -> str:
    return base64.b64decode(secret["data"][key]).decode()


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
    bare.pop("status", None)
    return bare


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


def test_a_second_look_finds_nothing_to_write(operator: Operator, audit: Audit) -> None:
    operator.create()
    operator.apply_all()
    operator.start_process()
    later = audit.since()
    assert operator.apply_all() == []
    seen = operator.observe()
    assert seen.objects == []
    assert seen.objects_equal == 11
    assert later.writes(user="operator") == []


def test_a_quiet_look_costs_few_requests(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.observe()
    before = operator.client.calls.snapshot()
    operator.observe()
    made = operator.client.calls.snapshot() - before
    assert made.total() <= 11  # SQL adds one more
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
    with pytest.raises(Precondition):
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


# --------------------------------------------------------------------------------------- takeover


@pytest.fixture
def taken_over(operator: Operator) -> Operator:
    """A cluster with a load balancer, whose objects were made by Zalando's operator."""
    operator.create(enableMasterLoadBalancer=True, allowedSourceRanges=["10.0.0.0/8"])
    operator.apply_all()
    for kind in ("Service", "Secret", "PodDisruptionBudget", "StatefulSet"):
        for obj in operator.admin.list(kind, operator.namespace):
            made_anew(operator, {**obj, "kind": kind, "apiVersion": _version(kind)})
    operator.start_process()
    return operator


def _version(kind: str) -> str:
    return {"StatefulSet": "apps/v1", "PodDisruptionBudget": "policy/v1"}.get(kind, "v1")


def made_anew(operator: Operator, obj: Object) -> None:
    place = obj["kind"], operator.namespace, obj["metadata"]["name"]
    operator.admin.delete(*place, propagationPolicy="Orphan")
    eventually(lambda: operator.admin.get(*place) is None)
    as_zalando_made_it(operator, without_server_fields(obj))


def test_objects_of_zalandos_operator_become_ours_without_a_new_template(
    taken_over: Operator, audit: Audit
) -> None:
    before = taken_over.child("StatefulSet")
    taken_over.apply_all()
    after = taken_over.child("StatefulSet")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["metadata"]["generation"] == before["metadata"]["generation"]
    assert ("postgres-operator", "Update") not in managers(after)
    later = audit.since()
    assert taken_over.apply_all() == []
    assert taken_over.observe().objects == []
    assert later.writes(user="operator") == []


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


# ---------------------------------------------------------------------------------------- secrets


def made_by_hand(operator: Operator, user: str, **data: str) -> None:
    operator.admin.create(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": operator.secret(user), "namespace": operator.namespace},
            "stringData": data,
        }
    )


def test_a_password_chosen_beforehand_is_kept(operator: Operator) -> None:
    operator.create()
    made_by_hand(operator, "app", username="app", password="my-own-choice", note="x")
    operator.apply(Group.SECRETS)
    secret = operator.child("Secret", operator.secret("app"))
    assert decoded(secret, "password") == "my-own-choice"
    assert decoded(secret, "note") == "x"
    assert secret["metadata"]["labels"]["cluster-name"] == NAME
    assert operator.apply(Group.SECRETS).written == []


def test_a_foreign_username_in_a_secret_stops_nothing(operator: Operator) -> None:
    operator.create()
    made_by_hand(operator, "app", username="somebody", password="my-own-choice")
    assert len(operator.apply(Group.SECRETS).written) == 4
    assert decoded(operator.child("Secret", operator.secret("app")), "username") == "app"


def test_secrets_of_users_that_are_not_wanted_any_more_stay(operator: Operator) -> None:
    operator.create()
    operator.apply(Group.SECRETS)
    operator.edit(users={"other_app": None, "third": []})
    assert operator.apply(Group.SECRETS).written == [f"Secret/{operator.secret('third')}"]
    assert operator.child("Secret", operator.secret("other-app"))


def test_a_secret_for_a_namespace_that_does_not_exist_stops_no_other(operator: Operator) -> None:
    operator.configure(enable_cross_namespace_secret="true")
    operator.create(users={"app": [], "nowhere.app": []})
    assert len(operator.apply(Group.SECRETS).created) == 3
    seen = operator.observe()
    assert [concern.name for concern in seen.concerns] == ["Secrets"]
    assert "no namespace nowhere" in seen.concerns[0].message
    assert not [obj for obj in seen.objects if obj.kind == "Secret"]


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
