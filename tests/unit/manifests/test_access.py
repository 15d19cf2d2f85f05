"""Service account and role binding of the pods."""

import json

import pytest

from activities.manifests import role_binding, service_account
from tests.unit.manifests.inputs import Object, cluster, configuration

ACCOUNT = {"apiVersion": "v1", "kind": "ServiceAccount"}


def account(**parameters: str) -> Object:
    return service_account.build(cluster=cluster(), configuration=configuration(**parameters))


def binding(**parameters: str) -> Object:
    return role_binding.build(cluster=cluster(), configuration=configuration(**parameters))


def test_the_account_is_bare() -> None:
    assert account() == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "postgres-pod", "namespace": "space"},
    }


@pytest.mark.parametrize(
    "definition",
    [
        json.dumps({**ACCOUNT, "metadata": {"name": "x"}, "imagePullSecrets": [{"name": "pull"}]}),
        "{apiVersion: v1, kind: ServiceAccount, imagePullSecrets: [{name: pull}]}",
    ],
)
def test_a_definition_is_taken_over_but_for_its_name(definition: str) -> None:
    found = account(pod_service_account_definition=definition, pod_service_account_name="db")
    assert found["metadata"] == {"name": "db", "namespace": "space"}
    assert found["imagePullSecrets"] == [{"name": "pull"}]


def test_a_cloud_role_is_an_annotation_beside_those_defined() -> None:
    definition = json.dumps({**ACCOUNT, "metadata": {"annotations": {"own": "1"}}})
    found = account(irsa_role_arn="arn", pod_service_account_definition=definition)
    assert found["metadata"]["annotations"] == {"own": "1", "eks.amazonaws.com/role-arn": "arn"}


def test_the_binding_names_account_and_role_alike() -> None:
    found = binding(pod_service_account_name="db")
    assert found["metadata"] == {"name": "db", "namespace": "space"}
    assert found["roleRef"]["name"] == "db"
    assert found["subjects"] == [{"kind": "ServiceAccount", "name": "db"}]


def test_a_binding_can_be_defined_whole() -> None:
    definition = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "own"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "r"},
        "subjects": [{"kind": "Group", "name": "g"}],
    }
    found = binding(pod_service_account_role_binding_definition=json.dumps(definition))
    assert found["metadata"] == {"name": "own", "namespace": "space"}
    assert (found["roleRef"], found["subjects"]) == (
        definition["roleRef"],
        definition["subjects"],
    )
