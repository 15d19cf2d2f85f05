from collections.abc import Mapping
from typing import Any

import pytest

from matriarch.rest.errors import NoAnswer
from matriarch.rest.workers import IDLE, Business, number_of, of_number, queues, statuses
from workflows.model.base import ClusterRef
from workflows.model.operations import Knock

SHOP = ClusterRef(namespace="shop", name="acid-shop")


def resource(*, operation: Mapping[str, Any] | None = None) -> dict[str, Any]:
    metadata = {"namespace": "shop", "name": "acid-shop", "uid": "u", "generation": 1}
    return {"metadata": metadata, "status": {"operation": operation} if operation else {}}


class Watcher:
    """What the real one says of a quiet cluster, until a test changes it."""

    def __init__(self) -> None:
        self.known = True
        self.posted: list[tuple[ClusterRef, list[Knock]]] = []
        self.holder = ""

    def heard(self, metadata: Mapping[str, Any]) -> bool:
        return self.known

    def waiting(self) -> list[tuple[ClusterRef, list[Knock]]]:
        return self.posted

    def standing_by(self) -> str:
        return self.holder


class Temporal:
    def __init__(self) -> None:
        self.unsettled: dict[ClusterRef, int] = {}
        self.rests = True
        self.asked = 0

    def told(self) -> Mapping[ClusterRef, int]:
        return self.unsettled

    def settle(self, ref: ClusterRef, number: int) -> None:
        if self.unsettled.get(ref) == number:
            del self.unsettled[ref]

    async def at_rest(self, ref: ClusterRef) -> bool:
        self.asked += 1
        return self.rests


@pytest.fixture
def watcher() -> Watcher:
    return Watcher()


@pytest.fixture
def temporal() -> Temporal:
    return Temporal()


@pytest.fixture
def business(watcher: Watcher, temporal: Temporal) -> Business:
    return Business(watcher, temporal, temporal.at_rest)


async def test_a_quiet_cluster_is_no_business(business: Business, temporal: Temporal) -> None:
    assert await business.unfinished([resource()]) == []
    assert temporal.asked == 0


async def test_an_edit_that_was_not_heard_yet_is_business(
    business: Business, watcher: Watcher
) -> None:
    watcher.known = False
    assert await business.unfinished([resource()]) == [SHOP]


async def test_a_knock_on_its_way_is_business(business: Business, watcher: Watcher) -> None:
    watcher.posted = [(SHOP, [Knock(uid="u", reason="modified")])]
    assert await business.unfinished([resource()]) == [SHOP]


async def test_whoever_was_told_is_business_until_its_workflow_rests(
    business: Business, temporal: Temporal
) -> None:
    temporal.unsettled, temporal.rests = {SHOP: 1}, False
    assert await business.unfinished([resource()]) == [SHOP]
    temporal.rests = True
    assert await business.unfinished([resource()]) == []
    assert temporal.unsettled == {}


async def test_a_deletion_is_business_though_the_resource_is_gone(
    business: Business, temporal: Temporal
) -> None:
    temporal.unsettled, temporal.rests = {SHOP: 1}, False
    assert await business.unfinished([]) == [SHOP]


async def test_an_operation_nobody_asked_for_is_business(business: Business) -> None:
    running = resource(operation={"kind": "sync", "step": "apply all objects", "since": "10:00"})
    assert await business.unfinished([running]) == [SHOP]
    ended = resource(operation={"kind": "sync", "finished": "10:01"})
    assert await business.unfinished([ended]) == []


async def test_who_does_not_watch_does_not_know(business: Business, watcher: Watcher) -> None:
    watcher.holder = "operator-b holds the Lease"
    with pytest.raises(NoAnswer, match="operator-b"):
        await business.unfinished([])


def test_a_worker_says_what_it_is_about_and_others_are_idle() -> None:
    operation = {"kind": "update", "step": "switchover", "since": "10:00"}
    found = statuses([SHOP], [resource(operation=operation)], workers=3)
    number = str(number_of(SHOP, 3))
    assert found.pop(number) == {
        "CurrentCluster": {"Namespace": "shop", "Name": "acid-shop"},
        "CurrentProcess": {"Name": "update: switchover", "StartTime": "10:00"},
    }
    assert list(found.values()) == [IDLE, IDLE]


def test_with_one_worker_all_is_well_in_one_word() -> None:
    assert statuses([], [], workers=1) == {"0": "idle"}


def test_a_queue_holds_what_is_still_to_be_told() -> None:
    knocks = [Knock(uid="u", reason="deleted", gone=True), Knock(uid="v", reason="added")]
    found = queues([(SHOP, knocks)], workers=1)
    assert found["0"]["Keys"] == ["DELETE-u", "SYNC-v"]
    assert [event["Reason"] for event in found["0"]["List"]] == ["deleted", "added"]


def test_a_worker_that_is_not_there_is_an_error() -> None:
    with pytest.raises(NoAnswer, match="workers 0 to 1"):
        of_number({"0": IDLE, "1": IDLE}, "2")
