"""People ask for operations and steer them, with nothing but kubectl or Temporal's own tool."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.field import install
from tests.field.cluster import FINISHED, Cluster, manifest
from tests.field.kubectl import Kubectl, Manifest
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.field.writer import Writer

BAD_IMAGE = "registry.invalid/no/such:image"
STEERING = "matriarch.dev/steering"
KIND = "postgresoperations"


@pytest.fixture(scope="module")
def cluster(operator: install.Operator, shared: Kubectl) -> Cluster:
    """One for all tests of the module: each leaves it running with two members."""
    shared.apply(manifest("acid-ops", instances=2))
    return Cluster(shared, "acid-ops")


@pytest.fixture(autouse=True)
def sound(cluster: Cluster) -> Iterator[None]:
    cluster.until_running()
    cluster.until_streaming(1)
    yield
    cluster.until_running()
    unfinished = [one["metadata"]["name"] for one in _operations(cluster) if not _ended(one)]
    assert unfinished == []


def test_a_switchover_that_was_asked_for_loses_no_row(cluster: Cluster) -> None:
    first, candidate, uids = cluster.primary(), cluster.replica(), cluster.uids()
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        asked = cluster.operate("move", kind="switchover", candidate=candidate)
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    assert asked["phase"] == "Succeeded"
    assert asked["plan"]["leader"] == first
    assert cluster.primary() == candidate
    assert cluster.uids() == uids
    assert writer.lost() == []
    assert "move" in cluster.kubectl("get", "pgop")


def test_a_restart_in_place_keeps_the_pods(cluster: Cluster) -> None:
    uids, replica = cluster.uids(), cluster.replica()
    before = _started(cluster, replica), _started(cluster, cluster.primary())
    asked = cluster.operate("bounce", kind="restart", member=replica)
    assert asked["phase"] == "Succeeded"
    assert _started(cluster, replica) > before[0]
    assert _started(cluster, cluster.primary()) == before[1]
    assert cluster.uids() == uids


def test_a_replica_copies_its_data_anew(cluster: Cluster) -> None:
    replica = cluster.replica()
    mark = "/home/postgres/pgdata/pgroot/data/mark"
    cluster.kubectl.execute(replica, "touch", mark, container="postgres")
    asked = cluster.operate("anew", kind="reinitialise", member=replica)
    assert asked["phase"] == "Succeeded"
    cluster.until_streaming(1)
    words = ["sh", "-c", f"test -e {mark} && echo there || echo gone"]
    assert cluster.kubectl.execute(replica, *words, container="postgres").strip() == "gone"


def test_what_makes_no_sense_is_refused_and_says_what_would(cluster: Cluster) -> None:
    uids = cluster.uids()
    unknown = cluster.operate("nobody", kind="switchover", candidate="acid-ops-7")
    assert unknown["phase"] == "Refused"
    assert "spec.candidate" in unknown["message"]
    assert "acid-ops-0" in unknown["message"]
    leads = cluster.operate("leader", kind="reinitialise", member=cluster.primary())
    assert leads["phase"] in ("Refused", "Failed")
    assert "lead" in leads["message"]
    assert cluster.uids() == uids


def test_an_edit_waits_for_approval_and_can_be_paused(cluster: Cluster, platform: Platform) -> None:
    uids, primary = cluster.uids(), cluster.primary()
    edit = {"operationsToApprove": ["rolling-update"], "resources": {"requests": {"cpu": "11m"}}}
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": edit})
        waiting = until("what waits", lambda: _unfinished(cluster, "Waiting"))
        name = waiting["metadata"]["name"]
        assert waiting["status"]["waitingFor"] == "approval"
        assert waiting["status"]["plan"]["restarts"][-1] == primary
        assert cluster.conditions()["Synced"]["status"] == "False"
        assert cluster.uids() == uids
        cluster.kubectl.patch(KIND, name, {"spec": {"steering": "approve"}})
        until("it runs", lambda: _unfinished(cluster, "Running"))
        cluster.kubectl("annotate", "postgresql", cluster.name, f"{STEERING}=pause")
        held = until("it is paused", lambda: _unfinished(cluster, "Paused"))
        assert held["metadata"]["name"] == name
        until("the word is heard", lambda: not _steering(cluster))
        _signal(platform, cluster, "resume")
        cluster.until_running()
    assert not set(cluster.uids().values()) & set(uids.values())
    assert cluster.answer(name)["phase"] == "Succeeded"
    assert writer.lost() == []
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"operationsToApprove": None}})


def test_a_restart_that_a_parameter_asks_for_waits_for_approval(cluster: Cluster) -> None:
    started = {pod: _started(cluster, pod) for pod in cluster.uids()}
    edit = {"operationsToApprove": ["restart"], "postgresql": _parameter(max_connections="110")}
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": edit})
    waiting = until("what waits", lambda: _unfinished(cluster, "Waiting", kind="restart"))
    assert waiting["status"]["waitingFor"] == "approval"
    assert waiting["status"]["plan"]["restarts"] == [cluster.replica(), cluster.primary()]
    assert "max_connections" in waiting["status"]["plan"]["why"]
    assert cluster.conditions()["Synced"]["status"] == "False"
    assert {pod: _started(cluster, pod) for pod in cluster.uids()} == started
    name = waiting["metadata"]["name"]
    cluster.kubectl.patch(KIND, name, {"spec": {"steering": "approve"}})
    until("it is done", lambda: cluster.answer(name).get("phase") == "Succeeded")
    shown = [cluster.superuser("show max_connections", pod=pod).strip() for pod in started]
    assert shown == ["110", "110"]
    back = {"operationsToApprove": None, "postgresql": _parameter(max_connections=None)}
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": back})


def test_a_scale_down_that_moves_the_primary_waits_for_approval(cluster: Cluster) -> None:
    last = f"{cluster.name}-1"
    if cluster.primary() != last:
        assert (
            cluster.operate("to-the-last", kind="switchover", candidate=last)["phase"]
            == "Succeeded"
        )
    edit = {"operationsToApprove": ["switchover"], "numberOfInstances": 1}
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": edit})
        waiting = until("what waits", lambda: _unfinished(cluster, "Waiting", kind="switchover"))
        assert (len(cluster.pods()), cluster.primary()) == (2, last)
        name = waiting["metadata"]["name"]
        cluster.kubectl.patch(KIND, name, {"spec": {"steering": "approve"}})
        until("one member", lambda: list(cluster.uids()) == [f"{cluster.name}-0"], within=120)
        cluster.until_running()
    assert cluster.answer(name)["phase"] == "Succeeded"
    assert writer.lost() == []
    back = {"operationsToApprove": None, "numberOfInstances": 2}
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": back})


def test_a_bad_image_is_rolled_back_and_stays_so_until_the_next_edit(cluster: Cluster) -> None:
    uids, primary = cluster.uids(), cluster.primary()
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": BAD_IMAGE}})
        until("the reason in the status", lambda: "Image" in cluster.waits_for)
        cluster.kubectl("annotate", "postgresql", cluster.name, f"{STEERING}=rollback")
        synced = until("it is rolled back", lambda: _synced(cluster, "RolledBack"), within=120)
        assert "by annotation" in synced["message"]
        assert cluster.word == "UpdateFailed"
        assert cluster.status["membersReady"] == "2/2"
        cluster.until_streaming(1)
        assert cluster.uids()[primary] == uids[primary]
        assert BAD_IMAGE not in _images(cluster)
        more = {"metadata": {"annotations": {"matriarch.dev/sync-requested": "1"}}}
        cluster.kubectl.patch("postgresql", cluster.name, more)
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": None}})
        cluster.until_running()
    assert cluster.uids()[primary] == uids[primary]
    assert writer.lost() == []


def test_temporals_own_tool_ends_an_operation(cluster: Cluster, platform: Platform) -> None:
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": BAD_IMAGE}})
    until("the reason in the status", lambda: "Image" in cluster.waits_for)
    name = until("the record", lambda: _unfinished(cluster, "Running"))["metadata"]["name"]
    _signal(platform, cluster, "abort")
    until("it is aborted", lambda: cluster.answer(name).get("phase") == "Aborted")
    until("the word", lambda: cluster.word == "UpdateFailed")
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": None}})


@pytest.mark.full
@pytest.mark.parametrize("way", ["kubectl", "temporal"])
def test_every_word_is_heard_from_kubectl_and_from_temporals_own_tool(
    cluster: Cluster, platform: Platform, way: str
) -> None:
    """The plugin's words are in `test_plugin.py`."""

    def say(word: str, name: str) -> None:
        if way == "temporal":
            _signal(platform, cluster, word)
        else:
            cluster.kubectl.patch(KIND, name, {"spec": {"steering": word}})

    cluster.kubectl.patch(
        "postgresql", cluster.name, {"spec": {"operationsToApprove": ["rolling-update"]}}
    )
    cluster.until_running()
    name = _roll(cluster, {"resources": {"requests": {"cpu": f"{13 + len(way)}m"}}})
    say("approve", name)
    until("it runs", lambda: cluster.answer(name)["phase"] == "Running")
    say("pause", name)
    until("it is paused", lambda: cluster.answer(name)["phase"] == "Paused")
    say("resume", name)
    until("it is done", lambda: cluster.answer(name)["phase"] == "Succeeded", within=120)
    cluster.until_running()
    uids = cluster.uids()
    name = _roll(cluster, {"dockerImage": BAD_IMAGE})
    say("approve", name)
    until("the reason in the status", lambda: "Image" in cluster.waits_for)
    say("rollback", name)
    until("it is rolled back", lambda: cluster.answer(name)["phase"] == "RolledBack", within=120)
    until("all members serve", lambda: cluster.status["membersReady"] == "2/2", within=120)
    assert cluster.uids()[cluster.primary()] in uids.values()
    name = _roll(cluster, {"dockerImage": None, "resources": {"requests": {"cpu": "10m"}}})
    say("abort", name)
    until("it is aborted", lambda: cluster.answer(name)["phase"] == "Aborted")
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"operationsToApprove": None}})


