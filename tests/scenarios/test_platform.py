"""The platform itself: what every other scenario takes for granted."""

import hashlib
import os
import subprocess
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client

from tests.devcluster.progress import answers, until
from tests.field import store
from tests.field.kubectl import Kubectl, KubectlError
from tests.field.platform import Platform

Manifest = dict[str, Any]
MIB = 1 << 20


@pytest.fixture
def kubectl(platform: Platform) -> Iterator[Kubectl]:
    """A namespace of the test's own; needs nothing but Kubernetes."""
    name = f"platform-{uuid.uuid4().hex[:6]}"
    kubectl = platform.kubectl.within(name)
    kubectl("create", "namespace", name)
    yield kubectl
    kubectl("delete", "pods", "--all", "--grace-period=0", "--force", "--wait=false")
    platform.kubectl.delete("namespace", name)


SHELL = "s3"  # busybox beside the S3 server: the smallest image with a shell on every node
PYTHON = "database"  # for what busybox without a libc of its own cannot: looking up names

Run = Callable[..., str]


@pytest.fixture
def run(kubectl: Kubectl) -> Run:
    """Start a pod and wait until it is Ready; returns its name."""

    def start(
        name: str,
        command: str = "sleep 100000",
        *,
        image: str = SHELL,
        node: str = "",
        claim: str = "",
    ) -> str:
        reference = on_every_node(kubectl, image)
        kubectl.apply(pod(name, command, image=reference, node=node, claim=claim))
        kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s", within=70)
        return name

    return start


def on_every_node(kubectl: Kubectl, image: str) -> str:
    """The image's full name, as the nodes have it."""
    mark = f"/{image}:"
    (first, *others) = [
        {str(name) for kept in node["status"]["images"] for name in kept["names"] if mark in name}
        for node in kubectl.list("nodes")
    ]
    return sorted(first.intersection(*others))[0]


def pod(name: str, command: str, *, image: str, node: str, claim: str) -> Manifest:
    container: Manifest = {
        "name": "main",
        "image": image,
        "command": ["sh", "-c", command],
        "securityContext": {"runAsUser": 1000},
    }
    spec: Manifest = {
        "containers": [container],
        "terminationGracePeriodSeconds": 0,
        "securityContext": {"fsGroup": 1000},
    }
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    if claim:
        container["volumeMounts"] = [{"name": "disk", "mountPath": "/disk"}]
        spec["volumes"] = [{"name": "disk", "persistentVolumeClaim": {"claimName": claim}}]
    metadata = {"name": name, "labels": {"app": name}}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def claim(name: str, *, size: str = "300Mi", storage_class: str | None = None) -> Manifest:
    spec: Manifest = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    }
    if storage_class:
        spec["storageClassName"] = storage_class
    metadata = {"name": name}
    kind = "PersistentVolumeClaim"
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}


def workers(kubectl: Kubectl) -> list[str]:
    """Nodes that may go off without taking S3 or Temporal with them."""
    return [
        node["metadata"]["name"]
        for node in kubectl.list("nodes")
        if "node-role.kubernetes.io/control-plane" not in node["metadata"]["labels"]
    ]


def test_three_nodes_of_the_same_kubernetes_are_ready(platform: Platform) -> None:
    nodes = platform.kubectl.list("nodes")
    ready = [
        condition["status"]
        for node in nodes
        for condition in node["status"]["conditions"]
        if condition["type"] == "Ready"
    ]
    assert ready == ["True"] * len(nodes)
    assert len(nodes) >= 3
    assert len({node["status"]["nodeInfo"]["kubeletVersion"] for node in nodes}) == 1


def test_a_pod_finds_services_by_name_and_reaches_a_pod_on_another_node(
    kubectl: Kubectl, run: Run
) -> None:
    first, second = workers(kubectl)[:2]
    run("server", "echo hello > /tmp/index.html && httpd -f -p 8000 -h /tmp", node=first)
    kubectl("expose", "pod", "server", "--port=80", "--target-port=8000")
    run("client", node=second, image=PYTHON)
    # A new service takes a moment to reach every node.
    read = "from urllib.request import urlopen; print(urlopen('http://server', timeout=2).read())"
    insist = f'until python3 -c "{read}"; do sleep 0.2; done'
    answer = kubectl.execute("client", "timeout", "20", "sh", "-c", insist)
    assert answer.strip() == r"b'hello\n'"
    look = "import socket; print(socket.gethostbyname('kubernetes.default.svc.cluster.local'))"
    assert kubectl.execute("client", "python3", "-c", look) == "10.96.0.1\n"


def test_exec_logs_and_port_forward_work(kubectl: Kubectl, run: Run) -> None:
    run("server", "echo started; echo hello > /tmp/index.html; httpd -f -p 8000 -h /tmp")
    assert kubectl.execute("server", "cat", given="echo") == "echo"
    with pytest.raises(KubectlError, match="exit code 7"):
        kubectl.execute("server", "sh", "-c", "exit 7")
    assert kubectl("logs", "server") == "started\n"
    with forwarded(kubectl, "pod/server", 8000) as address:
        assert fetch(f"http://{address}/") == b"hello\n"


def fetch(address: str) -> bytes:
    with closing(urllib.request.urlopen(address, timeout=10)) as answer:
        page: bytes = answer.read()
    return page


