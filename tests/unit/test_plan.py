from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.beginning import Plan
from workflows.model.base import ClusterRef
from workflows.model.children import BASIC, Group
from workflows.model.kinds import Kind
from workflows.model.members import PodSeen
from workflows.model.memory import Achieved, Failure, Memory
from workflows.model.observation import (
    BadField,
    Concern,
    Deletion,
    Drift,
    ObjectSeen,
    Observation,
    PatroniSeen,
    StatusSeen,
)
from workflows.model.status import OperationStatus, Word, digest
from workflows.plan import cannot_wait, decide
from workflows.reasons import GROUP_OF_KIND

REF = ClusterRef(namespace="shop", name="acid-orders")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def pod(number: int, **more: object) -> PodSeen:
    facts = {"role": "replica" if number else "master", "ready": True, "phase": "Running"}
    return PodSeen.model_validate(
        {"name": f"acid-orders-{number}", "uid": str(number), **facts, **more}
    )


def drifted(kind: str) -> ObjectSeen:
    return ObjectSeen(kind=kind, name="x", namespace="shop", drift=Drift.CHANGED, why="spec")


def running(**more: object) -> Observation:
    """A healthy cluster of two whose status has not been written yet."""
    facts: dict[str, object] = {
        "ref": REF,
        "found": True,
        "uid": "u",
        "generation": 3,
        "instances": 2,
        "stateful_set": True,
        "pods": [pod(0), pod(1)],
        "status": StatusSeen(word="Running", observed_generation=3),
    }
    return Observation.model_validate(facts | more)


def plan(seen: Observation, memory: Memory | None = None) -> Plan:
    return decide(seen, memory or Memory(uid="u"), NOW)


def test_a_healthy_cluster_only_gets_its_status() -> None:
    decided = plan(running())
    assert decided.order is None
    assert decided.report is not None
    assert decided.report.word is Word.RUNNING
    assert decided.report.members_ready == "2/2"


def test_a_status_that_says_it_all_is_not_written_again() -> None:
    report = plan(running()).report
    assert report is not None
    seen = running(status=StatusSeen(word="Running", observed_generation=3, digest=report.digest))
    assert plan(seen).report is None


@pytest.mark.parametrize("word", ["", "Creating", "CreateFailed"])
def test_what_was_never_finished_is_created_whole(word: str) -> None:
    seen = running(
        objects=[drifted("Service")], stateful_set=False, pods=[], status=StatusSeen(word=word)
    )
    order = plan(seen).order
    assert order is not None
    assert (order.kind, order.groups) == (Kind.CREATE, [*BASIC])


def test_a_new_generation_makes_it_an_update_and_an_old_one_a_sync() -> None:
    seen = running(objects=[drifted("Service"), drifted("Secret")], generation=4)
    update = plan(seen).order
    sync = plan(seen.model_copy(update={"generation": 3})).order
    assert update and sync
    assert (update.kind, sync.kind) == (Kind.UPDATE, Kind.SYNC)
    assert update.groups == [Group.SERVICES, Group.SECRETS]


def test_a_pending_pod_is_never_called_running() -> None:
    order = plan(running(pods=[pod(0), pod(1, ready=False, reason="Pending")])).order
    assert order is not None
    assert "acid-orders-1 is Pending" in order.why


def test_pending_sql_is_reason_enough_and_no_object_is_touched() -> None:
    order = plan(running(sql_pending=["role zalando is missing"])).order
    assert order is not None
    assert (order.groups, order.sql) == ([], True)


def test_a_configuration_that_differs_is_brought_to_patroni() -> None:
    differs = PatroniSeen(changes=["ttl is 30, not 40"])
    order = plan(running(patroni=differs)).order
    assert order is not None
    assert (order.why, order.groups, order.patroni) == ("ttl is 30, not 40", [], True)


