from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from tests.workflows.world import Play, eventually
from workflows.model.children import Group
from workflows.model.kinds import Kind

STEPS = ("members", "renew 1", "healthy 1", "switch over to 1", "renew 0", "healthy 0")


async def edited(play: Play, *, bad: bool = False) -> None:
    """A running cluster whose template has just been edited."""
    await play.knock("added")
    await play.word("Running")
    play.world.edit(bad=bad)
    await play.knock("modified")


async def settled(play: Play) -> None:
    """Wait until the status says that all is well with the newest generation."""
    wanted = play.world.generation
    await eventually(lambda: play.world.status.get("observedGeneration") == wanted)
    await play.word("Running")


async def current(play: Play) -> None:
    """The same, and all pods are made from the newest template."""
    await settled(play)
    assert set(play.world.crew.made_from.values()) == {play.world.template}


async def test_replicas_are_renewed_first_and_the_primary_after_a_switchover(play: Play) -> None:
    await edited(play)
    await current(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]
    done = [call for call in play.world.calls if call not in ("observe", "report", "members")]
    assert done[-6:] == ["apply stateful set", *STEPS[1:]]


async def test_events_tell_the_rolling_update_and_the_switchover(play: Play) -> None:
    await edited(play)
    await current(play)
    name = play.world.ref.name
    told = [one for one in play.world.events if one.startswith(("Update", "Switchover"))]
    assert told == [
        "Update: Rolling update started",
        f"Switchover: Switching over from {name}-0 to {name}-1",
        f"Switchover: Switched over from {name}-0 to {name}-1",
        "Update: Rolling update finished",
    ]


async def test_the_word_is_updating_until_every_pod_is_current(play: Play) -> None:
    play.world.hold("healthy 0")
    await edited(play)
    await eventually(lambda: "healthy 0" in play.world.calls)
    assert play.world.word == "Updating"
    await eventually(lambda: play.world.status["operation"]["percent"] == 80)
    assert play.world.status["operation"]["kind"] == "rolling-update"
    play.world.release("healthy 0")
    await current(play)


