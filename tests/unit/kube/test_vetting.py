"""Asking the API server beforehand, against a server that gives the answers it was told to."""

from typing import Any

import pytest

from activities.kube.judge import REFUSED_SECONDS, Judge
from activities.kube.vetting import Vetting
from tests.unit.kube.server import Answer, serving
from workflows.model.errors import FieldError, InvalidObject

REFUSED: Answer = (
    422,
    {
        "reason": "Invalid",
        "details": {
            "kind": "StatefulSet",
            "causes": [
                {
                    "reason": "FieldValueInvalid",
                    "field": "spec.template.spec.containers[0].livenessProbe.periodSeconds",
                    "message": "Invalid value: -1: must be greater than or equal to 0",
                }
            ],
        },
    },
)
ACCEPTED: Answer = (201, {"metadata": {"name": "x"}})


def manifest(kind: str = "StatefulSet", **spec: Any) -> dict[str, Any]:
    api = {"StatefulSet": "apps/v1", "Service": "v1", "Secret": "v1"}[kind]
    metadata = {"name": "acid-main", "namespace": "space"}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, "spec": spec}


def test_a_refusal_names_the_field() -> None:
    with serving(REFUSED) as script:
        refusal = Vetting(script.kube, Judge()).refusal(manifest())
    assert isinstance(refusal, InvalidObject)
    (error,) = refusal.errors
    path = "StatefulSet spec.template.spec.containers[0].livenessProbe.periodSeconds"
    assert (error.path, error.value, error.accepted) == (path, -1, "greater than or equal to 0")


def test_it_is_tried_under_another_name() -> None:
    with serving(ACCEPTED) as script:
        assert Vetting(script.kube, Judge()).refusal(manifest()) is None
    (tried,) = script.asked
    assert (tried.method, tried.body["metadata"]["name"]) == ("PATCH", "acid-main-trial")
    assert "dryRun=All" in tried.path


def test_a_refused_text_is_asked_for_once_in_a_while() -> None:
    clock = [0.0]
    with serving(REFUSED, ACCEPTED) as script:
        vetting = Vetting(script.kube, Judge(now=lambda: clock[0]))
        assert vetting.refusal(manifest()) is not None
        clock[0] = REFUSED_SECONDS - 1
        assert vetting.refusal(manifest()) is not None
        assert len(script.asked) == 1
        clock[0] = REFUSED_SECONDS + 1
        assert vetting.refusal(manifest()) is None
        assert len(script.asked) == 2


def test_another_text_is_asked_for_at_once() -> None:
    with serving(REFUSED, ACCEPTED) as script:
        vetting = Vetting(script.kube, Judge())
        assert vetting.refusal(manifest(replicas=1)) is not None
        assert vetting.refusal(manifest(replicas=2)) is None


@pytest.mark.parametrize("status", [400, 403, 409, 500])
def test_other_trouble_is_left_to_the_write(status: int) -> None:
    with serving((status, {"message": "no"})) as script:
        assert Vetting(script.kube, Judge()).refusal(manifest()) is None


def test_what_is_no_matter_of_the_members_is_not_asked_for() -> None:
    with serving() as script:
        assert Vetting(script.kube, Judge()).refusal(manifest("Service"), ask=False) is None
        assert script.asked == []


def test_what_a_write_was_refused_for_is_not_asked_for_again() -> None:
    judge = Judge()
    error = InvalidObject([FieldError("Service spec.ports[0].nodePort", 80, "a free port")])
    judge.refused(manifest("Service"), error)
    with serving() as script:
        assert Vetting(script.kube, judge).refusal(manifest("Service")) is error
        assert script.asked == []