def test_running_is_not_said_while_a_member_waits_for_a_restart() -> None:
    waits = PatroniSeen(restarts=["acid-orders-1 waits for a restart"])
    order = plan(running(patroni=waits)).order
    assert order is not None
    assert order.patroni


def test_a_configuration_that_is_right_is_left_out_but_of_a_new_cluster() -> None:
    drift = {"objects": [drifted("Service")]}
    sync = plan(running(**drift)).order
    create = plan(running(**drift, status=StatusSeen(word="Creating"))).order
    assert sync and create
    assert (sync.patroni, create.patroni) == (False, True)


def test_what_a_paused_patroni_holds_back_is_told_and_not_tried() -> None:
    decided = plan(running(patroni=PatroniSeen(held=["acid-orders-1 waits for a restart"])))
    assert decided.order is None
    report = decided.report
    assert report and report.word is Word.UPDATING
    synced = next(one for one in report.conditions or [] if one.type == "Synced")
    assert (synced.status, synced.reason) == ("False", "PatroniPaused")
    assert synced.message == "until Patroni is resumed: acid-orders-1 waits for a restart"


def test_a_new_slot_is_written_down_before_it_is_made() -> None:
    new = PatroniSeen(changes=["slot a is missing"], slots=["a"], new_slots=True)
    decided = plan(running(patroni=new))
    assert decided.order and decided.report
    assert decided.report.status == {"slots": ["a"]}
    known = plan(running(patroni=new.model_copy(update={"new_slots": False})))
    assert known.order and known.report is None


@pytest.mark.parametrize("memory", [{"slots": ["a"]}, {"slots": ["a"], "standby": ""}])
def test_what_is_remembered_of_patroni_stands_in_the_status(memory: dict[str, object]) -> None:
    report = plan(running(patroni=PatroniSeen.model_validate(memory))).report
    assert report is not None
    assert memory.items() <= report.status.items()
    written = StatusSeen(
        word="Running", observed_generation=3, digest=digest({**report.status, **memory})
    )
    assert plan(running(patroni=PatroniSeen.model_validate(memory), status=written)).report is None
    without = StatusSeen(
        word="Running",
        observed_generation=3,
        digest=digest({key: report.status[key] for key in report.status if key not in memory}),
    )
    assert plan(running(patroni=PatroniSeen.model_validate(memory), status=without)).report


def test_a_failed_operation_rests_until_its_next_try() -> None:
    failure = Failure(
        kind=Kind.SYNC, generation=3, message="quota", retry_at=NOW + timedelta(seconds=40)
    )
    seen = running(objects=[drifted("Service")])
    resting = plan(seen, Memory(uid="u", failures=[failure]))
    assert resting.order is None
    assert resting.report and resting.report.word is Word.SYNC_FAILED
    assert resting.look_again_seconds == 40
    again = decide(seen, Memory(uid="u", failures=[failure]), NOW + timedelta(seconds=41))
    assert again.order is not None


def test_an_operation_that_did_not_help_is_not_run_in_circles() -> None:
    seen = running(objects=[drifted("Service")])
    first = plan(seen).order
    assert first is not None
    achieved = Achieved(generation=3, why=first.why, at=NOW)
    memory = Memory(uid="u", achieved=achieved)
    resting = plan(seen, memory)
    assert resting.order is None
    assert resting.report and resting.report.word is Word.SYNC_FAILED
    later = decide(seen, memory, NOW + timedelta(seconds=31))
    assert later.order is not None


def in_vain(seen: Observation, *, count: int = 1, problems: Sequence[str] = ()) -> Memory:
    """Of an operation that was just run for the reasons seen, and left these as they are."""
    order = plan(seen).order
    assert order is not None
    achieved = Achieved(generation=3, why=order.why, at=NOW, count=count, problems=list(problems))
    return Memory(uid="u", achieved=achieved)


@pytest.mark.parametrize(("count", "seconds"), [(1, 30), (2, 60), (3, 120), (5, 300), (99, 300)])
def test_what_does_not_help_is_tried_at_growing_intervals(count: int, seconds: int) -> None:
    seen = running(sql_pending=["role x is to be created"])

    assert plan(seen, in_vain(seen, count=count)).look_again_seconds == seconds


