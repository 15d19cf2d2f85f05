"""Annotations, labels and owners: on every child, in line with the resource, others' untouched."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Kubelet, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group

CHILDREN = (
    ("StatefulSet", NAME),
    ("Pod", f"{NAME}-0"),
    ("PersistentVolumeClaim", f"pgdata-{NAME}-0"),
    ("Service", NAME),
    ("Service", f"{NAME}-repl"),
    ("Service", f"{NAME}-pooler"),
    ("ConfigMap", f"{NAME}-config"),
    ("Secret", f"postgres.{NAME}.credentials.postgresql.acid.zalan.do"),
    ("Secret", f"{NAME}-pooler-u"),
    ("PodDisruptionBudget", f"postgres-{NAME}-pdb"),
    ("Deployment", f"{NAME}-pooler"),
    ("CronJob", f"logical-backup-{NAME}"),
)
MADE_BY_OTHERS = {"Pod", "PersistentVolumeClaim"}
EVERYTHING = {"enableConnectionPooler": True, "enableLogicalBackup": True}
LABELS = {"application": "spilo", "cluster-name": NAME}


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with (
        operating(apiserver, kube, namespace) as operator,
        Kubelet(apiserver.kube("fake-node"), namespace),
    ):
        yield operator


def made_by_patroni(operator: Operator, kind: str = "ConfigMap", **content: Any) -> None:
    meta = {"name": f"{NAME}-config", "namespace": operator.namespace, "labels": LABELS}
    annotations = {"config": "{}", "history": "[]"}
    manifest = {"apiVersion": "v1", "kind": kind, "metadata": {**meta, "annotations": annotations}}
    operator.admin.create({**manifest, **content})


def running(operator: Operator, **spec: Any) -> None:
    """A cluster with a pod, a claim and Patroni's own object."""
    operator.create(**EVERYTHING, **spec)
    operator.apply_all()
    made_by_patroni(operator)
    eventually(lambda: operator.admin.get("Pod", operator.namespace, f"{NAME}-0"))
    eventually(lambda: operator.admin.get(*claim(operator)))


def claim(operator: Operator) -> tuple[str, str, str]:
    return "PersistentVolumeClaim", operator.namespace, f"pgdata-{NAME}-0"


def metadata(operator: Operator) -> dict[str, Object]:
    return {f"{kind}/{name}": operator.child(kind, name)["metadata"] for kind, name in CHILDREN}


def annotated(operator: Operator, key: str) -> dict[str, str | None]:
    return {
        name: (found.get("annotations") or {}).get(key)
        for name, found in metadata(operator).items()
    }


def settled(operator: Operator) -> bool:
    assert operator.apply_all() == []
    return operator.observe().objects == []


# ------------------------------------------------------------------------------------ annotations


def test_inherited_annotations_appear_change_and_disappear_everywhere(operator: Operator) -> None:
    operator.configure(inherited_annotations="owned-by")
    running(operator)
    for value in ("crew", "guild", None):
        operator.annotate(**{"owned-by": value, "something-else": value})
        operator.apply_all()
        assert set(annotated(operator, "owned-by").values()) == {value}
        assert set(annotated(operator, "something-else").values()) == {None}
        assert settled(operator)


def test_inherited_annotations_disappear_when_they_are_not_inherited_any_more(
    operator: Operator,
) -> None:
    operator.configure(inherited_annotations="owned-by")
    running(operator)
    operator.annotate(**{"owned-by": "crew"})
    operator.apply_all()
    operator.configure()
    operator.start_process()
    assert operator.observe().objects != []
    operator.apply_all()
    assert set(annotated(operator, "owned-by").values()) == {None}
    assert settled(operator)


def test_what_others_annotated_stays(operator: Operator) -> None:
    operator.configure(inherited_annotations="owned-by")
    running(operator)
    operator.annotate(**{"owned-by": "crew"})
    operator.apply_all()
    foreign = {"metadata": {"annotations": {"somebody.else/note": "mine"}}}
    for kind, name in CHILDREN:
        operator.admin.merge(kind, operator.namespace, name, foreign)
    assert settled(operator)
    operator.annotate(**{"owned-by": None})
    operator.apply_all()
    assert set(annotated(operator, "somebody.else/note").values()) == {"mine"}
    assert operator.child("ConfigMap", f"{NAME}-config")["metadata"]["annotations"]["history"]


def test_ignored_annotations_are_not_put_back(operator: Operator, audit: Audit) -> None:
    operator.configure(inherited_annotations="owned-by", ignored_annotations="owned-by")
    running(operator)
    operator.annotate(**{"owned-by": "crew"})
    later = audit.since()
    operator.apply_all()
    assert settled(operator)
    assert later.writes(user="operator") == []


def test_downscaler_annotations_reach_what_can_be_scaled(operator: Operator) -> None:
    operator.configure(downscaler_annotations="^downscaler/.*")
    running(operator)
    operator.annotate(**{"downscaler/uptime": "8-18"})
    operator.apply_all()
    carrying = {name for name, value in annotated(operator, "downscaler/uptime").items() if value}
    assert carrying == {f"StatefulSet/{NAME}", f"Deployment/{NAME}-pooler"}
    assert settled(operator)


