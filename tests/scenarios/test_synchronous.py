"""Synchronous mode with one synchronous standby of two: whoever is to lead becomes one before."""

from collections.abc import Iterator

import pytest

from tests.field import install
from tests.field.cluster import Cluster, manifest, patroni_members
from tests.field.kubectl import Kubectl
from tests.field.waiting import until
from tests.field.writer import Writer

STANDBY = "sync_standby"
END_SENDER = (
    "select pg_terminate_backend(pid) from pg_stat_replication where application_name = '{}'"
)
"""Whoever receives nothing any more is no synchronous standby."""


@pytest.fixture(scope="module")
def cluster(operator: install.Operator, shared: Kubectl) -> Iterator[Cluster]:
    patroni = {"synchronous_mode": True}
    shared.apply(manifest("acid-sync", instances=3, patroni=patroni))
    cluster = Cluster(shared, "acid-sync")
    cluster.until_running()
    yield cluster
    shared("delete", "postgresql", cluster.name)


def test_a_member_that_is_no_synchronous_standby_is_asked_to_lead(cluster: Cluster) -> None:
    until("one synchronous standby", lambda: len(_standbys(cluster)) == 1)
    first = cluster.primary()
    (candidate,) = {*cluster.uids()} - {first, *_standbys(cluster)}
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        asked = cluster.operate("to-any", kind="switchover", candidate=candidate)
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    assert asked["phase"] == "Succeeded"
    assert cluster.primary() == candidate
    assert asked["message"] == f"{candidate} leads, {first} follows"
    steps = [step["title"] for step in asked["steps"]]
    assert f"make {candidate} a synchronous standby" in steps
    assert writer.lost() == []
    until("one synchronous standby again", lambda: len(_standbys(cluster)) == 1)
    cluster.until_running()


def test_the_member_that_stays_takes_over_though_another_is_the_standby(cluster: Cluster) -> None:
    """Three members become one, the primary is the second, and its standby is the third."""
    stays, leads, standby = (f"{cluster.name}-{ordinal}" for ordinal in range(3))
    if cluster.primary() != leads:
        asked = cluster.operate("to-second", kind="switchover", candidate=leads)
        assert asked["phase"] == "Succeeded"
    ask = "select pid from pg_stat_wal_receiver"
    receiver = until("a receiver", lambda: cluster.superuser(ask, pod=stays).strip())
    cluster.kubectl.execute(stays, "kill", "-STOP", receiver, container="postgres")
    cluster.superuser(END_SENDER.format(stays))
    until("the third is the standby", lambda: _standbys(cluster) == {standby})
    cluster.kubectl.execute(stays, "kill", "-CONT", receiver, container="postgres")
    cluster.until_streaming(2)
    cluster.until_running()
    assert _standbys(cluster) == {standby}
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"numberOfInstances": 1}})
        until("one member", lambda: list(cluster.uids()) == [stays])
        cluster.until_running()
    assert writer.lost() == []


def _standbys(cluster: Cluster) -> set[str]:
    return {str(one["name"]) for one in patroni_members(cluster) if one["role"] == STANDBY}
