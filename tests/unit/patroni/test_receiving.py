"""Which members receive nothing, by what Patroni says."""

from collections.abc import Mapping
from typing import Any

import pytest

from activities.patroni.client import Member, PatroniClient, View
from activities.patroni.receiving import silent
from tests.unit.patroni.rest import Rest, recorded
from workflows.model.errors import Unavailable
from workflows.model.members import MemberSeen

Told = Mapping[str, Mapping[str, Any]]


def member(name: str, role: str, state: str) -> Member:
    return Member(MemberSeen(name=name, role=role, state=state), host=name)


def view(*replicas: str, leader: str = "leader", state: str = "running") -> View:
    followers = [member(f"a-{n}", "replica", each) for n, each in enumerate(replicas, start=1)]
    return View((member("a-0", leader, state), *followers))


def nobody(address: str) -> Mapping[str, Any]:
    raise AssertionError(f"{address} was asked although the members say enough")


def telling(told: Told) -> Any:
    def ask(address: str) -> Mapping[str, Any]:
        if address not in told:
            raise Unavailable(f"{address} does not answer")
        return told[address]

    return ask


def sending(*names: str) -> dict[str, Any]:
    return {"replication": [{"application_name": n, "state": "streaming"} for n in names]}


def test_who_streams_is_not_silent_and_nobody_is_asked() -> None:
    assert silent(view("streaming", "streaming"), ask=nobody) == {}


@pytest.mark.parametrize("state", ["start failed", "in archive recovery", "creating replica"])
def test_what_it_does_instead_is_told(state: str) -> None:
    assert silent(view("streaming", state), ask=nobody) == {"a-2": state}


def test_one_that_says_nothing_at_all_is_silent() -> None:
    assert silent(view(""), ask=nobody) == {"a-1": "Patroni there says nothing"}


def test_without_a_leader_there_is_nobody_to_receive_from() -> None:
    assert silent(View((member("a-1", "replica", "running"),)), ask=nobody) == {}


def test_one_that_only_runs_receives_if_anybody_sends_to_it() -> None:
    told = {"a-0": sending("a-1"), "a-1": sending("a-2")}
    assert silent(view("running", "running", "running"), ask=telling(told)) == {"a-3": "running"}


def test_one_that_copies_does_not_receive_yet() -> None:
    line = {"application_name": "a-1", "state": "backup"}
    asked = telling({"a-0": {"replication": [line, "nonsense"]}})
    assert silent(view("running"), ask=asked) == {"a-1": "running"}


def test_a_cluster_that_follows_another_one_may_do_so_by_its_archive() -> None:
    by_archive = "in archive recovery"
    following = view(by_archive, "streaming", leader="standby_leader", state=by_archive)
    assert silent(following, ask=nobody) == {}


@pytest.mark.parametrize(
    ("version", "found"), [("4.1.5", ["a-0"]), ("3.0.4", ["a-0"]), ("3.0.3", []), ("", [])]
)
def test_a_standby_leader_to_which_nothing_comes_is_silent(version: str, found: list[str]) -> None:
    following = view("streaming", leader="standby_leader")
    told = {"a-0": {"patroni": {"version": version}}} if version else {}
    assert [*silent(following, ask=telling(told))] == found


def test_a_real_replica_before_it_streams_and_while_it_does() -> None:
    rest = Rest()
    client = PatroniClient(port=rest.port, seconds=2.0)
    try:
        rest.says("/patroni", recorded("patroni-primary"))
        for state, found in (("not-streaming", {"acid-test-1": "running"}), ("streaming", {})):
            rest.says("/cluster", recorded(f"cluster-{state}"))
            assert silent(client.view("127.0.0.1"), ask=client.patroni) == found
    finally:
        rest.close()