def _roll(cluster: Cluster, edit: Mapping[str, Any]) -> str:
    """Make an edit; the name of the rolling update that waits for approval then."""
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": edit})
    waiting = until("what waits", lambda: _unfinished(cluster, "Waiting"))
    return str(waiting["metadata"]["name"])


def _operations(cluster: Cluster) -> list[Manifest]:
    return cluster.kubectl.list(KIND)


def _ended(operation: Manifest) -> bool:
    return operation.get("status", {}).get("phase") in FINISHED


def _steering(cluster: Cluster) -> str:
    """What stands on the cluster and was not heard yet."""
    annotations: dict[str, str] = cluster.resource()["metadata"].get("annotations", {})
    return annotations.get(STEERING, "")


def _unfinished(cluster: Cluster, phase: str, *, kind: str = "rolling-update") -> Manifest | None:
    """The operation of this kind that stands at this phase."""
    found = [one for one in _operations(cluster) if one["spec"]["kind"] == kind]
    return next((one for one in found if one.get("status", {}).get("phase") == phase), None)


def _parameter(**parameters: str | None) -> Mapping[str, Any]:
    return {"parameters": parameters}


def _signal(platform: Platform, cluster: Cluster, name: str) -> None:
    """As somebody does who has Temporal's command line and the cluster's name."""
    kubectl = platform.kubectl.within("temporal")
    entity = f"{cluster.kubectl.namespace}/{cluster.name}"
    words = ("workflow", "signal", "--workflow-id", entity, "--name", name)
    kubectl("exec", "deploy/temporal", "--", "temporal", *words)


def _synced(cluster: Cluster, reason: str) -> Mapping[str, Any] | None:
    condition = cluster.conditions().get("Synced", {})
    return condition if condition.get("reason") == reason else None


def _images(cluster: Cluster) -> set[str]:
    return {str(pod["spec"]["containers"][0]["image"]) for pod in cluster.pods()}


def _started(cluster: Cluster, pod: str) -> str:
    """When its Postgres was started."""
    return cluster.superuser("select pg_postmaster_start_time()::text", pod=pod).strip()
