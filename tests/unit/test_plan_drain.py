"""What is planned when nodes are to be left."""

from tests.unit.test_evacuation import member
from tests.unit.test_plan import NOW, drifted, pod, running
from workflows.model.kinds import Kind
from workflows.model.members import PodSeen
from workflows.model.memory import Failure, Memory
from workflows.model.observation import BadField, Observation
from workflows.model.postgresoperation import Phase
from workflows.plan import decide

OPENS = "2026-01-02T01:00:00Z"


def going(number: int, **more: object) -> PodSeen:
    return pod(number, node=f"n{number}", leaving="is cordoned", **more)


def seen(*pods: PodSeen, **more: object) -> Observation:
    members = [
        member(one.ordinal).model_copy(update={"name": one.name}) for one in pods if one.ready
    ]
    return running(pods=list(pods), members=members, instances=len(pods), **more)


def closed(*pods: PodSeen) -> Observation:
    return seen(*pods, window_open=False, window_opens=OPENS)


def memory(*failures: Failure) -> Memory:
    return Memory(uid="u", failures=list(failures))


def test_who_is_on_a_cordoned_node_is_drained_with_a_plan() -> None:
    order = decide(seen(going(0), pod(1)), memory(), NOW).order
    assert order is not None
    assert (order.kind, order.why) == (Kind.DRAIN, "acid-orders-0 is on n0, which is cordoned")
    assert order.plan is not None
    assert (order.plan.restarts, order.plan.primary_moves) == (["acid-orders-0"], True)


def test_a_drain_comes_before_repairs_and_in_spite_of_a_bad_manifest() -> None:
    bad = [BadField(path="spec.x", value="1", accepted="a text")]
    for trouble in ({"objects": [drifted("Service")]}, {"invalid": bad}):
        order = decide(seen(going(0), pod(1), **trouble), memory(), NOW).order
        assert order is not None
        assert order.kind is Kind.DRAIN


def test_while_a_drain_that_failed_rests_the_repairs_go_on() -> None:
    failure = Failure(kind=Kind.DRAIN, generation=3, message="no", retry_at=NOW.replace(hour=1))
    order = decide(seen(going(0), pod(1), objects=[drifted("Service")]), memory(failure), NOW).order
    assert order is not None
    assert order.kind is Kind.SYNC
    plan = decide(seen(going(0), pod(1)), memory(failure), NOW)
    assert (plan.order, plan.why, plan.look_again_seconds) == (None, "no", 3600)


def test_outside_of_windows_replicas_move_and_the_primary_waits() -> None:
    order = decide(closed(going(0), going(1)), memory(), NOW).order
    assert order is not None
    assert order.primary_stays
    assert order.plan is not None
    assert (order.plan.restarts, order.plan.write_gap_seconds) == (["acid-orders-1"], None)
    plan = decide(closed(going(0), pod(1)), memory(), NOW)
    assert plan.order is None
    assert plan.why == f"drain waits for a maintenance window, opens at {OPENS}"
    assert [record.status.phase for record in plan.records] == [Phase.WAITING]


def test_the_window_holds_up_nothing_but_the_primary() -> None:
    waits = closed(going(0), pod(1)).model_copy(update={"objects": [drifted("Service")]})
    order = decide(waits, memory(), NOW).order
    assert order is not None
    assert order.kind is Kind.SYNC


def test_who_fits_on_no_other_node_is_left_in_peace() -> None:
    plan = decide(seen(pod(0), going(1, stays="its volume is bound")), memory(), NOW)
    assert (plan.order, plan.why) == (None, "everything is as it should be")


def test_a_paused_cluster_is_not_drained() -> None:
    assert decide(seen(going(0), pod(1), paused=True), memory(), NOW).order is None


def test_replicas_move_outside_of_windows_whatever_is_configured() -> None:
    there = closed(pod(0), going(1)).model_copy(update={"in_windows": [Kind.DRAIN]})
    order = decide(there, memory(), NOW).order
    assert order is not None
    assert order.kind is Kind.DRAIN
