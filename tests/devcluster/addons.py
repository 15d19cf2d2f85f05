"""What runs in the cluster from the start: DNS, storage classes, the S3 server, Temporal."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from tests.devcluster.layout import (
    CHECKOUT,
    DNS_SERVICE,
    GATEWAY,
    S3_PORT,
    S3_SERVICE,
    TEMPORAL_SERVICE,
    TEMPORAL_UI_SERVICE,
    Layout,
)
from tests.devcluster.progress import call
from tests.devcluster.storage import DRIVER

MANIFESTS = Path(__file__).parent / "manifests"
TEMPORAL = CHECKOUT / "deploy" / "kustomize" / "temporal-embedded"
TEMPORAL_IMAGE = "temporalio/temporal"

S3_ACCESS_KEY = "matriarch"
S3_SECRET_KEY = "matriarch-demo"
S3_REGION = "us-east-1"
S3_BUCKET = "matriarch"

# The platform's own pods stay on the first node, so that a test may switch the others off.
ON_THE_FIRST_NODE = {
    "nodeSelector": {"node-role.kubernetes.io/control-plane": ""},
    "tolerations": [{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}],
}


@dataclass(frozen=True)
class Addons:
    layout: Layout
    binaries: Path

    def apply_basics(self) -> None:
        """DNS and storage classes."""
        self._apply("dns", dns_service=DNS_SERVICE, gateway=GATEWAY)
        self._apply("storage", driver=DRIVER)

    def apply_s3(self, image: str) -> None:
        self._apply(
            "s3",
            s3_image=image,
            s3_port=str(S3_PORT),
            s3_service=S3_SERVICE,
            access_key=S3_ACCESS_KEY,
            secret_key=S3_SECRET_KEY,
            region=S3_REGION,
            bucket=S3_BUCKET,
        )

    def apply_temporal(self, image: str) -> None:
        """The folder for everyone, with this platform's image and addresses laid over it."""
        overlay = self.layout.work / "temporal"
        overlay.mkdir(exist_ok=True)
        written = temporal_overlay(image, base=os.path.relpath(TEMPORAL, overlay.resolve()))
        (overlay / "kustomization.yaml").write_text(json.dumps(written, indent=1))
        self._kubectl("--kustomize", str(overlay))

    def _apply(self, name: str, **values: str) -> None:
        self._kubectl("--filename", "-", stdin=fill(name, values))

    def _kubectl(self, *words: str, stdin: str | None = None) -> None:
        kubectl = [str(self.binaries / "kubectl"), "--kubeconfig", str(self.layout.kubeconfig)]
        call([*kubectl, "apply", "--server-side", "--force-conflicts", *words], stdin=stdin)


def fill(name: str, values: Mapping[str, str]) -> str:
    return Template((MANIFESTS / f"{name}.yaml").read_text()).substitute(values)


def temporal_overlay(image: str, *, base: str) -> dict[str, object]:
    name, _, tag = image.rpartition(":")
    placed = [{"op": "add", "path": "/spec/template/spec/" + key, "value": value}
              for key, value in ON_THE_FIRST_NODE.items()]  # fmt: skip
    addresses = {"temporal": TEMPORAL_SERVICE, "temporal-ui": TEMPORAL_UI_SERVICE}
    fixed = [
        {
            "target": {"kind": "Service", "name": service},
            "patch": json.dumps([{"op": "add", "path": "/spec/clusterIP", "value": address}]),
        }
        for service, address in addresses.items()
    ]
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [base],
        "images": [{"name": TEMPORAL_IMAGE, "newName": name, "newTag": tag}],
        "patches": [{"target": {"kind": "Deployment"}, "patch": json.dumps(placed)}, *fixed],
    }
