"""EBS volumes: what a look sees of them, and what the step leaves on claims."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.cloud.ec2 import Regions
from activities.cloud.steps import CloudSteps
from tests.apiserver.installing import Install, for_one_namespace, for_the_whole_cluster, let_in
from tests.apiserver.kube import Kube, Object
from tests.apiserver.operating import NAME, Operator, connected, eventually
from tests.apiserver.plane import Plane
from tests.field.ec2 import REGION, Ec2Server, led_to, serving
from workflows.model.children import Group
from workflows.model.names import CLOUD_VOLUME
from workflows.model.orders import CloudVolumes, CloudVolumesOrder

CLAIM = f"pgdata-{NAME}-0"
GP3 = {"size": "1Gi", "type": "gp3", "iops": 4000}


@pytest.fixture(scope="module")
def ec2_server() -> Iterator[Ec2Server]:
    with serving() as server:
        yield server


@pytest.fixture
def aws(ec2_server: Ec2Server, monkeypatch: pytest.MonkeyPatch) -> Ec2Server:
    return led_to(ec2_server, monkeypatch)


class Cloud:
    """An operator with no more rights than it is installed with, and its volumes in EC2."""

    def __init__(
        self, plane: Plane, kube: Kube, namespace: str, *, install: Install, file: Path
    ) -> None:
        installed = install(kube, namespace)
        kubeconfig = let_in(plane, kube, namespace=installed.namespace, file=file)
        self.data = {**installed.data, "aws_region": REGION, "storage_resize_mode": "mixed"}
        self.operator = Operator(connected(kubeconfig), kube, namespace, **self.data)
        self._steps = CloudSteps(
            kube=self.operator.client,
            configuration=self.operator.source,
            ec2=Regions(),
            pause=0.0,
        )

    def run(self, volume: str, **spec: object) -> None:
        """A cluster of one member whose claim is bound to this volume."""
        operator, admin = self.operator, self.operator.admin
        operator.create(numberOfInstances=1, volume=spec)
        operator.apply_all()
        place = "PersistentVolumeClaim", operator.namespace, CLAIM
        eventually(lambda: admin.get(*place))
        name = f"pv-{operator.namespace}"
        admin.create(_persistent_volume(name, volume, claim=operator.child(*place[::2])))
        admin.merge(*place, {"spec": {"volumeName": name}})
        status = {"phase": "Bound", "capacity": {"storage": "1Gi"}}
        admin.merge(*place, {"status": status}, "status")

    def modify(self) -> CloudVolumes:
        order = CloudVolumesOrder(ref=self.operator.ref, uid=self.operator.uid)
        return self._steps.modify_volumes(order)

    def findings(self) -> list[str]:
        return [one.why for one in self.operator.observe().objects if one.cloud]

    def concern(self) -> str:
        found = {one.name: one.message for one in self.operator.observe().concerns}
        return found.get("CloudVolumes", "")

    def annotations(self) -> Object:
        claim = self.operator.child("PersistentVolumeClaim", CLAIM)
        return dict(claim["metadata"].get("annotations") or {})


def _persistent_volume(name: str, volume: str, *, claim: Object) -> Object:
    metadata = claim["metadata"]
    about = {key: metadata[key] for key in ("name", "namespace", "uid")}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **about},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": volume},
        },
    }


@pytest.fixture
def cloud(
    apiserver: Plane, kube: Kube, namespace: str, aws: Ec2Server, tmp_path: Path
) -> Iterator[Cloud]:
    cloud = Cloud(
        apiserver, kube, namespace, install=for_the_whole_cluster, file=tmp_path / "kubeconfig"
    )
    yield cloud
    _end(cloud)


def _end(cloud: Cloud) -> None:
    kube, operator = cloud.operator.admin, cloud.operator
    if kube.get("postgresql", operator.namespace, NAME):
        kube.delete("postgresql", operator.namespace, NAME)
    kube.delete("PersistentVolume", None, f"pv-{operator.namespace}")
    operator.client.close()


def test_a_volume_is_seen_to_be_modified_is_modified_and_is_seen_to_be_as_wanted(
    cloud: Cloud, aws: Ec2Server
) -> None:
    volume = aws.volume(VolumeType="gp2")
    cloud.run(volume, **GP3)
    assert cloud.findings() == ["its EBS volume is to have 1 GiB, type gp3, 4000 IOPS"]
    done = cloud.modify()
    assert done.changed == [f"{volume} of {CLAIM} is to have type gp3, 4000 IOPS"]
    assert aws.has(volume) == {"Size": 1, "VolumeType": "gp3", "Iops": 4000}
    assert (cloud.findings(), cloud.concern()) == ([], "")
    assert cloud.modify() == CloudVolumes()


def test_what_stands_on_a_claim_outlives_what_else_is_done_to_it(
    cloud: Cloud, aws: Ec2Server
) -> None:
    cloud.run(aws.volume(), **GP3)
    cloud.modify()
    cloud.operator.configure(**cloud.data, inherited_annotations="owned-by")
    for owner in ("crew", None):
        cloud.operator.annotate(**{"owned-by": owner})
        cloud.operator.apply(Group.VOLUME_CLAIMS)
        assert cloud.annotations().get("owned-by") == owner
        assert CLOUD_VOLUME in cloud.annotations()


def test_another_wish_is_another_modification(cloud: Cloud, aws: Ec2Server) -> None:
    volume = aws.volume(VolumeType="gp3", Iops=4000)
    cloud.run(volume, **GP3)
    cloud.modify()
    cloud.operator.edit(volume={"iops": 5000})
    assert cloud.findings() == ["its EBS volume is to have 1 GiB, type gp3, 5000 IOPS"]
    cloud.modify()
    assert aws.has(volume)["Iops"] == 5000


def test_what_ec2_refuses_is_a_concern_with_the_time_of_the_next_try(
    cloud: Cloud, aws: Ec2Server
) -> None:
    cloud.run("vol-0123456789abcdef0", **GP3)
    assert cloud.modify() == CloudVolumes()
    assert cloud.findings() == []
    told = cloud.concern()
    assert told.startswith(f"{CLAIM}: EC2 knows no volume vol-0123456789abcdef0 in {REGION}; next")
    cloud.operator.edit(volume={"iops": 5000})
    assert (len(cloud.findings()), cloud.concern()) == (1, "")


def test_who_requests_a_sync_has_ec2_asked_before_its_time(cloud: Cloud, aws: Ec2Server) -> None:
    cloud.run("vol-0123456789abcdef0", **GP3)
    cloud.modify()
    cloud.operator.annotate(**{"matriarch.dev/sync-requested": "now"})
    assert (len(cloud.findings()), cloud.concern()) == (1, "")
    cloud.modify()
    assert (cloud.findings(), cloud.concern() != "") == ([], True)


def test_a_volume_that_is_as_large_as_wanted_needs_no_ec2(cloud: Cloud) -> None:
    cloud.run("vol-1", size="1Gi")
    assert cloud.findings() == []


@pytest.mark.parametrize("mode", ["pvc", "off"])
def test_where_ec2_is_not_the_way_the_wishes_are_told_to_be_without_effect(
    cloud: Cloud, mode: str
) -> None:
    cloud.operator.configure(**{**cloud.data, "storage_resize_mode": mode})
    cloud.run("vol-1", **GP3)
    assert cloud.findings() == []
    told = cloud.operator.observe().without_effect
    assert [one.partition(":")[0] for one in told] == ["spec.volume.type", "spec.volume.iops"]


def test_an_operator_of_one_namespace_says_what_it_may_not_do(
    apiserver: Plane, kube: Kube, namespace: str, aws: Ec2Server, tmp_path: Path
) -> None:
    cloud = Cloud(
        apiserver, kube, namespace, install=for_one_namespace, file=tmp_path / "kubeconfig"
    )
    cloud.run(aws.volume(), **GP3)
    cloud.modify()
    assert "persistentvolumes" in cloud.concern()
    _end(cloud)
