"""A change of the operator's configuration that renews pods reaches clusters by turns."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.field import install
from tests.field.cluster import Cluster
from tests.field.platform import Platform
from tests.field.waiting import until
from tests.scenarios.conftest import Create

NAMES = ("acid-a", "acid-b", "acid-c")
BAD_IMAGE = "registry.invalid/no/such:image"
PATIENCE = {"resource_check_timeout": "15s", "pod_label_wait_timeout": "15s"}
"""How long a pod that does not come up is waited for, all in all half a minute."""


@pytest.fixture
def clusters(operator: install.Operator, create: Create) -> Iterator[Sequence[Cluster]]:
    """Three small ones; one at a time takes over what is changed."""
    with operator.configured(rollout_parallelism="1", rollout_max_failures="1", **PATIENCE):
        found = [create(name, instances=1) for name in NAMES]
        for cluster in found:
            cluster.until_running()
        yield found


@pytest.mark.full
@pytest.mark.parametrize("killed", [False, True], ids=["undisturbed", "operator killed"])
def test_one_cluster_after_the_other_takes_over_a_change(
    operator: install.Operator, clusters: Sequence[Cluster], platform: Platform, killed: bool
) -> None:
    with operator.configured(max_cpu_request="9m"):
        until("somebody waits for its turn", lambda: any(map(_waits, clusters)))
        if killed:
            platform.kill(operator.pod())
        until("all have taken it over", lambda: all(map(_has_rolled, clusters)), within=240)
        times = sorted(_times(cluster) for cluster in clusters)
    for (_, ended), (began, _) in itertools.pairwise(times):
        assert ended <= began


@pytest.mark.full
def test_a_bad_image_stops_after_one_cluster_and_a_corrected_one_goes_on(
    operator: install.Operator, clusters: Sequence[Cluster]
) -> None:
    before = {cluster.name: cluster.uids() for cluster in clusters}
    with operator.configured(docker_image=BAD_IMAGE):
        until("it has stopped", lambda: any(map(_stopped, clusters)), within=180)
        untouched = [one for one in clusters if one.uids() == before[one.name]]
        assert len(untouched) == 2
        for cluster in untouched:
            assert _image(cluster) != BAD_IMAGE  # a pod lost now would come back as it was
            assert cluster.login("select 1").strip() == "1"
    until("all are well", lambda: all(map(_is_well, clusters)), within=180)
    assert sum(one.uids() == before[one.name] for one in clusters) == 2


def _image(cluster: Cluster) -> str:
    found = cluster.kubectl.get("statefulset", cluster.name) or {}
    return str(found["spec"]["template"]["spec"]["containers"][0]["image"])


def _synced(cluster: Cluster) -> str:
    return str(cluster.conditions()["Synced"]["message"])


def _waits(cluster: Cluster) -> bool:
    return "its turn in the roll-out (" in _synced(cluster)


def _stopped(cluster: Cluster) -> bool:
    return "the roll-out has stopped, as it failed in" in _synced(cluster)


def _is_well(cluster: Cluster) -> bool:
    synced = cluster.conditions()["Synced"]
    return cluster.word == "Running" and synced["status"] == "True"


def _rolls(cluster: Cluster) -> list[Any]:
    found = cluster.kubectl.list("postgresoperations")
    own = [one for one in found if one["spec"]["cluster"] == cluster.name]
    return [one for one in own if one["spec"]["kind"] == "rolling-update"]


def _has_rolled(cluster: Cluster) -> bool:
    return any(one["status"]["phase"] == "Succeeded" for one in _rolls(cluster))


def _times(cluster: Cluster) -> tuple[str, str]:
    """When its rolling update began and ended."""
    (done,) = [one for one in _rolls(cluster) if one["status"]["phase"] == "Succeeded"]
    return done["status"]["started"], done["status"]["finished"]