@pytest.mark.parametrize("step", STEPS)
async def test_a_passing_fault_at_any_step_does_not_change_what_happens(
    play: Play, step: str
) -> None:
    play.world.faults[step] = [ApplicationError("connection reset", type="Unavailable")]
    await edited(play)
    await current(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


@pytest.mark.parametrize("step", STEPS)
async def test_after_a_lasting_fault_at_any_step_a_new_run_does_what_is_left(
    play: Play, step: str
) -> None:
    play.world.faults[step] = [ApplicationError("it is broken", type="Precondition")]
    await edited(play)
    await play.word("UpdateFailed")
    assert any(one.startswith("Update: ") and "broken" in one for one in play.world.events)
    await play.knock("requested")
    await current(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_a_pod_that_does_not_serve_stops_it_and_the_next_edit_heals_it(play: Play) -> None:
    await edited(play, bad=True)
    await eventually(lambda: "healthy 1" in play.world.calls)
    play.world.edit()
    await play.knock("modified")
    await current(play)
    assert play.world.crew.history == ["renew 1", "renew 1", "lead 1", "renew 0"]
    assert (await play.operation("3-rolling-update").result())["outcome"] == "superseded"


async def test_a_broken_template_of_a_new_cluster_is_cured_by_an_edit(play: Play) -> None:
    play.world.crew.bad.add(1)
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: play.world.crew.made_from == {0: 2, 1: 2})
    play.world.release("until primary")
    await current(play)


async def test_a_failover_between_two_steps_is_noticed(play: Play) -> None:
    play.world.hold("renew 1")
    await edited(play)
    await eventually(lambda: "renew 1" in play.world.calls)
    play.world.crew.lead(1)
    play.world.release("renew 1")
    await current(play)
    assert play.world.crew.history == ["lead 1", "renew 0", "lead 0", "renew 1"]


async def test_a_primary_that_always_comes_back_ends_it_with_the_reason(play: Play) -> None:
    play.world.crew.returns = True
    await edited(play)
    await play.word("UpdateFailed")
    name = play.world.ref.name
    assert f"Update: {name}-0 leads again after 3 switchovers" in play.world.events


async def test_one_instance_is_restarted_with_downtime_and_says_so(play: Play) -> None:
    play.world.instances = 1
    play.world.hold("renew 0")
    await edited(play)
    await eventually(lambda: "with downtime" in play.world.status["operation"]["step"])
    play.world.release("renew 0")
    await current(play)
    assert play.world.crew.history == ["renew 0"]


async def test_a_synchronous_standby_is_waited_for_with_the_reason_shown(play: Play) -> None:
    play.world.crew.lagging.add(1)
    await edited(play)
    waits = await eventually(
        lambda: next(
            (text for text in play.world.waited_for if "nobody may take over yet" in text), ""
        )
    )
    assert "1: not a synchronous standby yet" in waits
    play.world.crew.lagging.clear()
    await current(play)


async def test_pause_holds_between_two_pods(play: Play) -> None:
    play.world.hold("healthy 1")
    await edited(play)
    await eventually(lambda: "healthy 1" in play.world.calls)
    await play.operation("3-rolling-update").signal("pause", "lunch")
    play.world.release("healthy 1")
    await eventually(
        lambda: str(play.world.status["operation"].get("waitingFor", "")).startswith("resume")
    )
    assert play.world.crew.history == ["renew 1"]
    await play.operation("3-rolling-update").signal("resume")
    await current(play)


async def test_abort_leaves_the_rest_to_the_next_edit(play: Play) -> None:
    play.world.hold("healthy 1")
    await edited(play)
    await eventually(lambda: "healthy 1" in play.world.calls)
    await play.operation("3-rolling-update").signal("abort", "not today")
    await play.word("UpdateFailed")
    play.world.release("healthy 1")
    assert play.world.crew.history == ["renew 1"]
    play.world.edit()
    await play.knock("modified")
    await current(play)


async def test_a_cancelled_one_counts_as_aborted(play: Play) -> None:
    play.world.hold("renew 1")
    await edited(play)
    await eventually(lambda: "renew 1" in play.world.calls)
    await play.operation("3-rolling-update").cancel()
    await play.word("UpdateFailed")
    assert play.world.status["operation"]["message"] == "cancelled in Temporal"


async def test_the_primary_moves_before_its_member_is_removed(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.lead(1)
    play.world.edit(instances=1)
    await play.knock("modified")
    await current(play)
    assert play.world.crew.history == ["lead 1", "lead 0", "remove 1"]


async def test_members_are_not_removed_while_nobody_may_take_over(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.lead(1)
    play.world.crew.lagging.add(0)
    play.world.edit(instances=1)
    await play.knock("modified")
    await eventually(lambda: any("nobody may take over" in one for one in play.world.waited_for))
    assert play.world.crew.history == ["lead 1"]
    play.world.crew.lagging.clear()
    await current(play)
    assert play.world.crew.history == ["lead 1", "lead 0", "remove 1"]


async def test_members_are_not_removed_while_nobody_is_seen_to_lead(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.lead(1)
    play.world.crew.mute = True
    play.world.edit(instances=1)
    await play.knock("modified")
    await eventually(lambda: any("nobody is seen to lead" in one for one in play.world.waited_for))
    assert play.world.crew.history == ["lead 1"]
    play.world.crew.mute = False
    await current(play)
    assert play.world.crew.history == ["lead 1", "lead 0", "remove 1"]


async def test_a_scale_down_fails_when_nobody_is_seen_to_lead_for_long(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.lead(1)
    play.world.crew.mute = True
    play.world.patience_seconds = 0.0
    play.world.edit(instances=1)
    await play.knock("modified")
    await play.word("UpdateFailed")
    assert play.world.crew.history == ["lead 1"]
    assert any("nobody is seen to lead, and the primary" in one for one in play.world.events)


async def test_a_member_labelled_as_the_primary_is_not_removed(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.labelled = {1}
    play.world.edit(instances=1)
    await play.knock("modified")
    told = "still labelled as the primary"
    await eventually(lambda: any(told in one for one in play.world.waited_for))
    assert play.world.crew.history == []
    play.world.crew.labelled = set()
    await current(play)
    assert play.world.crew.history == ["remove 1"]


async def test_down_to_nothing_without_anybody_who_is_seen_to_lead(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.crew.mute = True
    play.world.edit(instances=0)
    await play.knock("modified")
    await settled(play)
    assert play.world.crew.made_from == {}


async def test_a_cluster_that_never_led_may_be_made_smaller(play: Play) -> None:
    play.world.crew.bad.add(1)
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    play.world.edit(instances=1)
    await play.knock("modified")
    await eventually(lambda: play.world.crew.made_from == {0: 1})
    play.world.release("until primary")


async def test_down_to_nothing_and_back(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    for instances in (0, 2):
        play.world.edit(instances=instances)
        await play.knock("modified")
        await settled(play)
        assert len(play.world.crew.made_from) == instances
    assert not [one for one in play.world.crew.history if one.startswith("lead")]


async def test_a_service_that_can_not_be_repaired_does_not_hold_up_the_members(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.objects.discard(Group.SERVICES)
    refused = [ApplicationError("quota", type="Precondition") for _ in range(9)]
    play.world.faults["apply services"] = list(refused)
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: set(play.world.crew.made_from.values()) == {2})
    play.world.faults.clear()
    await play.knock("requested")
    await current(play)


async def test_members_are_shown_as_they_are_while_it_runs(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    play.world.hold("renew 0")
    play.world.edit()
    await play.knock("modified")
    await eventually(lambda: "renew 0" in play.world.calls)
    await eventually(lambda: shown(play) == {"0": "replica", "1": "master"})
    assert play.world.word == "Updating"
    play.world.release("renew 0")
    await play.word("Running")


def shown(play: Play) -> dict[str, str]:
    """Role of each member in the status, by its number."""
    return {one["name"].rpartition("-")[2]: one["role"] for one in play.world.status["members"]}


async def test_a_window_that_closes_leaves_the_primary_for_the_next_one(play: Play) -> None:
    play.world.in_windows = [Kind.ROLLING_UPDATE]
    play.world.hold("healthy 1")
    await edited(play)
    await eventually(lambda: "healthy 1" in play.world.calls)
    play.world.window_opens = "2099-01-01T00:00:00Z"
    play.world.release("healthy 1")
    told = "rolling-update waits for a maintenance window, opens at 2099-01-01T00:00:00Z"
    await play.until_entity_says(told)
    assert play.world.crew.history == ["renew 1"]
    ended = "leads and is made anew in the next maintenance window"
    assert any(one.endswith(ended) for one in play.world.events)
    play.world.window_opens = ""
    await play.knock("the window is open")
    await eventually(lambda: play.world.crew.made_from == {0: 2, 1: 2})
    await current(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_one_that_is_not_held_to_windows_is_completed_outside_of_them(play: Play) -> None:
    play.world.window_opens = "2099-01-01T00:00:00Z"
    await edited(play)
    await current(play)
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]


async def test_a_pause_takes_nothing_of_the_time_in_which_something_may_get_better(
    play: Play,
) -> None:
    play.world.patience_seconds = 60.0
    play.world.hold("renew 1")
    await edited(play)
    await eventually(lambda: "renew 1" in play.world.calls)
    await play.entity.signal("pause")
    await play.until_operation_hears("pause")
    play.world.crew.mute = True
    play.world.release("renew 1")
    await eventually(lambda: [one for one in play.world.waited_for if "resume" in one])
    skipper = TimeSkipper(play.client, config=TimeSkippingConfig(enabled=False))
    await skipper.fast_forward(play.operation("3-rolling-update"), timedelta(minutes=5))
    waits = len(play.world.waited_for)
    await play.entity.signal("resume")
    await eventually(lambda: len(play.world.waited_for) > waits)
    play.world.crew.mute = False
    await play.word("Running")
    assert play.world.crew.history == ["renew 1", "lead 1", "renew 0"]
