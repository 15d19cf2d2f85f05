"""Pods are made anew one by one while an application goes on writing."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.field import install
from tests.field.cluster import Cluster, patroni_members
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.field.writer import Writer
from tests.scenarios.conftest import Create
from workflows.model.names import ROLLING_UPDATE_REQUIRED

MORE = {"resources": {"requests": {"cpu": "12m"}}}
BAD_IMAGE = "registry.invalid/no/such:image"


def test_changed_resources_renew_all_pods_and_lose_no_row(create: Create) -> None:
    cluster = _running(create)
    before, first, timeline = cluster.uids(), cluster.primary(), _timeline(cluster)
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": MORE})
        until("Updating", lambda: cluster.word == "Updating", every=0.1)
        cluster.until_running()
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    after = cluster.uids()
    assert after.keys() == before.keys()
    assert not set(after.values()) & set(before.values())
    assert cluster.primary() != first
    assert _timeline(cluster) == timeline + 1
    assert writer.lost() == []
    assert {"Update", "Switchover"} <= cluster.event_reasons()
    assert cluster.status["membersReady"] == "2/2"


def test_a_bad_image_stops_after_the_first_replica_and_the_next_edit_heals_it(
    create: Create,
) -> None:
    cluster = _running(create)
    before, primary, replica = cluster.uids(), cluster.primary(), cluster.replica()
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": BAD_IMAGE}})
        told = until("the reason in the status", lambda: _waits_for(cluster, "Image"))
        assert told.startswith(f"{replica}: container postgres: ")
        until("the same in the record", lambda: "Image" in str(_record(cluster).get("waitingFor")))
        assert cluster.word == "Updating"
        assert cluster.uids()[primary] == before[primary]
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"dockerImage": None}})
        cluster.until_running()
    cluster.until_streaming(1)
    assert cluster.uids()[primary] == before[primary]
    assert cluster.primary() == primary
    assert writer.lost() == []


def test_a_flagged_pod_alone_is_made_anew_at_once(create: Create) -> None:
    cluster = _running(create)
    before, replica = cluster.uids(), cluster.replica()
    cluster.kubectl("annotate", "pod", replica, f"{ROLLING_UPDATE_REQUIRED}=true")
    until("a new replica", lambda: cluster.uids().get(replica) not in (None, before[replica]))
    cluster.until_running()
    cluster.until_streaming(1)
    assert {name: uid for name, uid in cluster.uids().items() if name != replica} == {
        name: uid for name, uid in before.items() if name != replica
    }


@pytest.mark.full
def test_the_operator_is_killed_in_the_middle(
    create: Create, operator: install.Operator, platform: Platform
) -> None:
    cluster = _running(create)
    before, replica = cluster.uids(), cluster.replica()
    with Writer(cluster) as writer:
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": MORE})
        until("a new replica", lambda: cluster.uids().get(replica) not in (None, before[replica]))
        platform.kill(operator.pod())
        cluster.until_running(within=240)
    assert not set(cluster.uids().values()) & set(before.values())
    assert writer.lost() == []


@pytest.mark.full
def test_scaling_down_moves_the_primary_first_and_down_to_nothing_keeps_the_data(
    create: Create,
) -> None:
    cluster = _running(create)
    cluster.login("create table item (id int primary key)")
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": MORE})
    until("the second member leads", lambda: cluster.primary() == f"{cluster.name}-1")
    cluster.until_running()
    with Writer(cluster) as writer:
        _scale(cluster, 1)
        assert cluster.primary() == f"{cluster.name}-0"
    assert writer.lost() == []
    _scale(cluster, 0)
    assert cluster.pods() == []
    _scale(cluster, 2)
    cluster.until_streaming(1)
    assert writer.lost() == []


def _running(create: Create) -> Cluster:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    return cluster


def _scale(cluster: Cluster, instances: int) -> None:
    change = {"spec": {"numberOfInstances": instances}}
    cluster.kubectl.patch("postgresql", cluster.name, change)
    cluster.until_running()


def _timeline(cluster: Cluster) -> int:
    (leader,) = [one for one in patroni_members(cluster) if one["role"] == "leader"]
    return int(leader["timeline"])


def _record(cluster: Cluster) -> Mapping[str, Any]:
    """What the operation's own object says of it."""
    return cluster.answer(cluster.status["operation"]["record"])


def _waits_for(cluster: Cluster, word: str) -> str:
    told = cluster.waits_for
    return told if word in told else ""