def test_a_role_that_can_not_be_made_has_a_condition_of_its_own() -> None:
    told = "role x could not be created: there is something in the way"
    database = "database y could not be created for x: role x does not exist"
    concern = Concern(name="Roles", message="user admin of the manifest is not managed")
    seen = running(sql_pending=["role x is to be created"], concerns=[concern])

    report = plan(seen, in_vain(seen, problems=[told, database])).report

    assert report is not None and report.conditions is not None
    found = {condition.type: condition.message for condition in report.conditions}
    assert found["Roles"] == f"{concern.message}; {told}"
    assert found["Databases"] == database
    assert report.word is Word.SYNC_FAILED


def test_an_edit_ends_the_rest_after_a_failure() -> None:
    failure = Failure(kind=Kind.SYNC, generation=3, message="quota", retry_at=NOW)
    seen = running(objects=[drifted("Service")], generation=4)
    assert plan(seen, Memory(uid="u", failures=[failure])).order is not None


def test_an_invalid_manifest_leaves_the_running_cluster_alone() -> None:
    bad = BadField(path="spec.clone", value="{}", accepted="a cluster name")
    decided = plan(running(invalid=[bad], objects=[drifted("StatefulSet")]))
    assert decided.order is None
    assert decided.report and decided.report.word is Word.UPDATE_FAILED
    assert "spec.clone" in decided.report.events[0].message


def test_another_operators_cluster_is_left_alone() -> None:
    assert plan(running(owned=False, objects=[drifted("Service")])).ends


def test_deletion_waits_for_another_ones_finalizer() -> None:
    decided = plan(running(deletion=Deletion(requested=True)))
    assert (decided.order, decided.ends) == (None, False)


objects = st.lists(st.sampled_from(sorted(GROUP_OF_KIND)).map(drifted), max_size=4)
pods = st.lists(
    st.builds(
        lambda number, ready, role: pod(number, ready=ready, role=role),
        st.integers(0, 3),
        st.booleans(),
        st.sampled_from(["", "master", "replica"]),
    ),
    max_size=4,
)
observations = st.builds(
    running,
    found=st.booleans(),
    owned=st.booleans(),
    paused=st.booleans(),
    generation=st.integers(1, 5),
    instances=st.integers(0, 4),
    objects=objects,
    pods=pods,
    deletion=st.builds(Deletion, requested=st.booleans(), refused=st.sampled_from(["", "no"])),
    finalizer=st.booleans(),
    stateful_set=st.booleans(),
    leftovers=st.sampled_from([[], ["Service/x"]]),
    sql_pending=st.sampled_from([[], ["role x"]]),
    patroni=st.builds(
        PatroniSeen,
        changes=st.sampled_from([[], ["ttl is 30, not 40"]]),
        restarts=st.sampled_from([[], ["acid-orders-1 waits for a restart"]]),
        held=st.sampled_from([[], ["acid-orders-1 waits for a restart"]]),
        slots=st.sampled_from([None, [], ["a"]]),
        new_slots=st.booleans(),
    ),
    status=st.builds(
        StatusSeen,
        word=st.sampled_from(["", *Word]),
        observed_generation=st.integers(0, 5),
    ),
)


@given(observations)
def test_every_observation_has_a_plan_with_a_reason(seen: Observation) -> None:
    decided = plan(seen)
    assert decided.why
    assert decided == plan(seen)


@given(observations)
def test_running_is_only_said_when_all_wanted_members_serve(seen: Observation) -> None:
    report = plan(seen).report
    if report is None or report.word is not Word.RUNNING:
        return
    if seen.paused or seen.deletion.requested:  # the word stays what it was
        return
    serving = [pod for pod in seen.pods if pod.ready and pod.role and not pod.deleting]
    assert len(serving) >= seen.instances
    assert not (seen.patroni.restarts or seen.patroni.held)


