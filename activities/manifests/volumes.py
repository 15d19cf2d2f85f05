"""Volumes of a database pod and where its containers mount them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from activities.manifests import attributes
from activities.manifests.metadata import (
    Manifest,
    inherited_annotations,
    object_labels,
    present,
)
from activities.manifests.quantities import canonical
from workflows.model import names
from workflows.model.configuration import Configuration
from workflows.model.mounts import DATA_MOUNT, TLS_CA_MOUNT, TLS_MOUNT
from workflows.model.postgresql import Postgresql
from workflows.model.postgresql.sections import AdditionalVolume, TLSDescription, Volume

SOCKET_MOUNT = "/var/run/postgresql"

_SECRET_FILE_MODE = 0o640
_IN_MEMORY = {"emptyDir": {"medium": "Memory"}}


@dataclass(frozen=True)
class Mounted:
    """A volume with its mount; `containers` None means all of them."""

    name: str
    source: Manifest
    path: str
    containers: Sequence[str] | None = (names.POSTGRES_CONTAINER,)
    sub_path: dict[str, str] = field(default_factory=dict)

    @property
    def mount(self) -> Manifest:
        return {"name": self.name, "mountPath": self.path, **self.sub_path}

    def is_in(self, container: str) -> bool:
        return self.containers is None or container in self.containers


def data_mount(volume: Volume) -> Manifest:
    return {
        "name": names.DATA_VOLUME,
        "mountPath": DATA_MOUNT,
        **_sub_path(volume.sub_path, volume.is_sub_path_expr),
    }


def data_claim(cluster: Postgresql, configuration: Configuration) -> Manifest:
    """The template from which Kubernetes makes the claim of each member."""
    volume = cluster.spec.volume
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": present(
            {
                "name": names.DATA_VOLUME,
                "labels": object_labels(cluster, configuration),
                "annotations": inherited_annotations(cluster, configuration),
            }
        ),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": canonical(volume.size)}},
            "volumeMode": "Filesystem",
            **({"storageClassName": volume.storage_class} if volume.storage_class else {}),
            **({"selector": volume.selector} if volume.selector is not None else {}),
            **(attributes.request(volume.attributes_class) if volume.attributes_class else {}),
        },
    }


def of_pod(cluster: Postgresql, configuration: Configuration) -> list[Mounted]:
    """Everything but the data volume, in the order in which it stands in the pod."""
    return [
        *_built_in(cluster, configuration),
        *_distinct([*_additional(cluster.spec.additional_volumes), *tls_volumes(cluster.spec.tls)]),
    ]


def sources(mounted: Iterable[Mounted]) -> list[Manifest]:
    """The pod's `volumes`; two mounts of one and the same volume need it only once."""
    volumes: list[Manifest] = []
    for volume in ({"name": each.name, **each.source} for each in mounted):
        if volume not in volumes:
            volumes.append(volume)
    return volumes


def mounts(mounted: Iterable[Mounted], container: str) -> list[Manifest]:
    return [each.mount for each in mounted if each.is_in(container)]


def tls_files(tls: TLSDescription | None) -> Iterator[str]:
    """Where certificate, key and, if there is one, CA are found in the container."""
    if tls is None or not tls.secret_name:
        return
    yield _inside(TLS_MOUNT, tls.certificate_file or "tls.crt")
    yield _inside(TLS_MOUNT, tls.private_key_file or "tls.key")
    if tls.ca_file:
        yield _inside(TLS_CA_MOUNT if tls.ca_secret_name else TLS_MOUNT, tls.ca_file)


def _inside(folder: str, file: str) -> str:
    return file if file.startswith("/") else f"{folder}/{file}"


def _built_in(cluster: Postgresql, configuration: Configuration) -> Iterator[Mounted]:
    # the manifest can switch shared memory on, but not off
    if cluster.spec.enable_shm_volume or configuration.enable_shm_volume:
        yield Mounted("dshm", _IN_MEMORY, "/dev/shm")
    if configuration.share_pgsocket_with_sidecars:
        yield Mounted("postgresql-run", _IN_MEMORY, SOCKET_MOUNT, containers=None)
    yield from additional_secret(configuration)


def additional_secret(configuration: Configuration) -> Iterator[Mounted]:
    """The Secret that the configuration puts into every container."""
    if name := configuration.additional_secret_mount:
        path = configuration.additional_secret_mount_path
        yield Mounted(name, _secret(name), path, containers=None)


def _additional(volumes: Iterable[AdditionalVolume]) -> Iterator[Mounted]:
    for volume in volumes:
        targets = volume.target_containers or [names.POSTGRES_CONTAINER]
        yield Mounted(
            name=volume.name,
            source=volume.volume_source,
            path=volume.mount_path,
            containers=None if "all" in targets else targets,
            sub_path=_sub_path(volume.sub_path, volume.is_sub_path_expr),
        )


def tls_volumes(
    tls: TLSDescription | None, container: str = names.POSTGRES_CONTAINER
) -> Iterator[Mounted]:
    if tls is None or not tls.secret_name:
        return
    inside = (container,)
    secret = _secret(tls.secret_name, _SECRET_FILE_MODE)
    yield Mounted(tls.secret_name, secret, TLS_MOUNT, containers=inside)
    if tls.ca_file and tls.ca_secret_name:
        ca = _secret(tls.ca_secret_name, _SECRET_FILE_MODE)
        yield Mounted(tls.ca_secret_name, ca, TLS_CA_MOUNT, containers=inside)


def _distinct(volumes: Iterable[Mounted]) -> Iterator[Mounted]:
    """A path is mounted once, and never over the data; what comes second is left out whole."""
    taken = {DATA_MOUNT}
    for volume in volumes:
        if volume.path not in taken:
            taken.add(volume.path)
            yield volume


def _secret(name: str, mode: int | None = None) -> Manifest:
    source: dict[str, Any] = {"secretName": name}
    if mode is not None:
        source["defaultMode"] = mode
    return {"secret": source}


def _sub_path(path: str | None, expression: bool | None) -> dict[str, str]:
    if not path:
        return {}
    return {"subPathExpr" if expression else "subPath": path}
