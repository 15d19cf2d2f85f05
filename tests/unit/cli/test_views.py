"""What people are shown, as plain text."""

from collections.abc import Sequence

import pytest
from rich.console import Console

from cli import facts
from cli.errors import Complaint
from cli.screen import Part, Screen, plain
from cli.views import clusters, operations
from tests.unit.cli.given import AT, cluster, operation
from workflows.model.postgresoperation import OperationPlan

STEPS = [
    {"title": "renew shop-1", "state": "done", "seconds": 12.0},
    {"title": "lead", "state": "running", "since": "2026-01-31T01:59:57Z", "remark": "try 2"},
]


def text(parts: Sequence[Part]) -> str:
    return "\n".join(map(plain, parts))


def test_the_list_has_a_line_for_each_cluster_with_what_is_being_done() -> None:
    busy = cluster(operation={"kind": "rolling-update", "workflowId": "w", "percent": 45})
    printed = text(clusters.overview([busy], at=AT, namespaces=True))
    assert printed.splitlines() == [
        "NAMESPACE   NAME   STATUS    READY   VERSION   OPERATION             AGE",
        "prod        shop   Running   2/2     17        rolling-update 45 %   60m",
    ]


def test_an_operation_that_has_ended_is_not_being_done() -> None:
    ended = {"kind": "update", "workflowId": "w", "finished": "2026-01-31T01:00:00Z"}
    assert "update" not in text(
        clusters.overview([cluster(operation=ended)], at=AT, namespaces=False)
    )


def test_the_status_tells_members_with_lag_and_timeline() -> None:
    printed = text(clusters.detail(cluster(), [], at=AT)).splitlines()
    assert printed[0] == "shop in prod: Running, Postgres 17, 2 of 2 members ready"
    assert printed[-1].split() == ["shop-1", "replica", "streaming", "2.0", "KiB", "4"]


def test_only_conditions_that_are_not_fine_are_told() -> None:
    bad = {"type": "Roles", "status": "False", "reason": "Failed", "message": "role x: no"}
    good = {"type": "Ready", "status": "True", "reason": "MembersServe", "message": "2 of 2"}
    one = cluster(conditions=[good, bad])
    printed = text(clusters.detail(one, [], at=AT))
    assert "Roles: role x: no" in printed
    assert "2 of 2 serve" not in printed
    assert not one.fine


@pytest.mark.parametrize(
    "status",
    [{"PostgresClusterStatus": "Updating"}, {"observedGeneration": 2}],
    ids=["another word", "an older manifest"],
)
def test_a_cluster_is_fine_only_when_it_runs_on_its_newest_manifest(
    status: dict[str, object],
) -> None:
    assert cluster().fine
    assert not cluster(**status).fine


def test_a_running_operation_is_told_with_step_and_time_left() -> None:
    running = operation(
        phase="Running",
        percent=40,
        done=2,
        total=5,
        step="lead",
        eta="2026-01-31T02:00:20Z",
        etaFrom="a guess",
    )
    printed = text(clusters.detail(cluster(), [running], at=AT))
    assert "40 %  2 of 5 steps done, lead\nabout 20 s left (a guess)" in printed


def test_one_that_waits_says_for_what() -> None:
    waiting = operation(phase="Waiting", waitingFor="approval")
    assert "waits for approval" in text(clusters.detail(cluster(), [waiting], at=AT))


def test_a_deletion_has_no_record_and_is_told_all_the_same() -> None:
    going = {"kind": "delete", "workflowId": "w", "percent": 30, "step": "pods"}
    printed = text(clusters.detail(cluster(operation=going), [], at=AT))
    assert "delete\n30 %  pods" in printed


def test_a_plan_names_restarts_who_leads_and_the_gap() -> None:
    what = OperationPlan(
        why="the image was changed",
        changes=["StatefulSet shop is changed: spec.template"],
        restarts=["shop-1", "shop-0"],
        leader="shop-0",
        primary_moves=True,
        write_gap_seconds=2.5,
        preflight=["nobody may take over yet"],
    )
    assert text(operations.plan(what)).splitlines() == [
        "the image was changed",
        "changes   StatefulSet shop is changed: spec.template",
        "restarts  shop-1, then shop-0",
        "primary   moves away from shop-0",
        "writes    interrupted for about 2.5 s",
        "in the way now: nobody may take over yet",
    ]


def test_looking_on_shows_each_step_with_its_time_and_remark() -> None:
    printed = text(operations.following(operation(phase="Running", steps=STEPS), at=AT))
    assert "  ✓ renew shop-1  12 s\n  … lead  3 s  try 2" in printed


def test_the_end_tells_result_time_and_cause() -> None:
    failed = operation(
        phase="Failed",
        started="2026-01-31T01:50:00Z",
        finished="2026-01-31T01:51:30Z",
        message="shop-1: image can't be pulled",
    )
    assert operations.line(failed) == "Failed after 1 min 30 s: shop-1: image can't be pulled"


def test_history_has_a_line_for_each_with_result_and_duration() -> None:
    ended = operation(
        phase="Succeeded",
        started="2026-01-31T01:50:00Z",
        finished="2026-01-31T01:50:24Z",
        message="2 pods renewed",
    )
    printed = text(operations.history([ended], at=AT)).splitlines()
    assert printed[1].split("   ") == [
        "shop-roll", "rolling-update", "Succeeded", "9m ago", "24 s", "2 pods renewed",
    ]  # fmt: skip


def test_what_a_message_says_is_no_markup() -> None:
    screen = Screen(out=Console(record=True, force_terminal=True, width=100))
    screen.show(operations.history([operation(phase="Failed", message="[red]x[/]")], at=AT))
    assert "[red]x[/]" in screen.out.export_text()


def test_a_status_of_another_release_is_no_riddle() -> None:
    with pytest.raises(Complaint, match=r"shop-roll can't be read \(phase\): upgrade kubectl pg"):
        operation(phase="Dancing")


def test_a_cluster_that_no_operator_has_seen_is_shown() -> None:
    one = facts.cluster({"metadata": {"name": "new", "namespace": "prod"}, "spec": {}})
    assert text(clusters.detail(one, [], at=AT)) == "new in prod: unseen"
