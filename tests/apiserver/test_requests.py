"""What a look and a create ask of the API server, counted there, so that it doesn't creep up."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.apiserver.audit import WRITING, Audit, Request
from tests.apiserver.kube import Kube
from tests.apiserver.operating import Operator, eventually, operating
from tests.apiserver.plane import Plane
from workflows.model.children import Group

LOOK = 12
"""The budget of a look that finds nothing to do."""
MAKE = 14
"""Readings of a step that makes or corrects everything."""


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        operator.create()
        yield operator


def reads(requests: list[Request]) -> list[str]:
    return [str(request) for request in requests if request.verb not in WRITING]


def writes(requests: list[Request]) -> list[str]:
    return [str(request) for request in requests if request.verb in WRITING]


def test_a_look_that_finds_nothing_to_do_asks_little_and_nothing_twice(
    operator: Operator, audit: Audit
) -> None:
    operator.apply(*Group)
    eventually(lambda: operator.child("StatefulSet").get("status", {}).get("observedGeneration"))
    operator.observe()  # what is switched off is looked for once
    later = audit.since()
    operator.observe()
    asked = later.requests(user="operator")
    assert writes(asked) == []
    assert len(asked) <= LOOK
    assert [what for what, times in Counter(reads(asked)).items() if times > 1] == []


def test_each_object_that_is_made_costs_one_write(operator: Operator, audit: Audit) -> None:
    operator.observe()
    later = audit.since()
    applied = operator.apply(*Group)
    asked = later.requests(user="operator")
    assert len(writes(asked)) == len(applied.created)


def test_making_all_objects_reads_each_kind_once(operator: Operator, audit: Audit) -> None:
    operator.observe()
    later = audit.since()
    operator.apply(*Group)
    asked = reads(later.requests(user="operator"))
    assert len(asked) <= MAKE
    assert [what for what, times in Counter(asked).items() if times > 1] == []


def test_a_step_does_not_read_the_configuration_that_the_look_has_just_read(
    operator: Operator, audit: Audit
) -> None:
    operator.observe()
    later = audit.since()
    operator.apply(Group.SERVICES)
    assert [
        request for request in later.requests(user="operator") if request.resource == "configmaps"
    ] == []


# ------------------------------------------------------------- what nobody has worked on yet


def listed(requests: list[Request]) -> list[str]:
    return [request.resource for request in requests if request.verb == "list"]


def test_a_look_at_a_new_resource_looks_for_pods_and_for_what_is_asked_only(
    operator: Operator, audit: Audit
) -> None:
    later = audit.since()
    seen = operator.observe()
    assert seen.untouched
    assert listed(later.requests(user="operator")) == ["pods", "postgresoperations"]
    assert len(seen.objects) == len(operator.apply(*Group).created)


def test_the_objects_of_a_new_resource_are_made_without_looking_for_them(
    operator: Operator, audit: Audit
) -> None:
    seen = operator.observe()
    later = audit.since()
    applied = operator.apply(*Group, untouched=True)
    assert listed(later.requests(user="operator")) == []
    assert len(applied.created) == len(seen.objects)


def test_what_is_there_all_the_same_is_taken_over(operator: Operator, audit: Audit) -> None:
    operator.apply(*Group)
    secret = operator.child("Secret", operator.secret("app"))
    later = audit.since()
    operator.apply(*Group, untouched=True)
    assert operator.child("Secret", operator.secret("app"))["data"] == secret["data"]
    assert [str(one) for one in later.requests(user="operator") if one.status >= 500] == []
    assert operator.observe().objects == []
