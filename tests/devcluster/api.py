"""The few questions that `up` and `status` ask the apiserver; a client library takes a second."""

import http.client
import json
import ssl
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.devcluster.layout import API_PORT, Uplink
from tests.devcluster.pki import Pki

PATCH = "application/merge-patch+json"
SECONDS = 10


class Api:
    def __init__(self, *, uplink: Uplink, pki: Pki) -> None:
        self._host = uplink.inside
        self._tls = ssl.create_default_context(cafile=str(pki.certificate("ca")))
        self._tls.load_cert_chain(pki.certificate("admin"), pki.key("admin"))

    def ready(self) -> bool:
        status, text = self._ask("GET", "/readyz")
        return status == 200 and text == "ok"

    def get(self, path: str) -> dict[str, Any] | None:
        """The object or list, None when there is none. Raises OSError when nobody answers."""
        status, text = self._ask("GET", path)
        return dict(json.loads(text)) if status == 200 else None

    def patch(self, path: str, change: dict[str, Any]) -> None:
        status, text = self._ask("PATCH", path, json.dumps(change))
        if status != 200:
            raise OSError(f"PATCH {path}: {status} {text[:300]}")

    def delete(self, path: str) -> None:
        """Harmless when there is no such object."""
        status, text = self._ask("DELETE", path)
        if status not in (200, 202, 404):
            raise OSError(f"DELETE {path}: {status} {text[:300]}")

    def nodes(self) -> dict[str, bool]:
        """Name -> Ready."""
        known = self.get("/api/v1/nodes") or {"items": []}
        return {
            node["metadata"]["name"]: _is_true("Ready", node["status"].get("conditions", []))
            for node in known["items"]
        }

    def ready_since(self, node: str, moment: float) -> bool:
        """Whether its kubelet has reported Ready in the second of that moment or later."""
        conditions = self._conditions(node)
        return _is_true("Ready", conditions) and _last_report(conditions) >= int(moment)

    def last_report(self, node: str) -> float:
        """The second in which its kubelet last reported; 0 when it never did."""
        return _last_report(self._conditions(node))

    def _conditions(self, node: str) -> list[dict[str, Any]]:
        found = self.get(f"/api/v1/nodes/{node}") or {"status": {}}
        return list(found["status"].get("conditions", []))

    def available(self, namespace: str, deployment: str) -> bool:
        found = self.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{deployment}")
        status = found["status"] if found else {}
        if not found or status.get("observedGeneration") != found["metadata"]["generation"]:
            return False
        current = status.get("updatedReplicas") == status.get("replicas")
        return bool(current and _is_true("Available", status.get("conditions", [])))

    def _ask(self, verb: str, path: str, body: str | None = None) -> tuple[int, str]:
        connection = http.client.HTTPSConnection(
            self._host, API_PORT, context=self._tls, timeout=SECONDS
        )
        try:
            connection.request(verb, path, body, {"Content-Type": PATCH} if body else {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except http.client.HTTPException as error:
            raise OSError(f"{verb} {path}: {error!r}") from error
        finally:
            connection.close()


def _last_report(conditions: Iterable[dict[str, Any]]) -> float:
    stamps = [c["lastHeartbeatTime"] for c in conditions if c["type"] == "Ready"]
    return max((datetime.fromisoformat(stamp).timestamp() for stamp in stamps), default=0.0)


def _is_true(kind: str, conditions: Iterable[dict[str, Any]]) -> bool:
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)
