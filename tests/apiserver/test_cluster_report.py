"""Status and events, as people see them."""

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from activities.progress import SECONDS_BETWEEN_WRITES, Progress
from tests.apiserver.audit import Audit
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, operating
from tests.apiserver.plane import Plane
from workflows.model.report import EventNote, Report
from workflows.model.status import Condition, Member, OperationStatus, Word

CREATING = OperationStatus(
    kind="create", workflow_id="ns/c/op/1-create", step="apply services", waiting_for="a pod"
)


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        operator.create()
        yield operator


def report(operator: Operator, **content: Any) -> None:
    given = {"ref": operator.ref, "uid": operator.uid} | content
    operator.reporter.report(Report(**given))


def status(operator: Operator) -> Object:
    return dict(operator.resource.get("status") or {})


def events(operator: Operator) -> list[Object]:
    return operator.admin.list("Event", operator.namespace)


def ready(status: Any, message: str = "") -> Condition:
    return Condition(type="Ready", status=status, reason="Members", message=message)


def test_a_report_is_what_people_read(operator: Operator) -> None:
    report(
        operator,
        word=Word.RUNNING,
        observed_generation=1,
        conditions=[ready("True")],
        members=[Member(name="c-0", role="master", state="running", timeline=1)],
        members_ready="1/2",
        operation=CREATING,
    )
    written = status(operator)
    assert written["PostgresClusterStatus"] == "Running"
    assert written["membersReady"] == "1/2"
    assert written["members"] == [
        {"name": "c-0", "role": "master", "state": "running", "timeline": 1}
    ]
    assert written["operation"]["step"] == "apply services"
    assert written["conditions"][0]["lastTransitionTime"]


def test_the_planner_recognises_what_was_reported(operator: Operator) -> None:
    content = Report(
        ref=operator.ref,
        uid=operator.uid,
        word=Word.RUNNING,
        observed_generation=1,
        conditions=[ready("True")],
        members=[],
        members_ready="0/2",
    )
    operator.reporter.report(content)
    seen = operator.observe()
    assert seen.status.digest == content.digest
    assert (seen.status.word, seen.status.observed_generation) == ("Running", 1)


def test_saying_the_same_progress_again_changes_nothing(operator: Operator) -> None:
    for _ in range(3):
        report(operator, word=Word.CREATING, operation=CREATING)
        last = operator.resource
    assert operator.resource == last


def test_saying_the_same_again_writes_nothing(operator: Operator, audit: Audit) -> None:
    content = {"word": Word.RUNNING, "conditions": [ready("True")], "operation": CREATING}
    report(operator, **content)
    later = audit.since()
    report(operator, **content)
    assert later.writes(user="operator") == []


def test_a_partial_report_leaves_the_rest(operator: Operator) -> None:
    report(operator, word=Word.CREATING, conditions=[ready("False")])
    report(operator, operation=CREATING)
    assert status(operator)["PostgresClusterStatus"] == "Creating"
    assert status(operator)["conditions"][0]["status"] == "False"


def test_what_is_awaited_no_longer_disappears(operator: Operator) -> None:
    report(operator, operation=CREATING)
    assert status(operator)["operation"]["waitingFor"] == "a pod"
    report(operator, operation=CREATING.model_copy(update={"waiting_for": None}))
    assert "waitingFor" not in status(operator)["operation"]


def test_a_first_report_may_lack_the_word(operator: Operator) -> None:
    report(operator, operation=CREATING)
    assert status(operator)["PostgresClusterStatus"] == ""


def test_a_status_does_not_bring_the_generation_forward(operator: Operator) -> None:
    report(operator, word=Word.RUNNING)
    assert operator.resource["metadata"]["generation"] == 1


@pytest.mark.parametrize("conditions", [None, [ready("True")]])
def test_a_resource_of_another_uid_is_left_alone(
    operator: Operator, conditions: list[Condition] | None
) -> None:
    report(operator, word=Word.CREATING)
    report(operator, uid="an-older-one", word=Word.RUNNING, conditions=conditions)
    assert status(operator) == {"PostgresClusterStatus": "Creating"}


def test_a_resource_that_is_gone_is_left_alone(operator: Operator) -> None:
    uid = operator.uid
    operator.admin.delete("postgresql", operator.namespace, NAME)
    operator.reporter.report(Report(ref=operator.ref, uid=uid, word=Word.RUNNING))
    assert operator.admin.list("postgresql", operator.namespace) == []


