"""Role labels and the leader's Endpoints, where Kubernetes is not Patroni's store.

Patroni 4 says `primary` where the label's value is `master`.
"""

import json
import os
import ssl
import sys
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
LEADERS = ("master", "primary", "promoted", "standby_leader")


def label(action: str, role: str) -> str | None:
    """The value for the pod's role label; None takes the label off."""
    if action == "on_stop":
        return None
    return "master" if role in LEADERS else role


def pod_patch(value: str | None, *, role_label: str) -> dict[str, Any]:
    return {"metadata": {"labels": {role_label: value}}}


def endpoints_patch(address: str, *, port: int = 5432) -> dict[str, Any]:
    return {
        "subsets": [
            {
                "addresses": [{"ip": address}],
                "ports": [{"name": "postgresql", "port": port, "protocol": "TCP"}],
            }
        ]
    }


def main(arguments: Sequence[str]) -> int:
    """Act on one of Patroni's callbacks: ACTION ROLE SCOPE."""
    if len(arguments) != 3 or arguments[0] not in ("on_start", "on_stop", "on_role_change"):
        print("usage: callback_role.py on_start|on_stop|on_role_change ROLE SCOPE", file=sys.stderr)
        return 2
    action, role, scope = arguments
    value = label(action, role)
    role_label = os.environ.get("KUBERNETES_ROLE_LABEL", "spilo-role")
    _patch(f"pods/{os.environ['HOSTNAME']}", pod_patch(value, role_label=role_label))
    if value == "master":
        _patch(f"endpoints/{scope}", endpoints_patch(os.environ["POD_IP"]))
    return 0


def _patch(path: str, body: dict[str, Any]) -> None:
    namespace = os.environ.get("POD_NAMESPACE") or (ACCOUNT / "namespace").read_text()
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    server = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    request = urllib.request.Request(
        f"https://{server}/api/v1/namespaces/{namespace}/{path}",
        method="PATCH",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}",
            "Content-Type": "application/strategic-merge-patch+json",
        },
    )
    trust = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    with urllib.request.urlopen(request, timeout=10, context=trust):
        pass
