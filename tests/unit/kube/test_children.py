from typing import Any

import pytest

from activities.kube import children
from tests.unit.kube.clusters import configuration
from workflows.model.base import ClusterRef
from workflows.model.children import Stage

REF = ClusterRef(namespace="ns", name="acid-c")
OURS = [{"manager": "postgres-operator", "operation": "Apply"}]
THEIRS = [{"manager": "kubectl-create", "operation": "Update"}]


def belongs(stage: Stage, kind: str, name: str, **metadata: Any) -> bool:
    child = {"kind": kind, "metadata": {"name": name, **metadata}}
    return children.belongs(stage, kind, child, ref=REF, configuration=configuration())


@pytest.mark.parametrize(
    ("stage", "kind", "name"),
    [
        (Stage.STATEFUL_SET, "StatefulSet", "acid-c"),
        (Stage.PODS, "Pod", "acid-c-0"),
        (Stage.PODS, "Pod", "acid-c-12"),
        (Stage.VOLUME_CLAIMS, "PersistentVolumeClaim", "pgdata-acid-c-1"),
        (Stage.SECRETS, "Secret", "foo-bar.acid-c.credentials.postgresql.acid.zalan.do"),
        (Stage.SECRETS, "Secret", "ns2.app.acid-c.credentials.postgresql.acid.zalan.do"),
        (Stage.DISRUPTION_BUDGETS, "PodDisruptionBudget", "postgres-acid-c-pdb"),
        (Stage.DISRUPTION_BUDGETS, "PodDisruptionBudget", "postgres-acid-c-critical-op-pdb"),
        (Stage.SERVICES, "Service", "acid-c"),
        (Stage.SERVICES, "Service", "acid-c-repl"),
        (Stage.PATRONI_OBJECTS, "Service", "acid-c-config"),
        (Stage.PATRONI_OBJECTS, "ConfigMap", "acid-c-leader"),
        (Stage.PATRONI_OBJECTS, "ConfigMap", "acid-c-sync"),
        (Stage.PATRONI_OBJECTS, "Endpoints", "acid-c"),
        (Stage.PATRONI_OBJECTS, "Endpoints", "acid-c-failover"),
    ],
)
def test_children_are_known_by_their_names(stage: Stage, kind: str, name: str) -> None:
    assert belongs(stage, kind, name)


@pytest.mark.parametrize(
    ("stage", "kind", "name"),
    [
        (Stage.STATEFUL_SET, "StatefulSet", "cache"),
        (Stage.PODS, "Pod", "acid-c-debug"),
        (Stage.PODS, "Pod", "acid-c-pooler-6d9f-0"),
        (Stage.VOLUME_CLAIMS, "PersistentVolumeClaim", "exports-acid-c-0"),
        (Stage.SECRETS, "Secret", "my-certificate"),
        (Stage.SECRETS, "Secret", "app.acid-other.credentials.postgresql.acid.zalan.do"),
        (Stage.SERVICES, "Service", "acid-c-for-my-app"),
        (Stage.PATRONI_OBJECTS, "ConfigMap", "acid-c-notes"),
    ],
)
def test_what_people_labelled_themselves_is_left_alone(stage: Stage, kind: str, name: str) -> None:
    assert not belongs(stage, kind, name, managedFields=THEIRS)


@pytest.mark.parametrize(
    ("stage", "kind"),
    [(Stage.SECRETS, "Secret"), (Stage.DISRUPTION_BUDGETS, "PodDisruptionBudget")],
)
def test_what_we_wrote_under_another_name_is_found(stage: Stage, kind: str) -> None:
    assert belongs(stage, kind, "named-by-an-older-template", managedFields=OURS)


def test_the_last_stage_deletes_nothing() -> None:
    assert not belongs(Stage.FINALIZER, "Pod", "acid-c-0")


POOLED = {"application": "db-connection-pooler", "connection-pooler": "acid-c-pooler"}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("Deployment", "acid-c-pooler"), ("Service", "acid-c-pooler"), ("Secret", "acid-c-pooler-u")],
)
def test_a_pooler_is_known_by_its_labels_and_goes_in_a_stage_of_its_own(
    kind: str, name: str
) -> None:
    assert belongs(Stage.CONNECTION_POOLER, kind, name, labels=POOLED, managedFields=OURS)
    assert not belongs(Stage.SECRETS, kind, name, labels=POOLED, managedFields=OURS)
    assert not belongs(Stage.SERVICES, kind, name, labels=POOLED)


def test_the_login_of_the_poolers_role_is_among_the_secrets() -> None:
    name = "pooler.acid-c.credentials.postgresql.acid.zalan.do"
    assert belongs(Stage.SECRETS, "Secret", name, labels=POOLED)
    assert not belongs(Stage.CONNECTION_POOLER, "Secret", name, labels=POOLED)


@pytest.mark.parametrize("kind", ["CronJob", "Job"])
def test_backups_are_known_by_their_application(kind: str) -> None:
    labels = {"application": "spilo-logical-backup"}
    assert belongs(Stage.LOGICAL_BACKUP, kind, "any-name", labels=labels)
    assert not belongs(Stage.LOGICAL_BACKUP, kind, "any-name", labels={"application": "spilo"})


def test_only_streams_that_we_made_are_ours() -> None:
    kind = "FabricEventStream"
    assert belongs(Stage.EVENT_STREAMS, kind, "acid-c-x1y2z", managedFields=OURS)
    assert not belongs(Stage.EVENT_STREAMS, kind, "acid-c-x1y2z", managedFields=THEIRS)


def test_all_children_carry_the_clusters_labels() -> None:
    assert children.selector(REF, configuration()) == {
        "application": "spilo",
        "cluster-name": "acid-c",
    }
