"""Bringing a case's inputs to the API server, and clearing them away."""

import copy
import re
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from tests.apiserver.golden.case import Case
from tests.apiserver.kube import KINDS, ApiError, Kube, Object

Key = tuple[str, str | None, str]

KUBERNETES_OWN = (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default"))
"""Objects that Kubernetes puts into every namespace."""


class Applier:
    """Remembers what it applied, so that what nobody touched can be told apart."""

    def __init__(self, case: Case, kube: Kube) -> None:
        self._case, self._kube = case, kube
        self._applied: dict[Key, Object] = {}
        self._cluster_wide: list[tuple[str, str]] = []
        self.brought: dict[Key, str] = {}
        """Resource version of everything but clusters, as it was applied."""
        self.uids: list[Object] = []
        """Clusters as the API server answered."""

    def configure(self, path: Path, api_port: int) -> tuple[dict[str, str], list[Object]]:
        """Apply an operator configuration; environment that names it, and refusals."""
        namespace = self._case.operator_namespace
        obj = yaml.safe_load(path.read_text())
        name = obj["metadata"]["name"]
        obj["metadata"]["namespace"] = namespace
        if obj["kind"] == "OperatorConfiguration":
            obj["configuration"].setdefault("logging_rest_api", {})["api_port"] = api_port
            named = {"POSTGRES_OPERATOR_CONFIGURATION_OBJECT": name}
        else:
            obj["data"]["api_port"] = str(api_port)
            named = {"CONFIG_MAP_NAME": f"{namespace}/{name}"}
        return named, self.apply_all([obj])

    def apply_all(self, manifests: list[Object]) -> list[Object]:
        """What the API server refused."""
        refusals = [self._apply(obj) for obj in manifests if obj["kind"] != "Namespace"]
        return [refusal for refusal in refusals if refusal]

    def delete_all(self, manifests: list[Object]) -> None:
        for obj in manifests:
            meta = obj["metadata"]
            namespace = meta.get("namespace", self._case.name)
            self._kube.delete(obj["kind"], namespace, meta["name"])

    def _apply(self, obj: Object) -> Object | None:
        """As kubectl would, but without its marks."""
        obj = copy.deepcopy(obj)
        kind, meta = obj["kind"], obj["metadata"]
        if KINDS[kind][2]:
            meta.setdefault("namespace", self._case.name)
        else:
            self._cluster_wide.append((kind, meta["name"]))
        key = (kind, meta.get("namespace"), meta["name"])
        try:
            live = self._create_or_replace(key, obj)
        except ApiError as error:
            message = re.sub(r"^\S+ \"[^\"]*\" is invalid: ", "", error.text)
            return {"kind": kind, "name": meta["name"], "message": message}
        self._applied[key] = obj
        if kind == "postgresql":
            self.uids.append({**live, "kind": kind})
        else:
            self.brought[key] = live["metadata"]["resourceVersion"]
        return None

    def _create_or_replace(self, key: Key, obj: Object) -> Object:
        for _ in range(5):
            live = self._kube.get(*key)
            if live is None:
                return self._kube.create(obj)
            try:
                return self._kube.replace(self._over(key, live, obj))
            except ApiError as error:
                if error.status != 409:
                    raise
        raise TimeoutError(f"{key} changes all the time")

    def _over(self, key: Key, live: Object, obj: Object) -> Object:
        """The new manifest with everything in it that others wrote."""
        before = self._applied.get(key, {}).get("metadata", {})
        wanted = {**obj, "metadata": dict(live["metadata"])}
        for field in ("labels", "annotations"):
            own = before.get(field, {})
            there = live["metadata"].get(field, {})
            foreign = {name: value for name, value in there.items() if name not in own}
            wanted["metadata"][field] = {**foreign, **obj["metadata"].get(field, {})}
        return {**wanted, "status": live["status"]} if "status" in live else wanted

    # ------------------------------------------------------------------------- namespaces

    def make_namespaces(self) -> None:
        """Fresh ones, with everything in them that Kubernetes itself puts there."""
        for name in self._namespaces:
            self._drop(name)
        for name in self._namespaces:
            _until(partial(self._gone, name))
            meta = {"name": name}
            self._kube.create({"apiVersion": "v1", "kind": "Namespace", "metadata": meta})
        for name in self._case.namespaces:
            for kind, own in KUBERNETES_OWN:
                _until(partial(self._there, kind, name, own))

    def clean(self) -> None:
        for name in self._namespaces:
            self._drop(name)
        for kind, name in self._cluster_wide:
            self._kube.delete(kind, None, name)

    @property
    def _namespaces(self) -> list[str]:
        return [*self._case.namespaces, self._case.operator_namespace]

    def _gone(self, namespace: str) -> bool:
        return self._kube.get("Namespace", None, namespace) is None

    def _there(self, kind: str, namespace: str, name: str) -> bool:
        return self._kube.get(kind, namespace, name) is not None

    def _drop(self, namespace: str) -> None:
        if self._gone(namespace):
            return
        for obj in self._kube.list("postgresql", namespace):
            if obj["metadata"].get("finalizers"):
                nothing = {"metadata": {"finalizers": None}}
                self._kube.merge("postgresql", namespace, obj["metadata"]["name"], nothing)
        self._kube.delete("Namespace", None, namespace)


def _until(done: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError("the API server did not get there")
        time.sleep(0.1)
