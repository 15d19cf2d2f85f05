from collections.abc import Callable

import pytest

from tests.unit.watcher.stub import ApiStub
from watcher.api import Api
from watcher.lease import DEADLINE_SECONDS, DURATION_SECONDS, Lease
from workflows.model.errors import Forbidden, Unavailable

PATH = "/apis/coordination.k8s.io/v1/namespaces/ops/leases/postgres-operator"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replica(api: Api, clock: Clock) -> Callable[[str], Lease]:
    def new(identity: str) -> Lease:
        return Lease(api, namespace="ops", name="postgres-operator", identity=identity, clock=clock)

    return new


def test_the_first_takes_it(stub: ApiStub, replica: Callable[[str], Lease]) -> None:
    lease = replica("a")
    assert lease.attempt()
    assert lease.held
    assert stub.stored[PATH]["spec"]["holderIdentity"] == "a"


def test_the_second_stands_by_and_knows_who_holds_it(replica: Callable[[str], Lease]) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    assert not second.attempt()
    assert not second.held
    assert second.holder == "a"


def test_renewal_keeps_it(stub: ApiStub, replica: Callable[[str], Lease], clock: Clock) -> None:
    first, second = replica("a"), replica("b")
    for _ in range(10):
        clock.now += 3
        assert first.attempt()
        assert not second.attempt()
    assert stub.stored[PATH]["spec"]["leaseTransitions"] == 0


def test_a_dead_holder_is_replaced_after_the_duration(
    stub: ApiStub, replica: Callable[[str], Lease], clock: Clock
) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    second.attempt()
    clock.now += DURATION_SECONDS - 0.1
    assert not second.attempt()
    clock.now += 0.2
    assert second.attempt()
    assert stub.stored[PATH]["spec"]["leaseTransitions"] == 1


def test_a_holder_counts_itself_out_before_anyone_may_take_over(
    replica: Callable[[str], Lease], clock: Clock
) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    second.attempt()
    clock.now += DEADLINE_SECONDS
    assert not first.held
    assert not second.attempt()


def test_who_was_replaced_does_not_hold_it_any_more(
    replica: Callable[[str], Lease], clock: Clock
) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    second.attempt()
    clock.now += DURATION_SECONDS
    second.attempt()
    assert not first.attempt()
    assert not first.held


def test_a_restarted_process_of_the_same_name_need_not_wait(
    replica: Callable[[str], Lease],
) -> None:
    replica("a").attempt()
    assert replica("a").attempt()


def test_release_lets_the_next_take_over_at_once(replica: Callable[[str], Lease]) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    second.attempt()
    first.release()
    assert not first.held
    assert second.attempt()


def test_an_attempt_that_comes_too_late_does_not_take_it_back(
    stub: ApiStub, replica: Callable[[str], Lease]
) -> None:
    lease = replica("a")
    lease.attempt()
    lease.release()
    assert not lease.attempt()
    assert stub.stored[PATH]["spec"]["holderIdentity"] == ""


def test_releasing_what_another_holds_changes_nothing(
    stub: ApiStub, replica: Callable[[str], Lease]
) -> None:
    first, second = replica("a"), replica("b")
    first.attempt()
    second.release()
    assert stub.stored[PATH]["spec"]["holderIdentity"] == "a"


@pytest.mark.parametrize("exists", [False, True], ids=["new", "released"])
def test_of_two_who_write_at_once_one_wins(
    stub: ApiStub,
    replica: Callable[[str], Lease],
    monkeypatch: pytest.MonkeyPatch,
    exists: bool,
) -> None:
    if exists:
        earlier = replica("z")
        earlier.attempt()
        earlier.release()
    first, second = replica("a"), replica("b")
    read = second._read

    def read_then_be_overtaken() -> object:
        lease = read()
        first.attempt()
        return lease

    monkeypatch.setattr(second, "_read", read_then_be_overtaken)
    assert not second.attempt()
    assert stub.stored[PATH]["spec"]["holderIdentity"] == "a"


@pytest.mark.parametrize(("status", "error"), [(403, Forbidden), (503, Unavailable)])
def test_a_refusal_is_raised_and_does_not_end_the_term_early(
    stub: ApiStub, replica: Callable[[str], Lease], status: int, error: type[Exception]
) -> None:
    lease = replica("a")
    lease.attempt()
    stub.refuse_leases = status
    with pytest.raises(error):
        lease.attempt()
    assert lease.held


def test_a_lease_deleted_by_hand_is_made_again(
    stub: ApiStub, replica: Callable[[str], Lease]
) -> None:
    lease = replica("a")
    lease.attempt()
    stub.stored.clear()
    assert lease.attempt()
    assert PATH in stub.stored
