"""What an EBS volume should have, what it has, and the one modification between. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING
from typing import Any, Final

from activities.manifests import quantities
from workflows.model.configuration import Configuration
from workflows.model.errors import FieldError
from workflows.model.postgresql import Postgresql

LEAST_IOPS: Final = 3000
LEAST_THROUGHPUT: Final = 125
"""What any gp3 volume has anyway."""

_GIBIBYTE: Final = 2**30
_DRIVER: Final = "ebs.csi.aws.com"
_PROVISIONED_BY: Final = "pv.kubernetes.io/provisioned-by"
_OLD_PROVISIONER: Final = "kubernetes.io/aws-ebs"


@dataclass(frozen=True, kw_only=True)
class Properties:
    """Of a volume; None is whatever it happens to be."""

    gibibytes: int | None = None
    type: str | None = None
    iops: int | None = None
    throughput: int | None = None
    """MiB per second."""

    def __str__(self) -> str:
        told = {
            f"{self.gibibytes} GiB": self.gibibytes,
            f"type {self.type}": self.type,
            f"{self.iops} IOPS": self.iops,
            f"{self.throughput} MiB/s": self.throughput,
        }
        return ", ".join(text for text, value in told.items() if value is not None)

    @property
    def of_size_alone(self) -> bool:
        """Whether nothing but the size matters."""
        return self == Properties(gibibytes=self.gibibytes)


def wanted(cluster: Postgresql, configuration: Configuration) -> Properties | None:
    """What the cluster's volumes are to have; None where EC2 is not the way to it."""
    volume, mode = cluster.spec.volume, configuration.storage_resize_mode
    if mode not in ("ebs", "mixed"):
        return None
    size = gibibytes(volume.size)
    if mode == "ebs":
        return Properties(gibibytes=size)
    return Properties(
        gibibytes=size,
        type=volume.type or None,
        iops=_at_least(LEAST_IOPS, volume.iops),
        throughput=_at_least(LEAST_THROUGHPUT, volume.throughput),
    )


def without_effect(cluster: Postgresql, configuration: Configuration) -> Iterator[FieldError]:
    """Wishes for a volume that go unheard, each with what would have it heard."""
    volume, mode = cluster.spec.volume, configuration.storage_resize_mode
    for field, value, least in (
        ("type", volume.type or None, None),
        ("iops", volume.iops, LEAST_IOPS),
        ("throughput", volume.throughput, LEAST_THROUGHPUT),
    ):
        path = f"spec.volume.{field}"
        if value is None:
            continue
        if mode != "mixed":
            yield FieldError(path, value, f"storage_resize_mode mixed instead of {mode}")
        elif least is not None and _at_least(least, int(value)) is None:
            yield FieldError(path, value, f"a number of at least {least}")


def contradictions(cluster: Postgresql, configuration: Configuration) -> list[FieldError]:
    """An attributes class beside wishes that EC2 is asked for: both are about the same."""
    volume = cluster.spec.volume
    wishes = {"type": volume.type or None, "iops": volume.iops, "throughput": volume.throughput}
    given = [field for field, value in wishes.items() if value is not None]
    if not volume.attributes_class or not given or configuration.storage_resize_mode != "mixed":
        return []
    accepted = f"either this or {', '.join(given)}, as storage_resize_mode is mixed"
    return [FieldError("spec.volume.attributesClass", volume.attributes_class, accepted)]


def gibibytes(size: str) -> int:
    """EBS volumes have whole ones; there has to be room for all of `size`, so it is rounded up."""
    amount = quantities.parse(size).amount / _GIBIBYTE
    return int(amount.to_integral_value(ROUND_CEILING))


def volume_id(persistent_volume: Mapping[str, Any]) -> str:
    """The EBS volume behind a PersistentVolume; nothing if it is of another kind."""
    spec, metadata = persistent_volume["spec"], persistent_volume["metadata"]
    driven = spec.get("csi") or {}
    if driven.get("driver") == _DRIVER:
        return str(driven["volumeHandle"])
    in_tree = spec.get("awsElasticBlockStore") or {}
    annotations = metadata.get("annotations") or {}
    if in_tree and annotations.get(_PROVISIONED_BY) == _OLD_PROVISIONER:
        return str(in_tree["volumeID"]).rpartition("/")[2]
    return ""


def has_room(capacity: str, properties: Properties) -> bool:
    """Whether this much, as Kubernetes tells it, is enough."""
    return properties.gibibytes is None or gibibytes(capacity) >= properties.gibibytes


def change(properties: Properties, seen: Properties) -> dict[str, Any]:
    """The arguments of the one ModifyVolume that is needed, if any. A volume never shrinks."""
    needed: dict[str, Any] = {}
    if properties.gibibytes is not None and properties.gibibytes > (seen.gibibytes or 0):
        needed["Size"] = properties.gibibytes
    if properties.type is not None and properties.type != seen.type:
        needed["VolumeType"] = properties.type
    if properties.iops is not None and properties.iops != seen.iops:
        needed["Iops"] = properties.iops
    if properties.throughput is not None and properties.throughput != seen.throughput:
        needed["Throughput"] = properties.throughput
    return needed


def in_words(needed: Mapping[str, Any]) -> str:
    """A change, for people."""
    return str(
        Properties(
            gibibytes=needed.get("Size"),
            type=needed.get("VolumeType"),
            iops=needed.get("Iops"),
            throughput=needed.get("Throughput"),
        )
    )


def _at_least(least: int, given: int | None) -> int | None:
    return given if given is not None and given >= least else None
