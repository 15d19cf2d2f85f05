"""What is planned when the configuration asks for another pod template."""

from tests.unit.test_plan import NOW, pod, running
from workflows.beginning import Plan
from workflows.model.children import Group
from workflows.model.kinds import Kind
from workflows.model.memory import Memory
from workflows.model.observation import Drift, ObjectSeen, Observation, StatusSeen
from workflows.model.postgresoperation import Phase
from workflows.model.status import Word
from workflows.model.turns import RolloutRule, Turn
from workflows.plan import decide

RULE = RolloutRule(name="r", parallel=1)
SERVICE = ObjectSeen(
    kind="Service", name="x", namespace="shop", drift=Drift.CHANGED, why="spec.ports"
)
TEMPLATE = ObjectSeen(
    kind="StatefulSet",
    name="acid-orders",
    namespace="shop",
    drift=Drift.CHANGED,
    why="spec.template.spec.containers[postgres].image",
    group=Group.STATEFUL_SET,
    template=True,
)


def seen(*, made_for: int = 3, rollout: RolloutRule = RULE, **more: object) -> Observation:
    """At generation 3, as `made_for` says or not."""
    status = StatusSeen(word="Running", observed_generation=3, rolled_generation=made_for)
    return running(status=status, rollout=rollout, **more)


def planned(one: Observation, turn: Turn | None = None) -> Plan:
    return decide(one, Memory(uid="u", turn=turn), NOW)


def groups(plan: Plan) -> list[Group]:
    assert plan.order is not None
    return plan.order.groups


def test_a_template_of_the_configuration_waits_for_its_turn_with_a_plan() -> None:
    plan = planned(seen(objects=[TEMPLATE]))
    assert plan.order is None
    assert plan.held is not None
    assert plan.held.wish is not None
    assert plan.why == "rolling-update waits for its turn in the roll-out"
    (record,) = plan.records
    assert record.status.phase is Phase.WAITING
    assert record.status.plan is not None
    assert record.status.plan.restarts == ["acid-orders-0", "acid-orders-1"]


def test_what_else_differs_is_put_right_meanwhile() -> None:
    assert groups(planned(seen(objects=[TEMPLATE, SERVICE]))) == [Group.SERVICES]


def test_with_its_turn_it_is_applied_and_then_rolled_out() -> None:
    turn = Turn(rollout="r", granted=True)
    assert groups(planned(seen(objects=[TEMPLATE]), turn)) == [Group.STATEFUL_SET]
    plan = planned(seen(pods=[pod(0, stale="image"), pod(1, stale="image")]), turn)
    assert plan.order is not None
    assert plan.order.kind is Kind.ROLLING_UPDATE


def test_who_waits_is_told_its_place_and_why_nothing_goes_on() -> None:
    turn = Turn(rollout="r", place=2, waiting=5, stopped="the roll-out has stopped")
    assert planned(seen(objects=[TEMPLATE]), turn).why == (
        "rolling-update waits for its turn in the roll-out (2 of 5); the roll-out has stopped"
    )


def test_an_edit_of_the_manifest_needs_no_turn_and_neither_does_a_cluster_never_made() -> None:
    assert groups(planned(seen(made_for=2, objects=[TEMPLATE]))) == [Group.STATEFUL_SET]
    new = StatusSeen(word="CreateFailed", observed_generation=3)
    plan = planned(running(status=new, rollout=RULE, objects=[TEMPLATE]))
    assert Group.STATEFUL_SET in groups(plan)


def test_without_a_limit_nobody_waits() -> None:
    plan = planned(seen(objects=[TEMPLATE], rollout=RolloutRule(name="r")))
    assert groups(plan) == [Group.STATEFUL_SET]


def test_pods_that_somebody_has_flagged_need_no_turn() -> None:
    plan = planned(seen(pods=[pod(0), pod(1, stale="flagged to be made anew")]))
    assert plan.order is not None
    assert plan.order.kind is Kind.ROLLING_UPDATE


def test_the_generation_that_pods_are_made_for_is_told_when_all_of_them_are() -> None:
    report = planned(seen(made_for=2)).report
    assert report is not None
    assert report.rolled_generation == 3
    report = planned(seen(objects=[TEMPLATE])).report
    assert report is not None
    assert report.rolled_generation == 3


def test_a_broken_replica_is_no_reason_to_wait_for_it_instead_of_for_the_turn() -> None:
    broken = pod(1, ready=False, role="", reason="ImagePullBackOff")
    plan = planned(seen(objects=[TEMPLATE], pods=[pod(0), broken]))
    assert plan.held is not None
    assert plan.held.wish is not None
    assert plan.report is not None
    assert plan.report.word is Word.UPDATING


def test_a_cluster_without_a_primary_takes_the_change_at_once_as_it_may_be_the_cure() -> None:
    broken = pod(0, ready=False, role="", reason="ImagePullBackOff")
    assert Group.STATEFUL_SET in groups(planned(seen(objects=[TEMPLATE], pods=[broken])))


def test_what_was_approved_for_one_configuration_is_not_for_the_next() -> None:
    names = [
        planned(seen(objects=[TEMPLATE], rollout=RULE.model_copy(update={"name": name}))).records
        for name in ("one", "two", "one")
    ]
    (one,), (two,), (again,) = names
    assert one.name == again.name != two.name
