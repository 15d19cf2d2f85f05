"""The normal form of a live object: without what differs between two runs of the same operator."""

import base64
import copy
import json
import re
from collections.abc import Callable
from typing import Any

Object = dict[str, Any]

_PATRONI_ANNOTATIONS = {"config", "initialize", "leader", "history"}
_JSON_VARIABLES = {"SPILO_CONFIGURATION", "KUBERNETES_LABELS", "KUBERNETES_BOOTSTRAP_LABELS"}
_KEPT_METADATA = (
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "namespace",
    "name",
)
_NOISE = {
    "controller-revision-hash",
    "pod-template-hash",
    "apps.kubernetes.io/pod-index",
    "statefulset.kubernetes.io/pod-name",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "endpoints.kubernetes.io/last-change-trigger-time",
}
_NOT_COMPARED = {"metadata", "status", "apiVersion", "kind", "secrets"}
_PASSWORD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


class Normal:
    """Knows the uids of one case's objects, and what its inputs say."""

    def __init__(self, inputs: str) -> None:
        self._inputs = inputs
        self._names: dict[str, str] = {}

    def learn(self, obj: Object) -> None:
        meta = obj["metadata"]
        self._names[meta["uid"]] = f"<uid:{obj['kind']}/{meta['name']}>"
        if obj["kind"] == "FabricEventStream":
            self._names[meta["name"]] = self.key(obj).split("/")[-1]

    def key(self, obj: Object) -> str:
        """`Kind/namespace/name`, a random suffix replaced by what the object is for."""
        meta, name = obj["metadata"], obj["metadata"]["name"]
        if obj["kind"] == "FabricEventStream":
            application = (obj.get("spec") or {}).get("applicationId")
            name = re.sub(r"-[a-z0-9]{5}$", "", name) + f"-<random:{application}>"
        return f"{obj['kind']}/{meta['namespace']}/{name}"

    def text(self, value: str) -> str:
        for uid, name in self._names.items():
            value = value.replace(uid, name)
        return _PASSWORD.sub("<password:64>", value)

    def walk(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.walk(item) for item in value]
        if not isinstance(value, dict):
            return value
        return self._variable({key: self.walk(item) for key, item in value.items()})

    def _variable(self, value: Object) -> Object:
        """JSON is shown parsed, what has no order sorted, a port that was not asked for hidden."""
        if isinstance(value.get("matchExpressions"), list):
            value["matchExpressions"].sort(key=json.dumps)
        if value.get("name") in _JSON_VARIABLES and isinstance(value.get("value"), str):
            value["value"] = _parsed(value["value"])
        if value.get("name") == "INFRASTRUCTURE_ROLES":
            value["value"] = ",".join(sorted(value["value"].split(",")))
        port = value.get("nodePort")
        if isinstance(port, int) and str(port) not in self._inputs:
            value["nodePort"] = "<allocated>"
        return value

    def __call__(self, obj: Object) -> Object:
        obj = copy.deepcopy(obj)
        shape = _SHAPES.get(obj["kind"], _whole)
        seen = self.walk({"metadata": _metadata(obj["metadata"]), **shape(obj)})
        finish = _FINISHES.get(obj["kind"])
        if finish is not None:
            finish(seen)
        return {key: value for key, value in seen.items() if value is not None}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _metadata(meta: Object) -> Object:
    kept = {key: meta[key] for key in _KEPT_METADATA if meta.get(key)}
    for field in ("labels", "annotations"):
        values = {
            key: "<time>" if _TIME.match(value) else value
            for key, value in kept.pop(field, {}).items()
            if key not in _NOISE
        }
        if values:
            kept[field] = values
    if meta.get("deletionTimestamp"):
        kept["deleting"] = True
    return kept


# ------------------------------------------------------- what is shown of each kind


def _whole(obj: Object) -> Object:
    return {key: value for key, value in obj.items() if key not in _NOT_COMPARED}


def _pod(obj: Object) -> Object:
    return {"image": {c["name"]: c["image"] for c in obj["spec"]["containers"]}}


def _secret(obj: Object) -> Object:
    data: dict[str, Any] = {
        key: base64.b64decode(value).decode() for key, value in (obj.get("data") or {}).items()
    }
    if "userlist.txt" in data:
        data["userlist.txt"] = sorted(data["userlist.txt"].splitlines())
    for key, value in data.items():
        if isinstance(value, str) and _TIME.match(value):
            data[key] = "<time>"
    return {"type": obj.get("type"), "data": data}


def _cluster(obj: Object) -> Object:
    """Only the word of the status: the rest is new, and different in every run."""
    status = obj.get("status") or {}
    word = {k: v for k, v in status.items() if k == "PostgresClusterStatus"}
    return {"status": word or None}


_SHAPES: dict[str, Callable[[Object], Object]] = {
    "Pod": _pod,
    "Secret": _secret,
    "ConfigMap": lambda obj: {"data": obj.get("data")},
    "postgresql": _cluster,
}


# ------------------------------------------------------- what is taken out at the end


def _finish_pod(seen: Object) -> None:
    for field in ("ownerReferences", "finalizers"):  # Kubernetes' and the fake node's
        seen["metadata"].pop(field, None)


def _finish_patroni(seen: Object) -> None:
    """Addresses and Patroni's own state, written by a fake one here."""
    meta = seen["metadata"]
    kept = {k: v for k, v in meta.pop("annotations", {}).items() if k not in _PATRONI_ANNOTATIONS}
    if kept:
        meta["annotations"] = kept
    for subset in seen.get("subsets") or []:
        for address in subset.get("addresses", []) + subset.get("notReadyAddresses", []):
            address["ip"] = "<pod ip>"
            address.get("targetRef", {}).pop("uid", None)


def _finish_service(seen: Object) -> None:
    spec = seen["spec"]
    if spec.get("clusterIP") != "None":
        spec.pop("clusterIP", None)
        spec.pop("clusterIPs", None)
    if "healthCheckNodePort" in spec:
        spec["healthCheckNodePort"] = "<allocated>"


def _finish_stateful_set(seen: Object) -> None:
    for claim in seen["spec"].get("volumeClaimTemplates", []):
        claim.pop("status", None)


def _finish_claim(seen: Object) -> None:
    seen["spec"].pop("volumeName", None)


def _finish_stream(seen: Object) -> None:
    streams = (seen.get("spec") or {}).get("eventStreams")
    if isinstance(streams, list):
        streams.sort(key=json.dumps)


_FINISHES: dict[str, Callable[[Object], None]] = {
    "Pod": _finish_pod,
    "ConfigMap": _finish_patroni,
    "Endpoints": _finish_patroni,
    "Service": _finish_service,
    "StatefulSet": _finish_stateful_set,
    "PersistentVolumeClaim": _finish_claim,
    "FabricEventStream": _finish_stream,
}
