"""Looking, asking and steering with `kubectl pg`, which is called through kubectl."""

import json
from pathlib import Path

import pytest

from tests.field.cluster import Cluster
from tests.field.kubectl import Kubectl
from tests.field.plugin import Plugin
from tests.field.waiting import until
from tests.scenarios.conftest import Create

NAME = "acid-shop"
BAD_IMAGE = "registry.invalid/no/such:image"
RECOVERS = ("--", "-XAtc", "select pg_is_in_recovery()")


@pytest.fixture
def pg(kubectl: Kubectl, tmp_path: Path) -> Plugin:
    return Plugin(kubectl, tmp_path)


def running(create: Create, **spec: object) -> Cluster:
    cluster = create(NAME, instances=2, **spec)
    cluster.until_running()
    cluster.until_streaming(1)
    return cluster


def asked_for(pg: Plugin, *words: str) -> str:
    """Name of the operation that was asked for."""
    said = pg(*words, "--yes", "--no-wait")
    assert said.code == 0, said.err
    return said.err.split()[-1]


def phase(cluster: Cluster, name: str) -> str:
    return str(cluster.answer(name).get("phase", ""))


def test_a_cluster_is_seen_entered_and_switched_over_with_kubectl_alone(
    create: Create, pg: Plugin
) -> None:
    cluster = running(create)
    listed = pg("list").out.splitlines()[1].split()
    assert listed[:4] == [NAME, "Running", "2/2", "17"]
    status = pg("status", NAME)
    assert status.code == 0, status.out
    assert cluster.primary() in status.out
    assert pg("psql", NAME, *RECOVERS).out.strip() == "f"
    assert pg("psql", NAME, "--replica", *RECOVERS).out.strip() == "t"
    given = "select current_user, current_database();\n"
    piped = pg("psql", NAME, "orders", "--user", "shop", "--", "-XAt", given=given)
    assert piped.out.strip() == "shop|orders"
    typed = [("postgres=#", "select 40 + 2;\r"), ("42", "\\q\r")]
    assert pg.converse("psql", NAME, answers=typed).code == 0
    assert pg("logs", NAME, cluster.primary(), "--tail", "5").out
    declined = pg.converse("switchover", NAME, answers=[("Go ahead? [y/N]", "n\r")])
    assert (declined.code, "moves away from" in declined.out) == (1, True), declined
    before, candidate = cluster.primary(), cluster.replica()
    planned = pg("switchover", NAME, "--dry-run")
    assert f"moves away from {before}" in planned.out
    followed = pg("switchover", NAME, "--candidate", candidate, "--yes")
    assert followed.code == 0, followed
    assert followed.out.splitlines()[-1].startswith("Succeeded after ")
    assert cluster.primary() == candidate
    history = json.loads(pg("history", NAME, "-o", "json").out)
    results = {one["kind"]: one["status"]["phase"] for one in history}
    assert results["create"] == "Succeeded"
    assert {one["status"]["phase"] for one in history if one["kind"] == "switchover"} == {
        "Planned",  # of the dry run; what was declined has left nothing behind
        "Succeeded",
    }
    assert sum(1 for one in history if one["kind"] == "switchover") == 2


@pytest.mark.full
def test_a_rolling_update_holds_goes_on_and_is_ended_by_a_word(create: Create, pg: Plugin) -> None:
    cluster = running(create)
    before = {*cluster.uids().values()}
    name = asked_for(pg, "rolling-update", NAME)
    until("it runs", lambda: phase(cluster, name) == "Running")
    paused = pg("pause", NAME, "--timeout", "120")
    assert paused.code == 0, paused.err
    assert f"{name} is paused" in paused.out
    assert {*cluster.uids().values()} & before  # the primary at least is what it was
    assert pg("status", NAME).code == 1
    assert name in pg("plan", NAME).out
    following = pg.start("logs", NAME, cluster.replica(), "--follow")
    resumed = pg("resume", NAME, "--timeout", "120")
    assert resumed.code == 0, resumed.err
    until("it has ended", lambda: phase(cluster, name) == "Succeeded", within=180)
    assert not {*cluster.uids().values()} & before
    following.kill()
    assert following.communicate()[0]
    cluster.until_streaming(1)
    name = asked_for(pg, "rolling-update", NAME)
    until("it runs", lambda: phase(cluster, name) == "Running")
    aborted = pg("abort", name)
    assert (aborted.code, phase(cluster, name)) == (0, "Aborted"), aborted
    assert pg("abort", name).err == f"{name} can't abort: it has ended (Aborted).\n"
    cluster.until_running()


@pytest.mark.full
def test_an_edit_waits_until_it_is_approved_and_can_be_called_off(
    create: Create, pg: Plugin
) -> None:
    cluster = running(create, operationsToApprove=["rolling-update"])
    before = {*cluster.uids().values()}
    name = _edited(cluster, "11m")
    plan = pg("plan", NAME).out
    assert "waits for approval" in plan
    assert "restarts" in plan
    assert {*cluster.uids().values()} == before
    approved = pg("approve", NAME)
    assert approved.code == 0, approved.err
    until("it has ended", lambda: phase(cluster, name) == "Succeeded", within=180)
    assert not {*cluster.uids().values()} & before
    cluster.until_streaming(1)
    after = {*cluster.uids().values()}
    name = _edited(cluster, "13m")
    aborted = pg("abort", NAME)
    assert (aborted.code, phase(cluster, name)) == (0, "Aborted"), aborted
    assert {*cluster.uids().values()} == after


@pytest.mark.full
def test_a_bad_image_is_rolled_back_by_a_word(create: Create, pg: Plugin) -> None:
    cluster = running(create)
    before = cluster.primary()
    cluster.kubectl.patch("postgresql", NAME, {"spec": {"dockerImage": BAD_IMAGE}})
    until("the reason", lambda: "Image" in pg("status", NAME).out)
    said = pg("rollback", NAME)
    assert said.code == 0, said
    assert "RolledBack" in said.out
    until("all members serve", lambda: cluster.status["membersReady"] == "2/2", within=120)
    cluster.until_streaming(1)
    assert cluster.primary() == before
    status = pg("status", NAME)
    assert status.code == 1
    assert "rolled back" in status.out


def _edited(cluster: Cluster, cpu: str) -> str:
    """Name of the operation that waits, after an edit that needs new pods."""
    change = {"spec": {"resources": {"requests": {"cpu": cpu}}}}
    cluster.kubectl.patch("postgresql", cluster.name, change)

    def waiting() -> str:
        found = cluster.kubectl.list("postgresoperations")
        names = [
            str(one["metadata"]["name"])
            for one in found
            if one.get("status", {}).get("waitingFor") == "approval"
        ]
        return names[0] if names else ""

    return until("an operation that waits for approval", waiting)
