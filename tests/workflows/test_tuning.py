"""Patroni's configuration as a part of operations."""

from temporalio.exceptions import ApplicationError

from tests.workflows.world import Play, eventually
from workflows.model.observation import PatroniSeen
from workflows.model.orders import Configured

DIFFERS = PatroniSeen(changes=["max_connections is 100, not 50"])


def done(play: Play, *, since: int = 0) -> list[str]:
    return [call for call in play.world.calls[since:] if call not in ("observe", "report")]


async def edited(play: Play, seen: PatroniSeen, configured: Configured) -> int:
    """A running cluster finds its configuration changed; the number of calls until then."""
    await play.knock("added")
    await play.word("Running")
    before = len(play.world.calls)
    play.world.patroni, play.world.configured = seen, configured
    play.world.generation = 2
    await play.knock("modified")
    return before


async def settled(play: Play) -> None:
    """The newest generation runs."""
    status = play.world.status
    await eventually(lambda: (status.get("observedGeneration"), play.world.word) == (2, "Running"))


async def test_a_new_cluster_is_configured_once_its_primary_is_there(play: Play) -> None:
    play.world.configured = Configured(changed=["wal_level is replica"], restart=True)
    await play.knock("added")
    await play.word("Running")
    calls = done(play)
    assert calls.index("until primary") < calls.index("configure")
    assert calls[-1] == "restart"


async def test_an_edit_is_brought_to_patroni_before_a_primary_is_waited_for(play: Play) -> None:
    before = await edited(play, DIFFERS, Configured(changed=["x"], restart=True))
    await settled(play)
    assert done(play, since=before)[:3] == ["configure", "restart", "until primary"]
    assert {
        "Update: Postgres restarted in acid-1",
        "Update: Postgres restarted in acid-0",
    } <= set(play.world.events)


async def test_the_order_of_restarts_is_passed_on(play: Play) -> None:
    before = await edited(play, DIFFERS, Configured(restart=True, primary_first=True))
    await settled(play)
    assert "restart primary first" in done(play, since=before)


async def test_nobody_is_restarted_without_need(play: Play) -> None:
    before = await edited(play, DIFFERS, Configured(changed=["ttl is 30, not 40"]))
    await settled(play)
    assert done(play, since=before)[:2] == ["configure", "until primary"]


async def test_what_patroni_refuses_stops_nothing_else_and_is_told(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    before = len(play.world.calls)
    play.world.patroni, play.world.generation = DIFFERS, 2
    play.world.roles_synced = False
    play.world.faults["configure"] = [ApplicationError("not now", type="Precondition")]
    await play.knock("modified")
    await play.word("UpdateFailed")
    assert "Sync: configure Patroni: not now" in play.world.events
    assert {"until members", "roles", "databases"} <= set(done(play, since=before))


async def test_a_new_slot_is_in_the_status_before_anything_is_done(play: Play) -> None:
    play.world.patroni = PatroniSeen(slots=["a"], new_slots=True)
    play.world.hold("apply access")
    await play.knock("added")
    await eventually(lambda: "apply access" in play.world.calls)
    assert play.world.status["slots"] == ["a"]
    play.world.release("apply access")
    await play.word("Running")
