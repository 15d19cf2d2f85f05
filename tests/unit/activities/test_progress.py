from http.server import BaseHTTPRequestHandler
from typing import Any

from activities.progress import SECONDS_BETWEEN_WRITES, Progress
from tests.unit.kube.server import Script, serving
from workflows.model.base import ClusterRef

REF = ClusterRef(namespace="ns", name="c")
OK: tuple[int, Any] = (200, {"kind": "postgresql"})


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def texts(script: Script) -> list[str]:
    return [asked.body[-1]["value"] for asked in script.asked]


def progress(script: Script, clock: Clock) -> Progress:
    """Of a step that has been going on for a while."""
    told = Progress(script.kube, REF, "u1", clock=clock)
    clock.now += SECONDS_BETWEEN_WRITES
    return told


def test_the_same_text_is_written_once() -> None:
    with serving(OK) as script:
        clock = Clock()
        told = progress(script, clock)
        for _ in range(5):
            told.waits_for("a pod")
            clock.now += 10
        assert texts(script) == ["a pod"]


def test_nothing_is_written_about_a_step_that_is_quick() -> None:
    with serving() as script:
        told = Progress(script.kube, REF, "u1", clock=Clock())
        told.waits_for("a pod")
    assert script.asked == []


def test_at_most_one_write_every_other_second_and_the_last_text_wins() -> None:
    with serving(OK, OK) as script:
        clock = Clock()
        told = progress(script, clock)
        for text in ("1 s", "2 s", "3 s"):
            told.waits_for(text)
            clock.now += 0.7
        assert texts(script) == ["1 s"]
        told.waits_for("4 s")
        assert texts(script) == ["1 s", "4 s"]


def test_only_the_very_resource_is_written_to() -> None:
    with serving(OK) as script:
        progress(script, Clock()).waits_for("a pod", message="being slow")
        (asked,) = script.asked
    assert asked.path.startswith("/apis/acid.zalan.do/v1/namespaces/ns/postgresqls/c/status?")
    assert asked.body == [
        {"op": "test", "path": "/metadata/uid", "value": "u1"},
        {"op": "test", "path": "/status/operation/finished", "value": None},
        {"op": "add", "path": "/status/operation/waitingFor", "value": "a pod"},
        {"op": "add", "path": "/status/operation/message", "value": "being slow"},
    ]


def test_the_record_of_the_operation_says_the_same_unless_it_tells_of_another() -> None:
    operation = {"workflowId": "ns/c/op/7-update", "record": "c-update-1a2b3"}
    shown = {"kind": "postgresql", "status": {"operation": operation}}
    with serving((200, shown), (422, {}), (200, shown), OK) as script:
        clock = Clock()
        told = progress(script, clock)
        told.waits_for("a pod", message="being slow")
        clock.now += SECONDS_BETWEEN_WRITES
        told.waits_for("a pod", message="being slow")
        asked = script.asked[-1]
    assert asked.path.startswith(
        "/apis/acid.zalan.do/v1/namespaces/ns/postgresoperations/c-update-1a2b3/status?"
    )
    assert asked.body == [
        {"op": "test", "path": "/status/workflowId", "value": "ns/c/op/7-update"},
        {"op": "test", "path": "/status/finished", "value": None},
        {"op": "add", "path": "/status/waitingFor", "value": "a pod"},
        {"op": "add", "path": "/status/message", "value": "being slow"},
    ]


def test_a_failure_to_tell_fails_nothing_and_is_made_up_for() -> None:
    def hang_up(request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True

    with serving((422, {}), hang_up, OK) as script:
        clock = Clock()
        told = progress(script, clock)
        for _ in range(4):
            told.waits_for("a pod")
            clock.now += 2
        assert len(script.asked) == 3
