from temporalio.exceptions import ApplicationError

from tests.workflows.world import Play, eventually
from workflows.model.children import BASIC, Group
from workflows.model.observation import BadField


async def test_a_new_resource_is_created_step_by_step_and_then_runs(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    done = [call for call in play.world.calls if call not in ("observe", "report")]
    assert done[:6] == [
        "apply access",
        "apply services",
        "apply secrets",
        "apply disruption budgets",
        "apply stateful set",
        "until primary",
    ]
    assert sorted(done[6:]) == ["configure", "databases", "roles", "until members"]
    reasons = {event.split(":")[0] for event in play.world.events}
    assert reasons == {"Create", "Services", "Secrets", "StatefulSet"}


async def test_a_pooler_is_made_once_its_role_is_there_and_a_backup_at_once(play: Play) -> None:
    play.world.wanted |= {Group.CONNECTION_POOLER, Group.LOGICAL_BACKUP}
    await play.knock("added")
    await play.word("Running")
    calls = play.world.calls
    assert calls.index("apply logical backup") < calls.index("until primary")
    assert calls.index("databases") < calls.index("apply connection pooler")


async def test_an_edit_that_needs_nothing_costs_one_look(play: Play) -> None:
    await play.knock("added")
    await play.word("Running")
    before = len(play.world.calls)
    await play.knock("requested")
    await eventually(lambda: len(play.world.calls) > before)
    assert play.world.calls[before:] == ["observe"]


async def test_a_passing_fault_is_retried_and_shown_while_it_lasts(play: Play) -> None:
    faults = [ApplicationError("services are forbidden", type="Forbidden") for _ in range(4)]
    play.world.faults["apply services"] = list(faults)
    await play.knock("added")
    shown = await eventually(lambda: play.world.status.get("operation", {}).get("waitingFor"))
    assert shown == "try 2 of apply all objects, after: services are forbidden"
    await play.word("Running")


async def test_a_group_that_fails_keeps_no_other_from_being_applied(play: Play) -> None:
    play.world.faults["apply services"] = [
        ApplicationError("services are forbidden", type="Precondition")
    ]
    await play.knock("added")
    await play.word("CreateFailed")
    assert play.world.objects == {*BASIC} - {Group.SERVICES}


async def test_a_hopeless_step_fails_the_operation_with_its_reason(play: Play) -> None:
    play.world.faults["apply stateful set"] = [
        ApplicationError("quota exceeded", type="Precondition")
    ]
    await play.knock("added")
    await play.word("CreateFailed")
    assert "Create: apply all objects: quota exceeded" in play.world.events
    await play.knock("requested")
    await play.word("Running")


async def test_a_newer_generation_replaces_a_stuck_wait(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    play.world.generation = 2
    await play.knock("modified")
    first = await play.operation("1-create").result()
    assert first["outcome"] == "superseded"
    play.world.release("until primary")
    await play.word("Running")


async def test_abort_ends_the_operation_until_the_next_edit(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    await play.operation("1-create").signal("abort", "wrong image")
    await play.word("CreateFailed")
    assert (await play.operation("1-create").result())["message"] == "aborted: wrong image"
    play.world.release("until primary")
    play.world.generation = 2
    await play.knock("modified")
    await play.word("Running")


async def test_pause_holds_before_the_next_step_and_resume_goes_on(play: Play) -> None:
    play.world.hold("apply services")
    await play.knock("added")
    await eventually(lambda: "apply services" in play.world.calls)
    await play.operation("1-create").signal("pause", "lunch")
    play.world.release("apply services")
    await eventually(
        lambda: (
            play.world.status["operation"].get("waitingFor")
            == "resume, before wait for the primary"
        )
    )
    assert "until primary" not in play.world.calls
    await play.operation("1-create").signal("resume")
    await play.word("Running")


async def test_an_invalid_manifest_is_reported_once_and_nothing_is_built(play: Play) -> None:
    bad = BadField(path="spec.volume.size", value="'x'", accepted="a quantity")
    play.world.invalid = [bad]
    await play.knock("added")
    await play.word("CreateFailed")
    await play.knock("requested")
    await eventually(lambda: play.world.calls.count("observe") >= 2)
    assert play.world.events == [f"Create: {bad}"]
    assert play.world.objects == set()


async def test_an_operation_cancelled_in_the_ui_counts_as_aborted(play: Play) -> None:
    play.world.hold("until primary")
    await play.knock("added")
    await eventually(lambda: "until primary" in play.world.calls)
    await play.operation("1-create").cancel()
    await play.word("CreateFailed")
    assert play.world.status["operation"]["message"] == "cancelled in Temporal"
