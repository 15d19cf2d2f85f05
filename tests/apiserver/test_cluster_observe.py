"""What one look at a cluster finds."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from tests.apiserver.kube import Kube
from tests.apiserver.operating import NAME, SETTINGS, Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group
from workflows.model.errors import Forbidden, InvalidConfiguration
from workflows.model.members import MemberSeen
from workflows.model.observation import Drift
from workflows.tripwire import TRIPWIRE

POD = f"{NAME}-0"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def running(operator: Operator, *, role: str = "master") -> None:
    """A first pod that looks as if a node ran it."""
    operator.apply_all()
    eventually(lambda: operator.admin.get("Pod", operator.namespace, POD))
    status = {
        "phase": "Running",
        "podIP": "10.0.0.7",
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    operator.admin.merge("Pod", operator.namespace, POD, {"status": status}, "status")
    labels = {"metadata": {"labels": {"spilo-role": role}}}
    operator.admin.merge("Pod", operator.namespace, POD, labels)


def test_a_new_resource_lacks_everything(operator: Operator) -> None:
    operator.create()
    seen = operator.observe()
    assert (seen.found, seen.owned, seen.stateful_set) == (True, True, False)
    assert (seen.instances, seen.generation, seen.uid) == (2, 1, operator.uid)
    assert len(seen.objects) == 11
    assert {obj.drift for obj in seen.objects} == {Drift.MISSING}
    assert seen.concerns == []


def test_looking_again_does_not_invent_passwords(operator: Operator) -> None:
    operator.create()
    before = len(TRIPWIRE._values)
    operator.observe()
    assert len(TRIPWIRE._values) == before


def test_pods_and_members_are_seen(operator: Operator) -> None:
    operator.create()
    running(operator)
    operator.members = [MemberSeen(name=POD, role="leader", state="running", timeline=1)]
    seen = operator.observe()
    assert seen.stateful_set
    (pod, *_) = seen.pods
    assert (pod.name, pod.role, pod.ready, pod.current) == (POD, "master", True, True)
    assert seen.members == operator.members
    assert seen.primary == pod


def test_a_pod_of_an_older_template_is_stale_and_says_where(operator: Operator) -> None:
    operator.create()
    running(operator)
    operator.edit(env=[{"name": "NEW", "value": "1"}])
    operator.apply_all()
    (pod, *_) = operator.observe().stale
    assert pod.stale == "spec.containers[postgres].env[NEW]"


def test_what_is_wanted_no_more_makes_a_pod_stale(operator: Operator) -> None:
    operator.create(env=[{"name": "OLD", "value": "1"}])
    running(operator)
    operator.edit(env=None)
    operator.apply_all()
    (pod, *_) = operator.observe().stale
    assert pod.stale == "spec.containers[postgres].env[OLD]"


def test_annotations_alone_make_no_pod_stale(operator: Operator) -> None:
    operator.create()
    running(operator)
    operator.edit(podAnnotations={"new": "1"})
    operator.apply_all()
    seen = operator.observe()
    assert seen.stale == []
    assert [pod.current for pod in seen.pods] == [False] * len(seen.pods)


@pytest.mark.parametrize(("lazy", "stale"), [("true", False), ("false", True)])
def test_another_image_is_left_for_later_by_a_lazy_upgrade(
    operator: Operator, lazy: str, stale: bool
) -> None:
    operator.configure(enable_lazy_spilo_upgrade=lazy)
    operator.create()
    running(operator)
    operator.edit(dockerImage="registry.example.org/spilo:next")
    operator.apply_all()
    assert bool(operator.observe().stale) is stale


def test_roles_and_databases_are_looked_at_on_the_primary(operator: Operator) -> None:
    operator.create()
    running(operator)
    operator.sql.pending = ["role app is to be created"]
    operator.sql.refused = [
        ("Roles", "role x has to wait"),
        ("Databases", "database y has no owner"),
    ]
    seen = operator.observe()
    assert operator.sql.asked == [["10.0.0.7"]]
    assert seen.sql_pending == ["role app is to be created"]
    concerns = {concern.name: concern.message for concern in seen.concerns}
    assert concerns == {"Roles": "role x has to wait", "Databases": "database y has no owner"}


@pytest.mark.parametrize("data", [{"enable_database_access": "false"}, {}])
def test_roles_and_databases_are_not_looked_at_without_access_or_primary(
    operator: Operator, data: dict[str, str]
) -> None:
    operator.configure(**data)
    operator.create()
    running(operator, role="master" if data else "replica")
    operator.observe()
    assert operator.sql.asked == []


def test_another_operators_resource_is_not_looked_into(operator: Operator) -> None:
    operator.create()
    operator.annotate(**{"acid.zalan.do/controller": "another"})
    seen = operator.observe()
    assert (seen.found, seen.owned, seen.objects) == (True, False, [])


def test_a_pause_is_seen(operator: Operator) -> None:
    operator.create()
    operator.annotate(**{"matriarch.dev/paused": "true"})
    assert operator.observe().paused


def test_a_bad_value_is_named_and_the_running_cluster_still_seen(operator: Operator) -> None:
    operator.create()
    running(operator)
    operator.edit(clone={"cluster": "Not A Name"})
    seen = operator.observe()
    assert [bad.path for bad in seen.invalid] == ["spec.clone.cluster"]
    assert seen.pods[0].name == POD
    assert (seen.instances, seen.objects) == (2, [])


def test_a_name_without_the_team_is_invalid_where_that_is_demanded(operator: Operator) -> None:
    operator.configure(enable_team_id_clustername_prefix="true")
    operator.create(teamId="other")
    assert [bad.path for bad in operator.observe().invalid] == ["metadata.name"]


def test_a_field_that_the_server_dropped_is_named(operator: Operator) -> None:
    operator.create()
    given = '{"spec": {"numberOfInstance": 3, "teamId": "acid"}}'
    operator.annotate(**{"kubectl.kubernetes.io/last-applied-configuration": given})
    assert operator.observe().unknown_fields == [
        "spec.numberOfInstance (did you mean numberOfInstances?)"
    ]


@pytest.mark.parametrize(
    ("annotations", "refused"),
    [
        ({}, True),
        ({"date": "2026-01-31"}, True),
        ({"date": "2026-01-30", "name": NAME}, True),
        ({"date": "2026-01-31", "name": NAME}, False),
    ],
)
def test_protection_is_asked_for_before_anything_is_deleted(
    operator: Operator, annotations: dict[str, str], refused: bool
) -> None:
    operator.configure(
        enable_finalizers="true",
        delete_annotation_date_key="date",
        delete_annotation_name_key="name",
    )
    operator.create()
    operator.apply_all()
    operator.today = date(2026, 1, 31)
    if annotations:
        operator.annotate(**annotations)
    operator.admin.delete("postgresql", operator.namespace, NAME)
    deletion = operator.observe().deletion
    assert deletion.requested
    assert bool(deletion.refused) == refused


def test_a_deletion_that_nobody_saw_is_refused_where_annotations_are_asked_for(
    operator: Operator,
) -> None:
    operator.create()
    operator.apply_all()
    operator.admin.delete("postgresql", operator.namespace, NAME)
    assert eventually(lambda: not operator.observe().found)
    assert operator.observe().deletion.refused == ""
    operator.configure(delete_annotation_name_key="name")
    seen = operator.observe()
    assert seen.leftovers
    assert seen.deletion.refused == "it was deleted unseen, so its annotations name are unknown"


def test_a_bad_configuration_leaves_the_last_good_one_in_force(operator: Operator) -> None:
    operator.create()
    operator.apply_all()
    operator.configure(min_instances="many")
    seen = operator.observe()
    assert [concern.name for concern in seen.concerns] == ["Configuration"]
    assert "min_instances" in seen.concerns[0].message
    assert seen.objects == []


def test_without_any_good_configuration_nothing_is_done(operator: Operator) -> None:
    operator.configure(min_instances="many")
    operator.create()
    with pytest.raises(InvalidConfiguration, match="min_instances"):
        operator.observe()


def test_a_changed_configuration_is_in_force_at_once(operator: Operator) -> None:
    operator.configure(min_instances="4")
    operator.create()
    assert operator.observe().instances == 4
    operator.configure(min_instances="5")
    assert operator.observe().instances == 5


def test_a_configuration_that_was_deleted_stays_in_force(operator: Operator) -> None:
    operator.create()
    operator.observe()
    operator.admin.delete("ConfigMap", operator.namespace, SETTINGS)
    (concern,) = operator.observe().concerns
    assert SETTINGS in concern.message


def test_one_part_that_can_not_be_seen_does_not_hide_the_others(
    operator: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = operator.client.list

    def without_budgets(kind: str, *given: Any, **named: Any) -> Any:
        if kind == "PodDisruptionBudget":
            raise Forbidden("poddisruptionbudgets may not be listed")
        return listed(kind, *given, **named)

    operator.create()
    operator.apply(Group.STATEFUL_SET)
    monkeypatch.setattr(operator.client, "list", without_budgets)
    seen = operator.observe()
    assert [concern.name for concern in seen.concerns] == ["DisruptionBudgets"]
    assert {obj.kind for obj in seen.objects} >= {"Service", "Secret"}