def test_nothing_is_said_of_an_operation_after_its_last_word(operator: Operator) -> None:
    """A request that was cut off may reach the API server long after the one that replaced it."""
    begun = CREATING.model_copy(update={"since": "2026-01-01T00:00:05Z"})
    ended = begun.model_copy(update={"finished": "2026-01-01T00:00:09Z", "waiting_for": None})
    report(operator, word=Word.CREATING, operation=begun, first=True)
    report(operator, word=Word.UPDATING, operation=ended)
    last = operator.resource
    for first in (True, False):
        report(operator, word=Word.CREATING, operation=begun, first=first)
    slow(operator, operator.uid).waits_for("pod c-0")
    assert operator.resource == last


def test_an_operation_that_begins_later_is_shown_whatever_its_id(operator: Operator) -> None:
    """Numbers begin anew when Temporal's store is lost."""
    ended = CREATING.model_copy(update={"finished": "2026-01-01T00:00:09Z"})
    report(operator, word=Word.RUNNING, operation=ended)
    anew = CREATING.model_copy(update={"since": "2026-01-01T00:00:10Z"})
    report(operator, word=Word.CREATING, operation=anew)
    assert "finished" not in status(operator)["operation"]
    other = anew.model_copy(update={"workflow_id": "ns/c/op/2-update", "step": "configure"})
    report(operator, word=Word.UPDATING, operation=other)
    assert status(operator)["operation"]["step"] == "configure"


def test_progress_of_an_operation_takes_one_request(operator: Operator) -> None:
    report(operator, word=Word.CREATING, operation=CREATING)
    before = operator.client.calls.snapshot()
    report(operator, word=Word.UPDATING, operation=CREATING)
    assert (operator.client.calls.snapshot() - before).total() == 1
    assert status(operator)["PostgresClusterStatus"] == "Updating"


def test_events_stand_with_the_resource(operator: Operator) -> None:
    report(operator, events=[EventNote(reason="Create", message="it begins")])
    (event,) = events(operator)
    assert event["involvedObject"]["uid"] == operator.uid
    assert event["involvedObject"]["apiVersion"] == "acid.zalan.do/v1"
    assert event["source"]["component"] == "postgres-operator"
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "Create", 1)


def test_the_same_event_again_is_counted(operator: Operator) -> None:
    note = EventNote(reason="Sync", message="it fails", warning=True)
    for _ in range(3):
        report(operator, events=[note])
    report(operator, events=[note.model_copy(update={"message": "otherwise"})])
    counts = sorted((event["message"], event["count"]) for event in events(operator))
    assert counts == [("it fails", 3), ("otherwise", 1)]


def test_an_event_that_can_not_be_recorded_fails_nothing(operator: Operator) -> None:
    operator.ref = operator.ref.model_copy(update={"namespace": "nowhere"})
    note = EventNote(reason="Create", message="it begins")
    operator.reporter.report(Report(ref=operator.ref, uid="x", events=[note]))
    assert events(operator) == []


def slow(operator: Operator, uid: str) -> Progress:
    """Progress of a step in which every look at the clock takes seconds."""
    clock = itertools.count(0, SECONDS_BETWEEN_WRITES)
    return Progress(operator.client, operator.ref, uid, clock=lambda: next(clock))


def test_progress_is_shown_within_the_operation(operator: Operator) -> None:
    report(operator, operation=CREATING)
    progress = slow(operator, operator.uid)
    progress.waits_for("pod c-0: pulling its image (3 s)")
    shown = status(operator)["operation"]
    assert shown["waitingFor"] == "pod c-0: pulling its image (3 s)"
    assert shown["step"] == "apply services"


def test_progress_of_an_older_resource_is_not_shown(operator: Operator) -> None:
    report(operator, operation=CREATING)
    progress = slow(operator, "an-older-one")
    progress.waits_for("pod c-0")
    assert status(operator)["operation"]["waitingFor"] == "a pod"


def test_the_first_word_on_a_resource_costs_one_request(operator: Operator, audit: Audit) -> None:
    later = audit.since()
    operator.reporter.report(
        Report(
            ref=operator.ref, uid=operator.uid, word=Word.CREATING, operation=CREATING, first=True
        )
    )
    assert status(operator)["PostgresClusterStatus"] == "Creating"
    assert status(operator)["operation"]["step"] == "apply services"
    assert len(later.requests(user="operator")) == 1