@contextmanager
def forwarded(kubectl: Kubectl, target: str, port: int) -> Iterator[str]:
    """`kubectl port-forward` to a free port; yields the local address."""
    words = ["--namespace", kubectl.namespace, "port-forward", target, f":{port}"]
    with subprocess.Popen(
        [kubectl.program, *words],
        env={**os.environ, "KUBECONFIG": kubectl.kubeconfig},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        # "Forwarding from 127.0.0.1:40123 -> 8000"
        yield process.stdout.readline().split()[2]
        process.terminate()


def test_a_volumes_size_is_enforced_and_grows_while_in_use(kubectl: Kubectl, run: Run) -> None:
    kubectl.apply(claim("disk"))
    run("writer", claim="disk")

    def in_pod(script: str) -> str:
        return kubectl.execute("writer", "sh", "-c", script)

    kept = in_pod("echo precious > /disk/kept; sync; sha256sum < /disk/kept")

    fill = "dd if=/dev/zero of=/disk/big bs=1M count=500 2>&1; true"
    assert "No space left on device" in in_pod(fill)

    kubectl.patch("pvc", "disk", {"spec": {"resources": {"requests": {"storage": "800Mi"}}}})
    size = "df -m /disk | tail -1 | awk '{print $2}'"
    until(lambda: int(in_pod(size)) > 700, what="the file system to grow", seconds=60, every=0.5)
    assert "No space left on device" not in in_pod(fill)
    assert in_pod("sha256sum < /disk/kept") == kept
    until(
        lambda: (kubectl.get("pvc", "disk") or {})["status"]["capacity"]["storage"] == "800Mi",
        what="the claim to tell its new size",
        seconds=30,
        every=0.5,
    )


def test_class_fixed_refuses_to_grow(kubectl: Kubectl, run: Run) -> None:
    kubectl.apply(claim("disk", storage_class="fixed"))
    run("writer", claim="disk")
    with pytest.raises(KubectlError, match="only dynamically provisioned pvc can be resized"):
        kubectl.patch("pvc", "disk", {"spec": {"resources": {"requests": {"storage": "800Mi"}}}})


def test_class_movable_follows_its_pod_to_another_node(kubectl: Kubectl, run: Run) -> None:
    first, second = workers(kubectl)[:2]
    kubectl.apply(claim("disk", storage_class="movable"))
    run("before", "echo moved > /disk/file; sleep 100000", node=first, claim="disk")
    kubectl("delete", "pod", "before", "--wait")
    run("after", node=second, claim="disk")
    assert kubectl.execute("after", "cat", "/disk/file") == "moved\n"


def test_class_standard_keeps_a_volume_on_its_node(kubectl: Kubectl, run: Run) -> None:
    kubectl.apply(claim("disk"))
    run("writer", claim="disk", node=workers(kubectl)[0])
    bound = kubectl.get("pvc", "disk")
    assert bound
    volume = kubectl.get("pv", bound["spec"]["volumeName"])
    assert volume
    assert workers(kubectl)[0] in str(volume["spec"]["nodeAffinity"])


def test_a_power_cut_takes_a_nodes_processes_but_not_its_disks(
    platform: Platform, kubectl: Kubectl, run: Run
) -> None:
    node = workers(kubectl)[-1]
    kubectl.apply(claim("disk"))
    run("writer", "date +%s%N >> /disk/starts; sync; sleep 100000", node=node, claim="disk")
    before = kubectl.execute("writer", "cat", "/disk/starts").splitlines()
    # The second time at once: what its kubelet said within the same second is from before the cut.
    for _ in range(2):
        platform.node("stop", node)
        platform.node("start", node)
    until(lambda: len(starts(kubectl)) >= 2, what="the pod's next start", seconds=60, every=0.5)
    assert starts(kubectl)[:1] == before


def starts(kubectl: Kubectl) -> list[str]:
    try:
        return kubectl.execute("writer", "cat", "/disk/starts").splitlines()
    except KubectlError:
        return []


def test_s3_stores_and_returns_what_was_put(platform: Platform) -> None:
    bucket = platform.environment["S3_BUCKET"]
    name, body = f"test/{uuid.uuid4().hex}", os.urandom(6 * MIB)
    with closing(store.client(platform)) as s3:
        s3.put_object(Bucket=bucket, Key=name, Body=body)
        with closing(s3.get_object(Bucket=bucket, Key=name)["Body"]) as stream:
            found = stream.read()
        s3.delete_object(Bucket=bucket, Key=name)
    assert hashlib.sha256(found).digest() == hashlib.sha256(body).digest()


async def test_temporal_is_reached_from_here_and_keeps_finished_workflows_for_30_days(
    platform: Platform,
) -> None:
    client = await Client.connect(platform.environment["TEMPORAL_ADDRESS"])
    assert await client.service_client.check_health()
    described = await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace="default")
    )
    kept = described.config.workflow_execution_retention_ttl.ToTimedelta()
    assert kept == timedelta(days=30)


def test_the_web_ui_of_temporal_opens_on_this_machine(platform: Platform) -> None:
    assert b"<html" in fetch(platform.environment["TEMPORAL_UI"])


def test_pods_cannot_reach_the_machine_beyond_the_cluster(
    platform: Platform, kubectl: Kubectl, run: Run
) -> None:
    api = platform.environment["S3_ENDPOINT"].removeprefix("http://").partition(":")[0]
    outside = api.rpartition(".")
    host = f"{outside[0]}.{int(outside[2]) - 1}"
    run("prisoner")
    connect = f"timeout 5 nc -w 3 {host} 22 < /dev/null; echo code $?"
    assert "code 0" not in kubectl.execute("prisoner", "sh", "-c", connect)
    assert not answers("10.96.0.1", 443)
