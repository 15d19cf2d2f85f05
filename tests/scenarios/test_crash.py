"""Whatever dies in the middle of a create: the cluster comes up without a human."""

import threading

import pytest

from tests.field import faults, install
from tests.field.cluster import Cluster
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.scenarios.conftest import Create

MOMENTS = ("StatefulSet", "first pod", "primary")


def _reached(cluster: Cluster, moment: str) -> bool:
    if moment == "StatefulSet":
        return cluster.kubectl.get("statefulset", cluster.name) is not None
    if moment == "first pod":
        return bool(cluster.pods())
    return bool(cluster.pods("master"))


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_operator_is_killed(
    create: Create, operator: install.Operator, platform: Platform, moment: str
) -> None:
    cluster = create(instances=2)
    until(moment, lambda: _reached(cluster, moment), every=0.05)
    platform.kill(operator.pod())
    _serves(cluster)


def test_temporal_is_killed(create: Create, operator: install.Operator, platform: Platform) -> None:
    cluster = create(instances=2)
    until("first pod", lambda: cluster.pods(), every=0.05)
    faults.temporal_killed(faults.Scene(platform, operator, cluster))
    _serves(cluster)


def test_temporals_store_is_lost(create: Create, platform: Platform) -> None:
    cluster = create(instances=2)
    until("first pod", lambda: cluster.pods(), every=0.05)
    faults.lose_store(platform)
    _serves(cluster)


def test_rows_written_before_a_crash_of_everything_are_still_there(
    create: Create, operator: install.Operator, platform: Platform
) -> None:
    cluster = create()
    cluster.until_running()
    cluster.login("create table item (id int primary key)")
    written = 0
    stop = threading.Event()

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            cluster.login(f"insert into item values ({written + 1})")
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        until("some rows", lambda: written >= 3)
        platform.kill(operator.pod())
        faults.lose_store(platform)
        before = written
        until("rows while the operator is down", lambda: written >= before + 3)
    finally:
        stop.set()
        writer.join()
    operator.until_ready()
    assert cluster.login("select count(*) from item").strip() == str(written)
    cluster.until_running()


def _serves(cluster: Cluster) -> None:
    cluster.until_running(within=240)
    cluster.until_streaming(1)
    assert cluster.login("select 1").strip() == "1"
