"""Which member to dump from: a replica near by, else any, else the primary."""

import json
import os
import socket
import ssl
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
REPLICA = "replica"
PRIMARY = ("master", "primary")
Pod = dict[str, Any]


class NoMember(Exception):
    """No member of the cluster has a role."""


def choose(pods: Sequence[Pod], *, role_label: str, node: str | None) -> str:
    """The address of the member to dump from; raises `NoMember`."""
    members = [pod for pod in pods if _is_member(pod)]
    label = _role_label(members, preferred=role_label)
    replicas = [pod for pod in members if _labels(pod).get(label) == REPLICA]
    near = [pod for pod in replicas if pod["spec"].get("nodeName") == node]
    primaries = [pod for pod in members if _labels(pod).get(label) in PRIMARY]
    for pod in (*near, *replicas, *primaries):
        return str(pod["status"]["podIP"])
    raise NoMember(f"none of {len(members)} pods has a role")


def _is_member(pod: Pod) -> bool:
    """Poolers and backups carry the cluster's label as well, and poolers even a role."""
    labels = _labels(pod)
    return (
        "connection-pooler" not in labels
        and labels.get("application") != "spilo-logical-backup"
        and bool(pod.get("status", {}).get("podIP"))
        and "deletionTimestamp" not in pod["metadata"]
    )


def _role_label(members: Sequence[Pod], *, preferred: str) -> str:
    """The operator does not tell a changed role label, but only its values say what they say."""
    if any(preferred in _labels(pod) for pod in members):
        return preferred
    for pod in members:
        for key, value in sorted(_labels(pod).items()):
            if value in (REPLICA, *PRIMARY):
                return key
    return preferred


def _labels(pod: Pod) -> dict[str, str]:
    return dict(pod["metadata"].get("labels") or {})


def own_node(pods: Sequence[Pod]) -> str | None:
    """The node this pod runs on, when it is among the pods."""
    own = [pod for pod in pods if pod["metadata"]["name"] == socket.gethostname()]
    return own[0]["spec"].get("nodeName") if own else None


def list_pods(namespace: str, *, selector: str) -> list[Pod]:
    """The pods of the cluster, from the API server this pod belongs to."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    query = urllib.parse.urlencode({"labelSelector": selector})
    request = urllib.request.Request(
        f"https://{server}/api/v1/namespaces/{namespace}/pods?{query}",
        headers={"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"},
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=30, context=trust) as answer:
        return list(json.load(answer)["items"])
