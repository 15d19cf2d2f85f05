import logging
from typing import Any

import pytest

from activities.kube.judge import Judge
from workflows.model.base import ClusterRef
from workflows.model.errors import Forbidden


def service(**spec: Any) -> dict[str, Any]:
    return {"kind": "Service", "metadata": {"name": "c", "namespace": "ns"}, "spec": spec}


def test_tells_what_differs() -> None:
    assert Judge().difference(service(a=1), service(a=2)) == ["spec.a"]


def test_what_the_server_does_not_take_over_is_not_written_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    judge = Judge()
    with caplog.at_level(logging.WARNING):
        judge.written(service(a=1, b=1), service(a=2, b=1))
    assert judge.difference(service(a=1, b=1), service(a=2, b=1)) == []
    assert judge.difference(service(a=1, b=1), service(a=2, b=3)) == ["spec.b"]
    assert "keeps its own values at spec.a" in caplog.text


def test_a_new_wish_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    judge = Judge()
    judge.written(service(a=1), service(a=2))
    assert judge.difference(service(a=3), service(a=2)) == ["spec.a"]


def test_a_write_that_took_effect_is_forgotten() -> None:
    judge = Judge()
    judge.written(service(a=1), service(a=2))
    judge.written(service(a=1), service(a=1))
    assert judge.difference(service(a=1), service(a=2)) == ["spec.a"]


def test_what_was_refused_is_tried_again_as_soon_as_somebody_asks() -> None:
    judge, ref = Judge(), ClusterRef(namespace="ns", name="acid")
    judge.heed(ref, "1")
    judge.refused(service(a=1), Forbidden("exceeded quota"))
    judge.heed(ref, "1")
    assert judge.refusal(service(a=1)) is not None
    judge.heed(ClusterRef(namespace="other", name="acid"), "2")
    assert judge.refusal(service(a=1)) is not None
    judge.heed(ref, "2")
    assert judge.refusal(service(a=1)) is None


def test_several_wishes_for_one_object_are_refused_each_for_itself() -> None:
    now = [0.0]
    judge = Judge(now=lambda: now[0])
    judge.refused(service(a=1), Forbidden("exceeded quota"))
    now[0] = 50.0
    judge.refused(service(b=1), Forbidden("not allowed"))
    told = [str(judge.refusal(one)) for one in (service(a=1), service(b=1), service(c=1))]
    assert told == ["exceeded quota", "not allowed", "None"]
    now[0] = 70.0
    assert judge.refusal(service(a=1)) is None
    assert judge.refusal(service(b=1)) is not None
