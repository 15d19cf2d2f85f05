"""What is understood of a resource, and what its author is told."""

import json
from typing import Any

from activities.cluster import reading
from tests.unit.manifests.inputs import configuration
from tests.unit.model.manifests import manifest

APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def named(name: str) -> dict[str, Any]:
    obj = manifest()
    obj["metadata"]["name"] = name
    return obj


def applied(given: Any, **stored: Any) -> dict[str, Any]:
    """A resource whose author handed `given` to kubectl, and what the server kept of it."""
    obj = manifest(**stored)
    obj["metadata"]["annotations"] = {
        APPLIED: given if isinstance(given, str) else json.dumps(given)
    }
    return obj


def test_a_good_resource_is_decoded() -> None:
    found = reading.read(manifest(), configuration(), exists=False)
    assert found.cluster is not None
    assert (found.errors, found.misnamed) == ([], False)


def test_a_bad_one_is_not() -> None:
    found = reading.read(manifest(teamId=3), configuration(), exists=True)
    assert found.cluster is None
    assert [error.path for error in found.errors] == ["spec.teamId"]


def test_a_name_against_the_teams_rules_is_a_case_of_its_own() -> None:
    under = configuration(enable_team_id_clustername_prefix="true")
    assert reading.read(named("other"), under, exists=False).misnamed
    assert not reading.read(named("x" * 64), configuration(), exists=False).misnamed
    assert reading.read(named("x" * 64), configuration(), exists=False).errors


def test_containers_that_are_forbidden_keep_a_cluster_from_being_made_but_not_from_going_on() -> (
    None
):
    obj = manifest(sidecars=[{"name": "a", "image": "i"}])
    under = configuration(enable_sidecars="false")
    assert [error.path for error in reading.read(obj, under, exists=False).errors] == [
        "spec.sidecars"
    ]
    assert reading.read(obj, under, exists=True).cluster is not None


def test_fields_that_the_server_dropped_are_known_from_what_kubectl_was_given() -> None:
    given = manifest(useLoadBalancer=True, tolerationz=[], users={"a": []})
    assert reading.unknown(applied(given, users={"a": []})) == [
        "spec.useLoadBalancer (did you mean enableMasterLoadBalancer?)",
        "spec.tolerationz (did you mean tolerations?)",
    ]


def test_an_old_name_that_arrived_is_understood_and_not_called_unknown() -> None:
    obj = applied(manifest(useLoadBalancer=True), useLoadBalancer=True)
    assert reading.unknown(obj) == []
    (remark,) = reading.without_effect(obj)
    assert "enableMasterLoadBalancer" in remark


def test_what_kubectl_left_may_be_anything() -> None:
    for given in ("", "[", "[]", "3", '{"spec": []}', "[" * 5000):
        assert reading.unknown(applied(given)) == []


def test_very_many_remarks_and_errors_are_cut_short() -> None:
    obj = manifest(databases={f"not-good-{n}": "a" for n in range(1000)})
    assert len(reading.without_effect(obj)) == reading.MOST_REMARKS
    users = manifest(users={f"Bad {n}": [] for n in range(1000)})
    errors = reading.read(users, configuration(), exists=False).errors
    assert len(reading.bad_fields(errors)) == reading.MOST_ERRORS


def test_what_only_the_configuration_makes_a_contradiction_is_one_of_a_running_cluster_too() -> (
    None
):
    obj = manifest(volume={"size": "1Gi", "attributesClass": "fast", "iops": 4000})
    mixed = configuration(storage_resize_mode="mixed")
    found = reading.read(obj, mixed, exists=True)
    assert [error.path for error in found.errors] == ["spec.volume.attributesClass"]
    assert reading.read(obj, configuration(), exists=True).errors == []


def test_the_operation_that_runs_is_read_from_the_status_as_far_as_it_can_be() -> None:
    told = {"kind": "update", "workflowId": "shop/acid/op/8-update", "done": 1, "total": 6}
    found = reading.unfinished({"operation": told})
    assert found is not None
    assert (found.workflow_id, found.done) == ("shop/acid/op/8-update", 1)
    assert reading.unfinished({"operation": {**told, "finished": "2026-01-31T00:00:00Z"}}) is None
    assert reading.unfinished({"operation": {"done": "many"}}) is None
    assert reading.unfinished({}) is None
