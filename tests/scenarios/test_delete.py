"""Deleting a cluster leaves what was asked to be left, and nothing else."""

from tests.field.kubectl import Kubectl
from tests.field.waiting import until
from tests.scenarios.conftest import Create

KINDS = ("statefulset", "pod", "service", "poddisruptionbudget", "secret", "configmap", "pvc")


def test_deleting_the_resource_removes_all_its_objects(create: Create) -> None:
    cluster = create()
    cluster.until_running()
    assert _children(cluster.kubectl, cluster.name)
    cluster.kubectl.delete("postgresql", cluster.name)
    until(
        "all children gone",
        lambda: not _children(cluster.kubectl, cluster.name),
        within=120,
    )


def test_deletion_during_create_leaves_nothing(create: Create) -> None:
    cluster = create(instances=2)
    until("the first pod", lambda: cluster.pods())
    cluster.kubectl.delete("postgresql", cluster.name)
    until(
        "all children gone",
        lambda: not _children(cluster.kubectl, cluster.name),
        within=180,
    )


def test_a_cluster_created_again_under_the_same_name_works(create: Create) -> None:
    first = create()
    first.until_running()
    first.kubectl.delete("postgresql", first.name)
    second = create()
    until("Running again", lambda: second.word == "Running", within=180)
    second.until_running()
    assert second.login("select 1").strip() == "1"


def _children(kubectl: Kubectl, name: str) -> list[str]:
    return [
        f"{kind}/{item['metadata']['name']}"
        for kind in KINDS
        for item in kubectl.list(kind, selector=f"cluster-name={name}")
    ]
