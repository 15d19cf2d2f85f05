import json
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.devcluster import node_files
from tests.devcluster.layout import Layout, Node, Uplink
from tests.devcluster.pki import Pki

NODE = Node("worker", 1)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Layout:
    layout = Layout("abc", tmp_path_factory.mktemp("home"))
    layout.kubeconfigs.mkdir()
    Pki(layout.pki).ensure(uplink=Uplink(0), nodes=[NODE])
    node_files.write(layout, NODE, pause="localhost/pause:1")
    return layout


def settings(layout: Layout, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((layout.node_home(NODE) / name).read_text())
    return read


def test_no_component_asks_for_a_negative_oom_score(layout: Layout) -> None:
    containerd = tomllib.loads((layout.node_home(NODE) / "containerd.toml").read_text())
    assert containerd["oom_score"] == 0
    assert containerd["plugins"]["io.containerd.grpc.v1.cri"]["restrict_oom_score_adj"]
    assert settings(layout, "kubelet.yaml")["oomScoreAdj"] == 0
    assert settings(layout, "kube-proxy.yaml")["oomScoreAdj"] == 0


def test_pods_of_a_node_stay_in_its_control_group(layout: Layout) -> None:
    assert settings(layout, "kubelet.yaml")["cgroupRoot"] == "/matriarch/abc/worker"


def test_pods_get_addresses_of_their_nodes_range(layout: Layout) -> None:
    network = settings(layout, "cni-conf/net.d/10-devcluster.conflist")
    assert network["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.244.1.0/24"}]]


def test_every_file_the_kubelet_names_is_there(layout: Layout) -> None:
    kubelet = settings(layout, "kubelet.yaml")
    named = [kubelet["tlsCertFile"], kubelet["tlsPrivateKeyFile"]]
    named.append(kubelet["authentication"]["x509"]["clientCAFile"])
    assert all(Path(name).is_file() for name in named)


def test_a_certificate_is_kept_until_what_it_is_for_changes(layout: Layout) -> None:
    pki = Pki(layout.pki)
    before = pki.certificate("apiserver").read_bytes(), pki.certificate("admin").read_bytes()
    pki.ensure(uplink=Uplink(0), nodes=[NODE])
    assert before == (
        pki.certificate("apiserver").read_bytes(),
        pki.certificate("admin").read_bytes(),
    )
    pki.ensure(uplink=Uplink(1), nodes=[NODE])
    assert before[0] != pki.certificate("apiserver").read_bytes()
    assert before[1] == pki.certificate("admin").read_bytes()


def test_private_keys_are_for_root_alone(layout: Layout) -> None:
    keys = list(layout.pki.glob("*.key"))
    assert keys
    assert all(key.stat().st_mode & 0o077 == 0 for key in keys)


def test_openssl_accepts_the_chain(layout: Layout) -> None:
    from tests.devcluster.progress import call

    assert shutil.which("openssl")
    pki = Pki(layout.pki)
    said = call(["openssl", "verify", "-x509_strict", "-CAfile", pki.certificate("ca"),
                 pki.certificate("apiserver")])  # fmt: skip
    assert said.strip().endswith("OK")
