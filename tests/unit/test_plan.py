from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.model.base import ClusterRef
from workflows.model.memory import Achieved, Failure, Memory
from workflows.model.observation import (
    BadField,
    Deletion,
    Drift,
    ObjectSeen,
    Observation,
    PodSeen,
    StatusSeen,
)
from workflows.model.operations import Group, Kind
from workflows.model.status import Word
from workflows.plan import GROUP_OF_KIND, Plan, decide

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
    assert (order.kind, order.groups) == (Kind.CREATE, list(Group))


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


def test_a_failed_operation_rests_until_its_next_try() -> None:
    failure = Failure(
        kind=Kind.SYNC, generation=3, message="quota", retry_at=NOW + timedelta(seconds=40)
    )
    seen = running(objects=[drifted("Service")])
    resting = plan(seen, Memory(uid="u", failure=failure))
    assert resting.order is None
    assert resting.report and resting.report.word is Word.SYNC_FAILED
    assert resting.look_again_seconds == 40
    again = decide(seen, Memory(uid="u", failure=failure), NOW + timedelta(seconds=41))
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


def test_an_edit_ends_the_rest_after_a_failure() -> None:
    failure = Failure(kind=Kind.SYNC, generation=3, message="quota", retry_at=NOW)
    seen = running(objects=[drifted("Service")], generation=4)
    assert plan(seen, Memory(uid="u", failure=failure)).order is not None


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
    if report is None or report.word is not Word.RUNNING or seen.paused:
        return
    serving = [pod for pod in seen.pods if pod.ready and pod.role and not pod.deleting]
    assert len(serving) >= seen.instances


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
