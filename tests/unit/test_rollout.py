"""Who may be rolled out to now."""

from hypothesis import given
from hypothesis import strategies as st

from workflows.model.base import ClusterRef
from workflows.model.turns import TurnEnd, Wish
from workflows.rollout import Rollout


def ref(number: int) -> ClusterRef:
    return ClusterRef(namespace="shop", name=f"c{number}")


def wish(number: int, *, rollout: str = "r", parallel: int = 1, most_failures: int = 0) -> Wish:
    return Wish(ref=ref(number), rollout=rollout, parallel=parallel, most_failures=most_failures)


def asked(*numbers: int, parallel: int = 1, most_failures: int = 0) -> Rollout:
    state = Rollout()
    for number in numbers:
        state = state.asked(wish(number, parallel=parallel, most_failures=most_failures))
    return state.granted()[0]


def ended(state: Rollout, number: int, *, failed: bool = False, rollout: str = "r") -> Rollout:
    return state.ended(TurnEnd(ref=ref(number), rollout=rollout, failed=failed)).granted()[0]


def test_turns_go_by_the_order_of_asking_and_one_comes_when_one_ends() -> None:
    state = asked(3, 1, 2)
    assert (state.rolling, state.waiting) == ([ref(3)], [ref(1), ref(2)])
    assert (state.turn_of(ref(2)).place, state.turn_of(ref(2)).waiting) == (2, 2)
    state = ended(state, 3)
    assert (state.rolling, state.turn_of(ref(1)).granted) == ([ref(1)], True)


def test_asking_again_changes_nothing() -> None:
    state = asked(1, 2)
    assert state.asked(wish(1)).asked(wish(2)) == state


def test_after_too_many_failures_nobody_else_gets_a_turn_and_is_told_why() -> None:
    state = ended(asked(1, 2, 3, most_failures=1), 1, failed=True)
    assert (state.rolling, state.waiting) == ([], [ref(2), ref(3)])
    assert "it failed in shop/c1" in state.turn_of(ref(2)).stopped


def test_who_has_failed_may_try_again_and_its_success_lets_the_others_go_on() -> None:
    state = ended(asked(1, 2, most_failures=1), 1, failed=True)
    state = state.asked(wish(1, most_failures=1)).granted()[0]
    assert state.rolling == [ref(1)]
    assert ended(state, 1).rolling == [ref(2)]


def test_an_approval_and_another_roll_out_let_it_go_on() -> None:
    stopped = ended(asked(1, 2, most_failures=1), 1, failed=True)
    assert stopped.approved().granted()[0].rolling == [ref(2)]
    corrected = stopped.asked(wish(2, rollout="s", most_failures=1)).granted()[0]
    assert (corrected.rolling, corrected.failed) == ([ref(2)], [])


def test_what_an_earlier_roll_out_made_of_a_cluster_is_no_failure_of_this_one() -> None:
    state = asked(1).asked(wish(2, rollout="s", most_failures=1))
    assert state.rolling == [ref(1)]  # it still has its turn
    assert ended(state, 1, failed=True).failed == []


STEPS = st.lists(st.tuples(st.sampled_from(["ask", "end", "fail", "approve"]), st.integers(0, 5)))


@given(STEPS, st.integers(1, 3), st.integers(0, 2))
def test_never_too_many_and_never_one_twice(
    steps: list[tuple[str, int]], parallel: int, most_failures: int
) -> None:
    state = Rollout()
    for step, number in steps:
        if step == "ask":
            state = state.asked(wish(number, parallel=parallel, most_failures=most_failures))
        elif step == "approve":
            state = state.approved()
        else:
            end = TurnEnd(ref=ref(number), rollout="r", failed=step == "fail")
            state = state.ended(end)
        stopped, before = state.stopped, state
        state, chosen = state.granted()
        assert len(state.rolling) <= parallel
        assert not set(state.rolling) & set(state.waiting)
        assert len(set(state.rolling)) == len(state.rolling)
        assert not stopped or set(chosen) <= set(before.failed)
        assert stopped or len(state.rolling) == parallel or not state.waiting