def test_what_waits_does_not_make_a_cluster_run_that_lacks_members() -> None:
    lost = pod(1, ready=False, stale="spec.containers[postgres].image")
    seen = running(edition=1, pods=[pod(0), lost], to_approve=[Kind.ROLLING_UPDATE])
    report = plan(seen).report
    assert report is not None
    assert (report.word, report.members_ready) == (Word.UPDATING, "1/2")


def test_a_new_cluster_of_which_only_the_plan_is_wanted_does_not_run() -> None:
    seen = running(
        edition=1,
        pods=[],
        stateful_set=False,
        dry_run=True,
        objects=[drifted("StatefulSet")],
        status=StatusSeen(),
    )
    report = plan(seen).report
    assert report is not None
    assert report.word is Word.CREATING


def test_what_is_gone_unseen_is_only_deleted_where_nothing_protects_it() -> None:
    refused = Deletion(requested=True, refused="its annotations are unknown")
    gone = Observation(ref=REF, found=False, leftovers=["Secret/a"], deletion=refused)
    assert (plan(gone).order, plan(gone).ends) == (None, True)
    report = plan(gone).report
    assert report is not None
    assert [note.message for note in report.events] == [
        "gone, children stay: its annotations are unknown"
    ]
    seen_by_somebody = Memory(uid="u", deletion=Deletion(requested=True))
    order = plan(gone, seen_by_somebody).order
    assert order is not None
    assert order.kind is Kind.DELETE


@given(observations)
def test_nothing_is_deleted_that_nobody_asked_to_delete(seen: Observation) -> None:
    order = plan(seen).order
    if order is None or order.kind is not Kind.DELETE:
        return
    assert not seen.found or (seen.deletion.requested and not seen.deletion.refused)


@given(observations)
def test_a_paused_cluster_is_not_touched(seen: Observation) -> None:
    if seen.found and seen.paused and not seen.deletion.requested:
        assert plan(seen).order is None


def test_an_operation_whose_workflow_was_lost_does_not_run_for_ever() -> None:
    told = settled_status(
        unfinished=OperationStatus(kind="update", workflow_id=f"{REF}/op/8-update")
    )
    found = plan(running(status=told))
    assert found.report is not None
    assert found.report.operation is not None
    assert found.report.operation.finished == "2026-01-01T00:00:00Z"
    assert "lost" in found.report.operation.message


def test_an_operation_that_this_entity_has_begun_has_the_last_word_itself() -> None:
    told = settled_status(
        unfinished=OperationStatus(kind="update", workflow_id=f"{REF}/op/8-update")
    )
    assert plan(running(status=told), Memory(uid="u", sequence=8)).report is None
    late = plan(running(status=told.model_copy(update={"silent": True})), Memory(sequence=8))
    assert late.report is not None
    assert late.report.operation is not None
    assert late.report.operation.finished == "2026-01-01T00:00:00Z"
    assert "has ended" in late.report.operation.message


def settled_status(**more: object) -> StatusSeen:
    """Of a cluster of which everything is told."""
    report = plan(running()).report
    assert report is not None
    return StatusSeen.model_validate(
        {"word": "Running", "observed_generation": 3, "digest": report.digest, **more}
    )


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"pods": [pod(0), pod(1, ready=False)]}, False),
        ({"pods": [pod(0), pod(1, ready=False)], "objects": [drifted("Service")]}, True),
        ({"pods": [pod(0)], "sql_pending": ["role shop: its password differs"]}, True),
        ({"pods": [pod(0)], "sql_pending": ["database shop is missing"]}, False),
        ({}, False),
    ],
    ids=["member", "object", "password", "database", "nothing"],
)
def test_only_what_needs_no_member_can_not_wait_for_one(
    facts: dict[str, object], expected: bool
) -> None:
    assert cannot_wait(running(**facts), Memory(uid="u"), NOW) is expected
