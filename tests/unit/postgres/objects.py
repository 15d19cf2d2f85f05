"""Kubernetes objects over a dict, and some of the kinds that tests of roles need."""

import base64
from collections.abc import Mapping
from itertools import count
from typing import Any

from workflows.model.errors import Conflict, MatriarchError

Object = dict[str, Any]


class Objects:
    """What `Kube` does with objects; counts what it is asked. `broken` kinds raise their error."""

    def __init__(self) -> None:
        self.stored: dict[tuple[str, str, str], Object] = {}
        self.asked: list[str] = []
        self.broken: dict[str, MatriarchError] = {}
        self.versions = count(1)

    def put(self, obj: Object) -> None:
        meta = obj["metadata"]
        meta.setdefault("resourceVersion", str(next(self.versions)))
        self.stored[obj["kind"], meta["namespace"], meta["name"]] = obj

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        self._ask(f"get {kind}", kind)
        return self.stored.get((kind, namespace, name))

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[Object]:
        self._ask(f"list {kind}", kind)
        return [
            obj
            for (its_kind, place, _), obj in sorted(self.stored.items())
            if its_kind == kind
            and namespace in ("", place)
            and labels.items() <= obj["metadata"].get("labels", {}).items()
        ]

    def patch(self, kind: str, namespace: str, name: str, body: Object) -> Object | None:
        self._ask(f"patch {kind}", kind)
        found = self.stored.get((kind, namespace, name))
        if found is None:
            return None
        version = body["metadata"].get("resourceVersion", found["metadata"]["resourceVersion"])
        if version != found["metadata"]["resourceVersion"]:
            raise Conflict(f"{kind} {name} has been written meanwhile")
        merged = _merged(found, body)
        merged["metadata"]["resourceVersion"] = str(next(self.versions))
        self.stored[kind, namespace, name] = merged
        return merged

    def _ask(self, what: str, kind: str) -> None:
        self.asked.append(what)
        if kind in self.broken:
            raise self.broken[kind]


def _merged(found: Object, body: Object) -> Object:
    return found | {
        key: _merged(found.get(key, {}), value) if isinstance(value, dict) else value
        for key, value in body.items()
    }


def secret(name: str, *, namespace: str = "operators", **text: str) -> Object:
    data = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
    return {"kind": "Secret", "metadata": {"namespace": namespace, "name": name}, "data": data}


def config_map(name: str, *, namespace: str = "operators", **data: str) -> Object:
    return {"kind": "ConfigMap", "metadata": {"namespace": namespace, "name": name}, "data": data}