def test_pod_annotations_reach_running_pods_and_restart_none(operator: Operator) -> None:
    running(operator, podAnnotations={"scrape": "yes", "port": "1"})
    uid = operator.child("Pod", f"{NAME}-0")["metadata"]["uid"]
    foreign = {"metadata": {"annotations": {"cni.io/address": "10.0.0.1"}}}
    operator.admin.merge("Pod", operator.namespace, f"{NAME}-0", foreign)
    operator.edit(podAnnotations={"scrape": "no", "port": None, "path": "/m"})
    operator.apply_all()
    pod = operator.child("Pod", f"{NAME}-0")["metadata"]
    assert pod["uid"] == uid
    assert pod["annotations"] == {"scrape": "no", "path": "/m", "cni.io/address": "10.0.0.1"}
    assert settled(operator)


def test_the_older_way_to_the_cloud_stays_on_running_pods(operator: Operator) -> None:
    operator.configure(kube_iam_role="db")
    running(operator)
    operator.configure(irsa_role_arn="arn:aws:iam::1:role/x")
    operator.apply_all()
    key = "iam.amazonaws.com/role"
    assert operator.child("Pod", f"{NAME}-0")["metadata"]["annotations"] == {key: "db"}
    template = operator.child("StatefulSet")["spec"]["template"]
    assert "annotations" not in template["metadata"]


# ------------------------------------------------------------------------------- labels and owners


def test_a_label_follows_on_all_we_made(operator: Operator) -> None:
    operator.configure(inherited_labels="cost-center")
    running(operator)
    change = {"metadata": {"labels": {"cost-center": "4711"}}}
    operator.admin.merge("postgresql", operator.namespace, NAME, change)
    operator.apply_all()
    labels = {name: found.get("labels", {}) for name, found in metadata(operator).items()}
    without = {name for name, found in labels.items() if "cost-center" not in found}
    made_by_others = {
        name for name in labels if name.split("/")[0] in {*MADE_BY_OTHERS, "ConfigMap"}
    }
    # the selector labels alone are on the pooler's service, as with Zalando's operator
    assert without == {*made_by_others, f"Service/{NAME}-pooler"}
    assert settled(operator)


def test_owners_are_put_on_and_taken_off(operator: Operator) -> None:
    running(operator)
    operator.configure(enable_owner_references="true")
    operator.apply_all()
    assert settled(operator)
    assert owned(operator) == {
        f"{kind}/{name}" for kind, name in CHILDREN if kind not in MADE_BY_OTHERS
    }
    operator.configure()
    operator.apply_all()
    assert owned(operator) == set()
    assert settled(operator)


def owned(operator: Operator) -> set[str]:
    uid = operator.uid
    return {
        name
        for name, found in metadata(operator).items()
        if uid in {owner["uid"] for owner in found.get("ownerReferences") or []}
    }


# ------------------------------------------------------------------------------------ leadership


def test_leadership_can_move_from_config_maps_to_endpoints_and_back(operator: Operator) -> None:
    operator.configure(inherited_annotations="owned-by")
    running(operator)
    operator.annotate(**{"owned-by": "crew"})
    operator.apply_all()
    operator.configure(inherited_annotations="owned-by", kubernetes_use_configmaps="false")
    made_by_patroni(operator, "Endpoints")
    spec = {"clusterIP": "None", "ports": [{"port": 1}]}
    made_by_patroni(operator, "Service", spec=spec)
    operator.apply_all()
    assert "selector" not in operator.child("Service")["spec"]
    for kind, name in (("Endpoints", NAME), ("Endpoints", f"{NAME}-config")):
        assert operator.child(kind, name)["metadata"]["annotations"]["owned-by"] == "crew"
    config = operator.child("Service", f"{NAME}-config")["metadata"]["annotations"]
    assert config["owned-by"] == "crew"
    eventually(lambda: settled(operator))
    operator.configure(inherited_annotations="owned-by")
    operator.apply_all()
    assert operator.child("Service")["spec"]["selector"]["spilo-role"] == "master"
    assert settled(operator)


def test_the_replicas_endpoints_carry_the_marks(operator: Operator) -> None:
    operator.configure(inherited_annotations="owned-by", kubernetes_use_configmaps="false")
    running(operator)
    operator.annotate(**{"owned-by": "crew"})
    name = f"{NAME}-repl"
    eventually(lambda: operator.admin.get("Endpoints", operator.namespace, name))
    operator.apply_all()
    annotations = operator.child("Endpoints", name)["metadata"]["annotations"]
    assert annotations["owned-by"] == "crew"


# ------------------------------------------------------------------------------------- budgets


def test_a_budget_of_another_name_goes(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.configure(pdb_name_format="guard-{cluster}")
    applied = operator.apply(Group.DISRUPTION_BUDGETS)
    assert applied.created == [f"PodDisruptionBudget/guard-{NAME}"]
    assert applied.removed == [f"PodDisruptionBudget/postgres-{NAME}-pdb"]
    assert settled(operator)


def test_raised_limits_are_told_when_they_are_written(operator: Operator) -> None:
    operator.configure(min_cpu_limit="250m", default_cpu_limit="100m")
    operator.create()
    assert operator.apply(Group.STATEFUL_SET).raised == [
        "cpu limit 100m is raised to the minimum 250m"
    ]
    assert operator.apply(Group.STATEFUL_SET).raised == []
