"""`PostgresOperation` objects: what the operator writes and reads of them."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.progress import SECONDS_BETWEEN_WRITES, Progress
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, operating, postgresql
from tests.apiserver.plane import Plane
from workflows.model.kinds import Kind
from workflows.model.postgresoperation import Phase, PostgresOperationStatus, StepRecord, Verb
from workflows.model.record import Closing, Record
from workflows.model.report import Report
from workflows.model.status import OperationStatus

RECORD = f"{NAME}-rolling-update-1a2b3"


@pytest.fixture
def operator(apiserver: Plane, kube: Kube, namespace: str) -> Iterator[Operator]:
    with operating(apiserver, kube, namespace) as operator:
        operator.configure(operation_history_limit="2")
        operator.create()
        yield operator


def tell(operator: Operator, **content: Any) -> None:
    operator.reporter.report(Report(ref=operator.ref, uid=operator.uid, **content))


def write(operator: Operator, name: str = RECORD, *, create: bool = False, **status: Any) -> None:
    said = PostgresOperationStatus(**({"phase": Phase.RUNNING} | status))
    tell(operator, record=Record(name=name, kind=Kind.ROLLING_UPDATE, create=create, status=said))


def ask(operator: Operator, name: str = "mine", **spec: Any) -> None:
    operator.admin.create(
        {
            "apiVersion": "acid.zalan.do/v1",
            "kind": "PostgresOperation",
            "metadata": {"name": name, "namespace": operator.namespace},
            "spec": {"cluster": NAME, "kind": "switchover"} | spec,
        }
    )


def stored(operator: Operator, name: str = RECORD) -> Object | None:
    return operator.admin.get("PostgresOperation", operator.namespace, name)


def status(operator: Operator, name: str = RECORD) -> Object:
    found = stored(operator, name)
    assert found is not None
    return dict(found.get("status") or {})


def test_a_record_goes_with_its_cluster_and_carries_its_name(operator: Operator) -> None:
    write(operator, create=True, step="renew", percent=20)
    found = stored(operator)
    assert found is not None
    assert found["metadata"]["labels"] == {"cluster-name": NAME}
    assert found["metadata"]["ownerReferences"][0]["uid"] == operator.uid
    assert found["spec"] == {"cluster": NAME, "kind": "rolling-update"}
    assert (found["status"]["step"], found["status"]["percent"]) == ("renew", 20)


def test_what_is_no_longer_so_disappears(operator: Operator) -> None:
    steps = [StepRecord(title="renew", state="running")]
    write(operator, create=True, waiting_for="a pod", steps=steps)
    write(operator, steps=[StepRecord(title="renew", state="done", seconds=3.5)])
    assert "waitingFor" not in status(operator)
    assert status(operator)["steps"][0]["seconds"] == 3.5


def test_an_approval_of_the_same_plan_before_is_used_up(operator: Operator) -> None:
    write(operator, create=True, phase=Phase.WAITING, waiting_for="approval")
    approval = {"spec": {"steering": "approve"}}
    operator.admin.merge("PostgresOperation", operator.namespace, RECORD, approval)
    write(operator, phase=Phase.SUCCEEDED)
    write(operator, create=True, phase=Phase.WAITING, waiting_for="approval")
    found = stored(operator)
    assert found is not None
    assert "steering" not in found["spec"]
    assert found["status"]["phase"] == "Waiting"


def test_it_tells_what_a_long_step_waits_for(operator: Operator) -> None:
    workflow_id = f"{operator.ref}/op/3-rolling-update"
    doing = OperationStatus(kind="rolling-update", workflow_id=workflow_id, record=RECORD)
    write(operator, create=True, step="renew", workflow_id=workflow_id)
    tell(operator, operation=doing)
    clock = itertools.count(0, SECONDS_BETWEEN_WRITES)
    progress = Progress(operator.client, operator.ref, operator.uid, clock=lambda: next(clock))
    progress.waits_for("pod c-0: pulling its image")
    assert status(operator)["waitingFor"] == "pod c-0: pulling its image"
    assert status(operator)["step"] == "renew"
    write(operator, step="switch over", workflow_id=f"{operator.ref}/op/4-rolling-update")
    progress.waits_for("pod c-0: crash loop")
    assert "waitingFor" not in status(operator)


def test_nothing_is_said_after_the_last_word(operator: Operator) -> None:
    write(operator, create=True)
    write(operator, phase=Phase.SUCCEEDED, finished=datetime.now(UTC).isoformat())
    last = status(operator)
    write(operator, percent=50)
    assert status(operator) == last


def test_one_that_was_asked_for_and_says_nothing_yet_is_told_of(operator: Operator) -> None:
    ask(operator)
    write(operator, "mine", percent=10)
    write(operator, "mine", percent=20)
    assert status(operator, "mine")["percent"] == 20


def test_a_second_run_finds_the_record_made(operator: Operator) -> None:
    write(operator, create=True, percent=1)
    write(operator, create=True, percent=2)
    assert status(operator)["percent"] == 2


def test_one_that_somebody_deleted_stops_nothing(operator: Operator) -> None:
    write(operator, create=True)
    operator.admin.delete("PostgresOperation", operator.namespace, RECORD)
    write(operator, phase=Phase.SUCCEEDED)
    assert stored(operator) is None


def test_one_that_nobody_works_on_is_closed_unless_it_has_ended(operator: Operator) -> None:
    write(operator, create=True, waiting_for="approval", phase=Phase.WAITING)
    write(operator, "ended", create=True, phase=Phase.SUCCEEDED, message="2 pods")
    for name in (RECORD, "ended", "never-was"):
        closing = Closing(name=name, phase=Phase.SUPERSEDED, message="not wanted any more")
        tell(operator, closings=[closing])
    assert status(operator)["phase"] == "Superseded"
    assert "waitingFor" not in status(operator)
    assert status(operator, "ended")["phase"] == "Succeeded"


def test_finished_ones_are_kept_up_to_a_number_and_others_are_never_deleted(
    operator: Operator,
) -> None:
    ask(operator, "waits")
    for number in range(4):
        ended = datetime.now(UTC) - timedelta(hours=9 - number)
        write(
            operator,
            f"old-{number}",
            create=True,
            phase=Phase.SUCCEEDED,
            finished=f"{ended:%Y-%m-%dT%H:%M:%SZ}",
        )
    left = [
        one["metadata"]["name"]
        for one in operator.admin.list("PostgresOperation", operator.namespace)
    ]
    assert sorted(left) == ["old-2", "old-3", "waits"]


def test_only_those_of_the_cluster_are_seen(operator: Operator) -> None:
    operator.admin.create(postgresql(operator.namespace, "acid-other"))
    ask(operator)
    ask(operator, "theirs", cluster="acid-other")
    (seen,) = operator.observe().operations
    assert (seen.name, seen.kind, seen.phase) == ("mine", Kind.SWITCHOVER, None)


def test_what_can_not_be_done_is_told_with_the_field(operator: Operator) -> None:
    ask(operator, candidate="nobody")
    (seen,) = operator.observe().operations
    assert seen.invalid.startswith("spec.candidate:")


def test_an_approval_is_an_edit_of_what_was_asked_for(operator: Operator) -> None:
    ask(operator, steering="approve")
    assert operator.observe().operations[0].steering is None
    for word in ("pause", "approve"):
        body = {"spec": {"steering": word}}
        operator.admin.merge("PostgresOperation", operator.namespace, "mine", body)
    assert operator.observe().operations[0].steering is Verb.APPROVE


def test_earlier_ones_tell_how_long_it_takes(operator: Operator) -> None:
    write(
        operator,
        create=True,
        phase=Phase.SUCCEEDED,
        started="2999-01-01T00:00:00Z",
        finished="2999-01-01T00:00:42Z",
    )
    assert operator.observe().durations == {Kind.ROLLING_UPDATE: 42.0}


def test_a_steering_annotation_is_taken_off_once_it_was_heard(operator: Operator) -> None:
    annotated = {"metadata": {"annotations": {"matriarch.dev/steering": "pause"}}}
    operator.admin.merge("postgresql", operator.namespace, NAME, annotated)
    assert operator.observe().steering == "pause"
    tell(operator, steering_heard="resume")
    assert operator.observe().steering == "pause"
    tell(operator, steering_heard="pause")
    assert operator.observe().steering == ""


def test_requests_for_a_cluster_that_is_gone_are_seen(operator: Operator) -> None:
    ask(operator)
    operator.admin.delete("postgresql", operator.namespace, NAME)
    seen = operator.observe()
    assert not seen.found
    assert [one.name for one in seen.operations] == ["mine"]
