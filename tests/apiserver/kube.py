"""What a test asks of an API server, independent of the client under test: JSON over TLS."""

import http.client
import json
import ssl
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import yaml

Object = dict[str, Any]

BUSY_SECONDS = 20

CORE, APPS, ACID = "api/v1", "apis/apps/v1", "apis/acid.zalan.do/v1"

# kind -> (API prefix, plural, namespaced)
KINDS: Mapping[str, tuple[str, str, bool]] = {
    "Namespace": (CORE, "namespaces", False),
    "Node": (CORE, "nodes", False),
    "PersistentVolume": (CORE, "persistentvolumes", False),
    "Pod": (CORE, "pods", True),
    "Service": (CORE, "services", True),
    "Endpoints": (CORE, "endpoints", True),
    "ConfigMap": (CORE, "configmaps", True),
    "Secret": (CORE, "secrets", True),
    "ServiceAccount": (CORE, "serviceaccounts", True),
    "PersistentVolumeClaim": (CORE, "persistentvolumeclaims", True),
    "Event": (CORE, "events", True),
    "StatefulSet": (APPS, "statefulsets", True),
    "Deployment": (APPS, "deployments", True),
    "CronJob": ("apis/batch/v1", "cronjobs", True),
    "PodDisruptionBudget": ("apis/policy/v1", "poddisruptionbudgets", True),
    "Role": ("apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "ClusterRole": ("apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "Lease": ("apis/coordination.k8s.io/v1", "leases", True),
    "PriorityClass": ("apis/scheduling.k8s.io/v1", "priorityclasses", False),
    "StorageClass": ("apis/storage.k8s.io/v1", "storageclasses", False),
    "VolumeAttributesClass": ("apis/storage.k8s.io/v1", "volumeattributesclasses", False),
    "CustomResourceDefinition": (
        "apis/apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        False,
    ),
    "postgresql": (ACID, "postgresqls", True),
    "OperatorConfiguration": (ACID, "operatorconfigurations", True),
    "PostgresOperation": (ACID, "postgresoperations", True),
    "PostgresTeam": (ACID, "postgresteams", True),
    "FabricEventStream": ("apis/zalando.org/v1", "fabriceventstreams", True),
}


class ApiError(Exception):
    """An answer of 300 or more."""

    def __init__(self, status: int, body: bytes) -> None:
        try:
            text = json.loads(body).get("message", "")
        except ValueError:
            text = body.decode(errors="replace")
        super().__init__(f"{status}: {text}")
        self.status, self.text = status, text


class Kube:
    """A client for one user; may be used from many threads."""

    def __init__(self, kubeconfig: Path) -> None:
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self._host = urlsplit(cluster["server"]).netloc
        self._tls = ssl.create_default_context(cafile=cluster["certificate-authority"])
        self._token = user["token"]
        self._connections = threading.local()

    def call(
        self, method: str, path: str, body: Any = None, content: str = "application/json"
    ) -> Any:
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": content,
            "User-Agent": "test",
        }
        text = None if body is None else json.dumps(body)
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            status, data = self._answer(method, f"/{path}", text, headers)
            if status != 429 or time.monotonic() > deadline:
                break
            time.sleep(0.2)  # the server asks for it, as after a definition was changed
        if status >= 300:
            raise ApiError(status, data)
        return json.loads(data) if data.startswith(b"{") else data.decode()

    def _answer(
        self, method: str, path: str, body: str | None, headers: dict[str, str]
    ) -> tuple[int, bytes]:
        """Once more on a new connection: a kept one may have been closed meanwhile."""
        for fresh in (False, True):
            try:
                connection = self._connection(fresh)
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read()
            except (http.client.HTTPException, OSError):
                if fresh:
                    raise
        raise AssertionError("unreachable")

    def _connection(self, fresh: bool) -> http.client.HTTPSConnection:
        kept: http.client.HTTPSConnection | None = getattr(self._connections, "kept", None)
        if kept is not None and not fresh:
            return kept
        if kept is not None:
            kept.close()
        made = http.client.HTTPSConnection(self._host, context=self._tls, timeout=60)
        self._connections.kept = made
        return made

    def close(self) -> None:
        """The calling thread's connection."""
        kept = getattr(self._connections, "kept", None)
        if kept is not None:
            kept.close()
            self._connections.kept = None

    def get(self, kind: str, namespace: str | None, name: str) -> Object | None:
        try:
            return dict(self.call("GET", path(kind, namespace, name)))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, kind: str, namespace: str | None = None) -> list[Object]:
        """Items as they come, without their kind."""
        return [dict(item) for item in self.call("GET", path(kind, namespace))["items"]]

    def create(self, obj: Object, namespace: str | None = None) -> Object:
        where = obj["metadata"].get("namespace", namespace)
        return dict(self.call("POST", path(obj["kind"], where, fieldValidation="Ignore"), obj))

    def replace(self, obj: Object) -> Object:
        meta = obj["metadata"]
        where = path(obj["kind"], meta.get("namespace"), meta["name"], fieldValidation="Ignore")
        return dict(self.call("PUT", where, obj))

    def merge(
        self, kind: str, namespace: str | None, name: str, change: Object, part: str = ""
    ) -> Object:
        """Merge patch, of `part` (status) if one is named."""
        where = path(kind, namespace, name, part)
        return dict(self.call("PATCH", where, change, "application/merge-patch+json"))

    def apply(self, obj: Object, *, manager: str, dry_run: bool = False) -> Object:
        """Server-side apply."""
        meta = obj["metadata"]
        query = {"fieldManager": manager, "force": "true"} | ({"dryRun": "All"} if dry_run else {})
        where = path(obj["kind"], meta.get("namespace"), meta["name"], **query)
        return dict(self.call("PATCH", where, obj, "application/apply-patch+yaml"))

    def delete(self, kind: str, namespace: str | None, name: str, **options: Any) -> None:
        """Gone already is as good."""
        try:
            self.call("DELETE", path(kind, namespace, name), options or None)
        except ApiError as error:
            if error.status != 404:
                raise


def path(
    kind: str, namespace: str | None = None, name: str = "", part: str = "", **query: str
) -> str:
    prefix, plural, namespaced = KINDS[kind]
    where = ["namespaces", namespace] if namespaced and namespace else []
    parts = "/".join(part for part in (prefix, *where, plural, name, part) if part)
    return f"{parts}?{urlencode(query)}" if query else parts
