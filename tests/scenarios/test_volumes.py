"""Volumes grow and change their class while their members serve; a full disk is rescued."""

from contextlib import suppress
from typing import Any

import pytest

from tests.field.cluster import Cluster
from tests.field.kubectl import KubectlError
from tests.field.waiting import until
from tests.field.writer import Writer
from tests.scenarios.conftest import Create

FILL = "insert into filler select repeat(md5(n::text), 200) from generate_series(1, 400000) n"
QUOTA = "no-more-room"


def test_a_full_disk_is_rescued_by_a_larger_size(create: Create) -> None:
    cluster = create(instances=1, volume={"size": "500Mi"})
    cluster.until_running()
    cluster.login("create table precious (id int primary key); insert into precious values (1)")
    cluster.login("create table filler (line text storage external)")
    until("a full disk", lambda: _fill(cluster), within=120)
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"volume": {"size": "2Gi"}}})
    until("writes again", lambda: _writes(cluster), within=120)
    cluster.until_running()
    assert "1" in cluster.login("select id from precious").split()
    assert _megabytes(cluster, cluster.primary()) > 1900


def test_a_replica_that_can_receive_no_more_is_named_with_the_reason(create: Create) -> None:
    cluster = create(instances=2, volume={"size": "500Mi"})
    cluster.until_running()
    cluster.until_streaming(1)
    replica, room = cluster.replica(), "/home/postgres/pgdata/filler"
    _execute(cluster, replica, f"dd if=/dev/zero of={room} bs=1M || true")
    cluster.login("create table filler as select repeat('x', 900) from generate_series(1, 90000)")
    cluster.until_streaming(0)
    waits = until("the reason", lambda: _waits_for(cluster, "No space left on device"))
    assert waits.startswith(f"{replica}: ")
    _execute(cluster, replica, f"rm {room}")
    cluster.until_running()
    cluster.until_streaming(1)


def test_volumes_of_all_members_grow_under_a_writing_client(create: Create) -> None:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    uids = cluster.uids()
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"volume": {"size": "2Gi"}}})
        cluster.until_running()
        sizes = [_megabytes(cluster, pod) for pod in uids]
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    assert min(sizes) > 1900
    assert cluster.uids() == uids
    assert writer.lost() == []


@pytest.mark.full
def test_a_class_without_growth_is_told_and_the_old_size_heals(create: Create) -> None:
    cluster = create(instances=1, volume={"size": "1Gi", "storageClass": "fixed"})
    cluster.until_running()
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"volume": {"size": "2Gi"}}})
    told = until("a condition", lambda: _claims(cluster), within=90)
    assert "spec.volume.size 2Gi can't be had" in told
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"users": {"late": []}}})
    until("other edits are carried out", lambda: cluster.login("select 1", user="late"))
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"volume": {"size": "1Gi"}}})
    until("no such condition any more", lambda: not _claims(cluster))
    cluster.until_running()


@pytest.mark.full
def test_a_quota_that_forbids_more_is_told_and_lifting_it_heals(create: Create) -> None:
    cluster = create(instances=1)
    cluster.until_running()
    hard = {"requests.storage": "1500Mi"}
    cluster.kubectl.apply(_quota(hard))
    until(
        "the quota", lambda: (cluster.kubectl.get("resourcequota", QUOTA) or {})["status"]["hard"]
    )
    cluster.kubectl.patch("postgresql", cluster.name, {"spec": {"volume": {"size": "2Gi"}}})
    assert "exceeded quota" in until("a condition", lambda: _claims(cluster), within=90)
    cluster.kubectl.delete("resourcequota", QUOTA)
    again = {"metadata": {"annotations": {"matriarch.dev/sync-requested": "1"}}}
    until("the quota is gone", lambda: cluster.kubectl.get("resourcequota", QUOTA) is None)
    cluster.kubectl.patch("postgresql", cluster.name, again)
    until("the room", lambda: _megabytes(cluster, cluster.primary()) > 1900, within=150)
    cluster.until_running()


@pytest.mark.full
def test_volumes_change_their_class_under_a_writing_client_and_a_refused_one_is_told(
    create: Create,
) -> None:
    cluster = create(instances=2)
    cluster.until_running()
    cluster.until_streaming(1)
    uids = cluster.uids()
    with Writer(cluster) as writer:
        until("rows before", lambda: writer.count > 20)
        _ask_for(cluster, "fast")
        cluster.until_running()
        assert _classes(cluster) == ["fast", "fast"]
        _ask_for(cluster, "refused")
        told = until("a condition", lambda: _claims(cluster), within=90)
        assert "spec.volume.attributesClass refused can't be had" in told
        assert "iops is to be a positive number" in told
        _ask_for(cluster, "fast")
        until("no such condition any more", lambda: not _claims(cluster))
        cluster.until_running()
        written = writer.count
        until("rows after", lambda: writer.count > written + 20)
    assert _classes(cluster) == ["fast", "fast"]
    assert cluster.uids() == uids
    assert writer.lost() == []


def _execute(cluster: Cluster, pod: str, script: str) -> None:
    cluster.kubectl.execute(pod, "sh", "-c", script, container="postgres")


def _waits_for(cluster: Cluster, text: str) -> str:
    """What the running operation waits for, if that is in it."""
    waits = cluster.waits_for
    return waits if text in waits else ""


def _ask_for(cluster: Cluster, name: str) -> None:
    change = {"spec": {"volume": {"attributesClass": name}}}
    cluster.kubectl.patch("postgresql", cluster.name, change)


def _classes(cluster: Cluster) -> list[str]:
    """Those that the members' volumes have."""
    claims = cluster.kubectl.list("persistentvolumeclaims")
    return [str(claim["status"].get("currentVolumeAttributesClassName")) for claim in claims]


def _quota(hard: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": QUOTA}
    spec = {"hard": hard}
    return {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec}


def _writes(cluster: Cluster) -> bool:
    """Whether a row of a megabyte is taken."""
    try:
        cluster.login("insert into filler select repeat('x', 1000000)")
    except KubectlError:
        return False
    return True


def _fill(cluster: Cluster) -> bool:
    """True once nothing is left of the volume, and nothing is written any more."""
    with suppress(KubectlError):
        cluster.login(FILL)
    return _available(cluster) < 17 and not _writes(cluster)


def _available(cluster: Cluster) -> int:
    return _df(cluster, cluster.pods()[0]["metadata"]["name"], "avail")


def _megabytes(cluster: Cluster, pod: str) -> int:
    return _df(cluster, pod, "size")


def _df(cluster: Cluster, pod: str, column: str) -> int:
    """Of the data volume's file system in MiB, inside the pod."""
    words = ["df", f"--output={column}", "--block-size=M", "/home/postgres/pgdata"]
    printed = cluster.kubectl.execute(pod, *words, container="postgres")
    return int(printed.split()[-1].rstrip("M"))


def _claims(cluster: Cluster) -> str:
    return str(cluster.conditions().get("VolumeClaims", {}).get("message", ""))
