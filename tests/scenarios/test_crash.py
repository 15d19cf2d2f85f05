"""Whatever dies in the middle of a create: the cluster comes up without a human."""

import threading
from collections.abc import Callable

import pytest

from tests.field import install
from tests.field.cluster import Cluster
from tests.field.kubectl import Manifest
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


def test_temporal_is_killed(create: Create, platform: Platform) -> None:
    cluster = create(instances=2)
    until("first pod", lambda: cluster.pods(), every=0.05)
    platform.kill(_temporal(platform))
    _serves(cluster)


def test_temporals_store_is_lost(create: Create, platform: Platform) -> None:
    cluster = create(instances=2)
    until("first pod", lambda: cluster.pods(), every=0.05)
    _lose_store(platform)
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
        _lose_store(platform)
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


def _temporal(platform: Platform) -> Manifest:
    pods: Callable[[], list[Manifest]] = lambda: platform.kubectl.within("temporal").list(  # noqa: E731
        "pods", selector="app=temporal"
    )
    return until("Temporal's pod", pods)[0]


def _lose_store(platform: Platform) -> None:
    """Delete Temporal's volume under its feet, as a lost disk would."""
    temporal = platform.kubectl.within("temporal")
    claims = [claim["metadata"]["name"] for claim in temporal.list("pvc")]
    assert claims
    saved = [temporal.get("pvc", name) for name in claims]
    temporal("scale", "deployment/temporal", "--replicas=0")
    until("Temporal gone", lambda: not temporal.list("pods"))
    for name in claims:
        temporal("delete", "pvc", name, within=60)
    for claim in saved:
        assert claim
        temporal.apply(_anew(claim))
    temporal("scale", "deployment/temporal", "--replicas=1")


def _anew(claim: Manifest) -> Manifest:
    """The claim as it was asked for, without what the cluster added."""
    spec = {key: value for key, value in claim["spec"].items() if key != "volumeName"}
    metadata = {key: claim["metadata"][key] for key in ("name", "namespace", "labels")}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}
