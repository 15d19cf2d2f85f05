"""Secrets of roles: made once, adopted when they are there, never overwritten."""

import base64
from collections.abc import Iterator

import pytest

from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        yield operator


def decoded(secret: Object, key: str) -> str:
    return base64.b64decode(secret["data"][key]).decode()


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
    operator.apply(Group.STATEFUL_SET)
    assert len(operator.apply(Group.SECRETS).created) == 3
    seen = operator.observe()
    assert [concern.name for concern in seen.concerns] == ["Secrets"]
    assert "no namespace nowhere" in seen.concerns[0].message
    assert not [obj for obj in seen.objects if obj.kind == "Secret"]
