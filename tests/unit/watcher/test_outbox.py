import asyncio
from collections.abc import Callable

import pytest

from tests.unit.watcher.waiting import eventually
from watcher.backoff import Backoff
from watcher.outbox import CONCURRENCY, Outbox
from workflows.model.base import ClusterRef
from workflows.model.observation import Deletion
from workflows.model.operations import Knock


def ref(name: str) -> ClusterRef:
    return ClusterRef(namespace="default", name=name)


def knock(uid: str = "u1", generation: int = 1) -> Knock:
    return Knock(uid=uid, generation=generation, reason="modified")


class Recipient:
    """Stands for Temporal: may refuse, hang, and remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str, int]] = []
        self.attempts: list[str] = []
        self.refuses: Callable[[ClusterRef], bool] = lambda ref: False
        self.hangs: set[str] = set()
        self.released = asyncio.Event()

    async def __call__(self, ref: ClusterRef, message: Knock) -> None:
        self.attempts.append(ref.name)
        if ref.name in self.hangs:
            await self.released.wait()
        if self.refuses(ref):
            raise RuntimeError("Temporal is not there")
        self.taken.append((ref.name, message.uid, message.generation))


def outbox(recipient: Recipient, *, allowed: Callable[[], bool] = lambda: True) -> Outbox:
    return Outbox(recipient, allowed=allowed, backoff=lambda: Backoff(first=0.005, limit=0.02))


async def test_a_knock_is_delivered() -> None:
    recipient = Recipient()
    async with outbox(recipient) as box:
        box.post(ref("a"), knock())
        await eventually(lambda: recipient.taken)
        await eventually(lambda: not len(box))
    assert recipient.taken == [("a", "u1", 1)]
    assert box.delivered == 1


async def test_a_refused_knock_is_tried_until_taken() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: len(recipient.attempts) < 5
    async with outbox(recipient) as box:
        box.post(ref("a"), knock())
        await eventually(lambda: recipient.taken)
    assert len(recipient.attempts) == 5
    assert box.failed == 4


async def test_only_the_latest_knock_of_a_resource_waits() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: True
    async with outbox(recipient) as box:
        for generation in range(1, 5):
            box.post(ref("a"), knock(generation=generation))
        await eventually(lambda: recipient.attempts)
        recipient.refuses = lambda ref: False
        await eventually(lambda: recipient.taken)
    assert recipient.taken == [("a", "u1", 4)]


async def test_the_end_of_the_old_resource_is_told_before_the_new_one() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: len(recipient.attempts) < 3
    async with outbox(recipient) as box:
        box.post(ref("a"), knock("old", 1))
        box.post(ref("a"), knock("old", 2))
        box.post(ref("a"), knock("new", 1))
        await eventually(lambda: len(recipient.taken) == 2)
    assert recipient.taken == [("a", "old", 2), ("a", "new", 1)]


async def test_news_during_a_delivery_is_delivered_too() -> None:
    recipient = Recipient()
    recipient.hangs = {"a"}
    async with outbox(recipient) as box:
        box.post(ref("a"), knock(generation=1))
        await eventually(lambda: recipient.attempts)
        box.post(ref("a"), knock(generation=2))
        recipient.released.set()
        await eventually(lambda: len(recipient.taken) == 2)
    assert recipient.taken == [("a", "u1", 1), ("a", "u1", 2)]


async def test_one_failing_cluster_delays_no_other() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: ref.name == "bad"
    async with outbox(recipient) as box:
        box.post(ref("bad"), knock())
        for number in range(3 * CONCURRENCY):
            box.post(ref(f"c{number}"), knock())
        await eventually(lambda: len(recipient.taken) == 3 * CONCURRENCY)
        assert len(box) == 1


async def test_nothing_is_sent_while_not_allowed() -> None:
    recipient = Recipient()
    allowed = False
    async with outbox(recipient, allowed=lambda: allowed) as box:
        box.post(ref("a"), knock())
        for _ in range(20):
            await asyncio.sleep(0)
        assert recipient.attempts == []
        allowed = True
        await eventually(lambda: recipient.taken)


async def test_leaving_drops_what_waits() -> None:
    recipient = Recipient()
    recipient.hangs = {"a"}
    async with outbox(recipient) as box:
        box.post(ref("a"), knock())
        await eventually(lambda: recipient.attempts)
    recipient.released.set()
    await asyncio.sleep(0)
    assert recipient.taken == []


async def test_trouble_is_told_until_a_delivery_succeeds() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: True
    async with outbox(recipient) as box:
        box.post(ref("a"), knock())
        await eventually(lambda: "Temporal is not there" in box.trouble)
        recipient.refuses = lambda ref: False
        await eventually(lambda: not box.trouble)


async def test_what_concerns_everyone_goes_out_at_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watcher.outbox.PACE_SECONDS", 600.0)
    recipient = Recipient()
    async with outbox(recipient) as box:
        for name in "abc":
            box.post_by_and_by(ref(name), knock())
        await eventually(lambda: len(recipient.taken) == 1)
        assert len(box) == 2
        assert [ref.name for ref, _ in box.waiting()] == ["b", "c"]


async def test_news_of_one_cluster_overtake_what_concerns_everyone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("watcher.outbox.PACE_SECONDS", 600.0)
    recipient = Recipient()
    async with outbox(recipient) as box:
        for name in "abc":
            box.post_by_and_by(ref(name), knock())
        box.post(ref("c"), knock(generation=2))
        await eventually(lambda: len(recipient.taken) == 2)
        assert ("c", "u1", 2) in recipient.taken
        assert [ref.name for ref, _ in box.waiting()] == ["b"]


async def test_all_that_goes_by_and_by_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watcher.outbox.PACE_SECONDS", 0.001)
    recipient = Recipient()
    async with outbox(recipient) as box:
        for _ in range(2):
            for name in "abc":
                box.post_by_and_by(ref(name), knock())
            await eventually(lambda: not len(box))
        assert box.oldest_seconds() == 0.0
    assert sorted(name for name, _, _ in recipient.taken) == ["a", "a", "b", "b", "c", "c"]


async def test_the_age_of_the_oldest_knock_counts_from_its_first_try() -> None:
    recipient = Recipient()
    recipient.refuses = lambda ref: True
    async with outbox(recipient) as box:
        box.post(ref("a"), knock())
        await eventually(lambda: len(recipient.attempts) > 2)
        first = box.oldest_seconds()
        box.post(ref("a"), knock(generation=2))
        assert box.oldest_seconds() >= first > 0.0


async def test_that_the_configuration_was_renewed_is_not_forgotten_over_other_news() -> None:
    taken: list[Knock] = []

    async def take(ref: ClusterRef, message: Knock) -> None:
        taken.append(message)

    async with Outbox(take) as box:
        box.post_by_and_by(ref("a"), knock().model_copy(update={"renewed": True}))
        box.post(ref("a"), knock(generation=2))
        box.post(ref("a"), knock(generation=3))
        await eventually(lambda: taken)
    assert [(message.generation, message.renewed) for message in taken] == [(3, True)]


async def test_that_a_resource_is_gone_is_not_forgotten_over_other_news() -> None:
    taken: list[Knock] = []

    async def take(ref: ClusterRef, message: Knock) -> None:
        taken.append(message)

    refused = Deletion(requested=True, refused="its annotations are unknown")
    gone = Knock(uid="", reason="vanished unseen", gone=True, deletion=refused)
    async with Outbox(take) as box:
        box.post(ref("a"), gone)
        box.post(ref("a"), Knock(uid="", reason="an operation is asked for"))
        await eventually(lambda: taken)
    assert [(message.gone, message.deletion) for message in taken] == [(True, refused)]
