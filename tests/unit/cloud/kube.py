"""A Kubernetes of claims, PersistentVolumes and pods, in memory."""

from collections.abc import Mapping, Sequence
from typing import Any

from activities.cloud import claims
from tests.unit.kube.clusters import cluster
from workflows.model.names import CLOUD_VOLUME, CLOUD_VOLUME_REFUSED

NAME = cluster().metadata.name
LABELS = {"cluster-name": NAME}


class FakeKube:
    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], dict[str, Any]] = {}
        self.managers: list[str] = []
        self.room: dict[str, int] = {}
        """Bytes of the file system of a pod, once it has grown."""
        self.ran: list[str] = []

    def claim(self, number: int, volume: str, *, size: str = "1Gi", driver: str = "") -> str:
        """A bound claim on a volume of this handle, and its pod; returns its name."""
        name = f"pgdata-{NAME}-{number}"
        source = {"driver": driver or "ebs.csi.aws.com", "volumeHandle": volume}
        self._put(
            "PersistentVolume", f"pv-{number}", spec={"capacity": {"storage": size}, "csi": source}
        )
        self._put(
            claims.KIND,
            name,
            spec={"volumeName": f"pv-{number}"},
            status={"capacity": {"storage": size}},
        )
        self._put("Pod", f"{NAME}-{number}", status={"phase": "Running"})
        return name

    def _put(self, kind: str, name: str, **content: Any) -> None:
        metadata = {"name": name, "namespace": "ns", "uid": name, "labels": LABELS}
        self.objects[kind, name] = {"kind": kind, "metadata": metadata, **content}

    def annotation(self, claim: str, key: str) -> str:
        annotations = self.objects[claims.KIND, claim]["metadata"].get("annotations") or {}
        return str(annotations.get(key, ""))

    def done(self, claim: str) -> bool:
        return bool(self.annotation(claim, CLOUD_VOLUME))

    def refused(self, claim: str) -> str:
        """When the next try is, and why, without the token."""
        return self.annotation(claim, CLOUD_VOLUME_REFUSED).partition(" ")[2]

    def capacity(self, number: int) -> str:
        spec = self.objects["PersistentVolume", f"pv-{number}"]["spec"]
        return str(spec["capacity"]["storage"])

    # ------------------------------------------------------------------ as the client has it

    def get(self, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        return self.objects.get((kind, name))

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[dict[str, Any]]:
        assert labels == LABELS
        return [found for (its, _), found in self.objects.items() if its == kind]

    def patch(
        self, kind: str, namespace: str, name: str, body: dict[str, Any], *, manager: str = ""
    ) -> dict[str, Any] | None:
        found = self.objects[kind, name]
        assert body["metadata"]["uid"] == found["metadata"]["uid"]
        self.managers.append(manager)
        _merge(found, body)
        return found

    def exec(
        self, namespace: str, pod: str, container: str, command: Sequence[str], *, seconds: float
    ) -> str:
        if command[0] == "df":
            return f"header\n/dev/xvdb ext4 {self.room.get(pod, 0)} 1 /home/postgres/pgdata\n"
        self.ran.append(f"{pod}: {' '.join(command)}")
        return ""


def _merge(found: dict[str, Any], change: Mapping[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, Mapping):
            _merge(found.setdefault(key, {}), value)
        elif value is None:
            found.pop(key, None)
        else:
            found[key] = value
