"""A replica whose pod is well, but to which nothing comes."""

from collections.abc import Mapping
from typing import Any

from tests.field.cluster import Cluster
from tests.field.waiting import until
from tests.scenarios.conftest import Create

EXPIRED = "alter role standby valid until '2001-01-01'"
LASTS = "alter role standby valid until 'infinity'"
CUT_OFF = "select pg_terminate_backend(pid) from pg_stat_replication"


def test_a_replica_that_receives_nothing_is_told_with_the_reason_until_it_does(
    create: Create,
) -> None:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    replica, before = cluster.replica(), cluster.uids()
    cluster.superuser(f"{EXPIRED}; {CUT_OFF}")
    told = until("a condition", lambda: _replication(cluster), within=180)
    assert told["message"].startswith(f"{replica} receives nothing from the primary: running, ")
    assert 'password authentication failed for user "standby"' in told["message"]
    assert cluster.word == "Running"
    assert cluster.status["membersReady"] == "1/2"
    assert any(told["message"] in one for one in _warnings(cluster))
    cluster.superuser(LASTS)
    cluster.until_streaming(1)
    until("no such condition any more", lambda: not _replication(cluster))
    assert cluster.status["membersReady"] == "2/2"
    assert cluster.uids() == before


def _replication(cluster: Cluster) -> Mapping[str, Any]:
    return cluster.conditions().get("Replication", {})


def _warnings(cluster: Cluster) -> list[str]:
    return [one["message"] for one in cluster.kubectl.list("events") if one["type"] == "Warning"]
