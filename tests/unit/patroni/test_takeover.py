"""When the members of a cluster have taken over a new configuration."""

from typing import Any

import pytest

from activities.patroni.takeover import SETTLE_SECONDS, Takeover

BEFORE = {"a": {"state": "running", "dcs_last_seen": 7}}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def takeover(clock: Clock) -> Takeover:
    return Takeover(BEFORE, round_seconds=10.0, clock=clock)


def told(**more: Any) -> dict[str, dict[str, Any]]:
    return {"a": {"state": "running", "dcs_last_seen": 7, **more}}


def test_a_member_is_waited_for_until_its_next_round_and_its_word_on_restarts(
    takeover: Takeover, clock: Clock
) -> None:
    assert takeover.lack(told()) == "a: taking over the new configuration"
    clock.now = 4.0
    assert takeover.lack(told(dcs_last_seen=9)) != ""
    clock.now = 4.0 + SETTLE_SECONDS
    assert takeover.lack(told(dcs_last_seen=9)) == ""


@pytest.mark.parametrize("more", [{"pending_restart": True}, {"state": "starting"}])
def test_one_that_waits_for_its_restart_or_starts_has_taken_it_over(
    takeover: Takeover, more: dict[str, Any]
) -> None:
    assert takeover.lack(told(**more)) == ""


def test_one_that_waited_before_is_not_taken_at_its_old_word(clock: Clock) -> None:
    waits = {"pending_restart": True, "pending_restart_reason": {"huge_pages": {}}}
    takeover = Takeover(told(**waits), round_seconds=10.0, clock=clock)

    assert takeover.lack(told(**waits)) != ""
    another = {**waits, "pending_restart_reason": {"wal_level": {}}}
    assert takeover.lack(told(**another)) == ""


def test_one_that_does_not_answer_is_not_waited_for(takeover: Takeover) -> None:
    assert takeover.lack({}) == ""


def test_one_that_never_has_a_round_ends_with_the_longest_one(
    takeover: Takeover, clock: Clock
) -> None:
    clock.now = 10.0 + SETTLE_SECONDS - 0.1
    assert takeover.lack(told()) != ""
    clock.now = 10.0 + SETTLE_SECONDS
    assert takeover.lack(told()) == ""
