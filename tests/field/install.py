"""Installs the operator of this checkout, as a user would: `kubectl apply -k`."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.field import images
from tests.field.kubectl import Kubectl, Manifest
from tests.field.platform import ROOT, Platform
from tests.field.waiting import until

NAMESPACE = "postgres-operator"


@dataclass(frozen=True)
class Operator:
    """The operator's Deployment, with what tests do to it."""

    kubectl: Kubectl

    def pods(self) -> list[Manifest]:
        return self.kubectl.list("pods", selector="name=postgres-operator")

    def pod(self) -> Manifest:
        """An operator pod that is not about to leave."""

        def alive() -> list[Manifest]:
            return [pod for pod in self.pods() if "deletionTimestamp" not in pod["metadata"]]

        return until("an operator pod", alive)[0]

    def until_ready(self, *, within: float = 120.0) -> None:
        words = ("rollout", "status", "deployment/postgres-operator", f"--timeout={within:.0f}s")
        self.kubectl(*words, within=within + 10)

    def restart(self) -> None:
        """A new pod, as after the loss of its node."""
        self.kubectl("rollout", "restart", "deployment/postgres-operator")
        self.until_ready()

    def configure(self, **parameters: str | None) -> None:
        """Set parameters in the ConfigMap, or (None) return to their defaults."""
        self.kubectl.patch("configmap", "postgres-operator", {"data": parameters})

    @contextmanager
    def configured(self, **parameters: str) -> Iterator[None]:
        """The same for a while; then they are what they were."""
        before = (self.kubectl.get("configmap", "postgres-operator") or {})["data"]
        self.configure(**parameters)
        try:
            yield
        finally:
            self.configure(**{name: before.get(name) for name in parameters})

    def page(self, path: str) -> Any:
        """A page of the operator's API."""
        proxy = f"/api/v1/namespaces/{NAMESPACE}/services/postgres-operator:http/proxy"
        return json.loads(self.kubectl("get", "--raw", f"{proxy}{path}"))


def operator(platform: Platform) -> Operator:
    """Apply the manifests and wait until the operator is ready.

    On a cluster of one's own Temporal is installed too, unless TEMPORAL_ADDRESS names one.
    """
    with tempfile.TemporaryDirectory(dir=ROOT / "deploy" / "kustomize") as folder:
        overlay = Path(folder) / "kustomization.yaml"
        overlay.write_text(yaml.safe_dump(kustomization(platform)))
        platform.kubectl("apply", "--server-side", "--force-conflicts", "-k", folder, within=120)
    installed = Operator(platform.kubectl.within(NAMESPACE))
    installed.until_ready()
    return installed


def kustomization(platform: Platform) -> Manifest:
    """The operator with the images of this checkout, and Temporal where there is none."""
    name, _, tag = images.name("operator").rpartition(":")
    parameters = {
        "docker_image": images.name("database"),
        "connection_pooler_image": images.name("pooler"),
        "logical_backup_docker_image": images.name("logical-backup"),
        "spilo_runasuser": "101",
        "spilo_runasgroup": "103",
        "spilo_fsgroup": "103",
    }
    if platform.kind == "local":
        parameters |= _dumps_to(platform)
    patches = [_patch("v1", "ConfigMap", data=parameters)]
    resources = ["../operator"]
    address = os.environ.get("TEMPORAL_ADDRESS", "")
    if platform.kind == "current" and not address:
        resources.append("../temporal-embedded")
    if platform.kind == "current" and address:
        patches.append(_patch("apps/v1", "Deployment", spec=_temporal_at(address)))
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
        "images": [{"name": "matriarch/operator", "newName": name, "newTag": tag}],
        "patches": [{"patch": yaml.safe_dump(patch)} for patch in patches],
    }


def _dumps_to(platform: Platform) -> dict[str, str]:
    """The platform's own S3 server as the place for logical backups, as pods reach it."""
    environment = platform.environment
    return {
        "logical_backup_s3_bucket": environment["S3_BUCKET"],
        "logical_backup_s3_endpoint": "http://s3.platform.svc.cluster.local:9000",
        "logical_backup_s3_region": environment["AWS_REGION"],
        "logical_backup_s3_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "logical_backup_s3_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }


def _patch(version: str, kind: str, **content: object) -> Manifest:
    metadata = {"name": "postgres-operator", "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def _temporal_at(address: str) -> Manifest:
    variable = {"name": "TEMPORAL_ADDRESS", "value": address}
    container = {"name": "postgres-operator", "env": [variable]}
    return {"template": {"spec": {"containers": [container]}}}
