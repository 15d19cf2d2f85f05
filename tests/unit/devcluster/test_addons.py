import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.devcluster import addons
from tests.devcluster.layout import SERVICE_RANGE
from tests.devcluster.storage import DRIVER

VALUES = {
    "dns": {"dns_service": "10.96.0.10", "gateway": "172.18.0.1"},
    "storage": {"driver": DRIVER},
    "s3": {
        "s3_image": "localhost/s3:1",
        "s3_port": "9000",
        "s3_service": "10.96.0.20",
        "access_key": "key",
        "secret_key": "secret",
        "region": "us-east-1",
        "bucket": "bucket",
    },
}


def objects(text: str) -> list[dict[str, Any]]:
    return [document for document in yaml.safe_load_all(text) if document]


def deployment(folder: Path) -> dict[str, Any]:
    (found,) = objects((folder / "deployment.yaml").read_text())
    return found


@pytest.mark.parametrize("name", [file.stem for file in addons.MANIFESTS.glob("*.yaml")])
def test_every_manifest_has_its_placeholders_filled(name: str) -> None:
    filled = addons.fill(name, VALUES[name])
    assert "${" not in filled
    assert all(thing["apiVersion"] and thing["metadata"]["name"] for thing in objects(filled))


def test_exactly_one_storage_class_is_the_default_and_only_fixed_cannot_grow() -> None:
    classes = {
        thing["metadata"]["name"]: thing
        for thing in objects(addons.fill("storage", VALUES["storage"]))
        if thing["kind"] == "StorageClass"
    }
    default = "storageclass.kubernetes.io/is-default-class"
    chosen = [n for n, c in classes.items() if c["metadata"].get("annotations", {}).get(default)]
    assert chosen == ["standard"]
    assert {n for n, c in classes.items() if not c["allowVolumeExpansion"]} == {"fixed"}


def test_temporal_for_any_cluster_pins_an_image_and_needs_nothing_of_this_platform() -> None:
    kustomization = yaml.safe_load((addons.TEMPORAL / "kustomization.yaml").read_text())
    (image,) = kustomization["images"]
    assert image["name"] == addons.TEMPORAL_IMAGE
    assert re.fullmatch(r"\d+\.\d+\.\d+", image["newTag"])
    text = "".join(file.read_text() for file in addons.TEMPORAL.glob("*.yaml"))
    assert not re.search(r"clusterIP|nodeSelector|storageClassName|localhost", text)


def test_temporal_runs_locked_down() -> None:
    pod = deployment(addons.TEMPORAL)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert not pod["automountServiceAccountToken"]


def test_two_servers_never_write_to_one_store() -> None:
    assert deployment(addons.TEMPORAL)["spec"]["strategy"] == {"type": "Recreate"}


def test_the_local_overlay_puts_in_the_image_the_place_and_the_addresses() -> None:
    overlay: dict[str, Any] = addons.temporal_overlay("localhost/t/temporal:12ab", base="../base")
    assert overlay["resources"] == ["../base"]
    assert overlay["images"] == [
        {"name": "temporalio/temporal", "newName": "localhost/t/temporal", "newTag": "12ab"}
    ]
    patched = json.dumps(overlay["patches"])
    assert "nodeSelector" in patched
    assert SERVICE_RANGE.rpartition(".")[0].rpartition(".")[0] in patched
