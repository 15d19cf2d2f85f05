"""The one way to Kubernetes: plain dicts, and server-side apply."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, Final
from urllib.parse import urlencode

from kubernetes import client as kubernetes_client

from activities.kube import execution
from activities.kube.calls import Calls
from activities.kube.kinds import KINDS
from activities.kube.transport import JSON, Transport
from activities.kube.transport import Object as Object
from workflows.model import syntax
from workflows.model.errors import Conflict, NotFound, Precondition
from workflows.model.names import FIELD_MANAGER

PAGE: Final = 500

_APPLY = "application/apply-patch+yaml"
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"


class Kube:
    """Kubernetes as this operator needs it. Safe to use from any number of threads."""

    def __init__(
        self, configuration: kubernetes_client.Configuration, *, connections: int = 64
    ) -> None:
        self._transport = Transport(configuration, connections=connections)
        self.calls = Calls()

    @property
    def answered_at(self) -> float:
        """When the API server last answered, by the monotonic clock."""
        return self._transport.answered_at

    # ------------------------------------------------------------------------------- reading

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object as it is now, or None."""
        try:
            return self._send("get", "GET", kind, namespace, name)
        except NotFound:
            return None

    def list(
        self,
        kind: str,
        namespace: str,
        labels: Mapping[str, str],
        *,
        fields: Mapping[str, str] | None = None,
        fresh: bool = False,
    ) -> list[Object]:
        """All objects with these labels and fields; no namespace means all of them.

        Answered from the API server's cache, which may lag by moments, unless `fresh`. Nothing can
        have a label that is none, as the name of a cluster may be: that is not even asked.
        """
        if not all(map(syntax.LABEL_VALUE.fits, labels.values())):
            return []
        chosen = {"labelSelector": _selector(labels)}
        chosen |= {"fieldSelector": _selector(fields)} if fields else {}
        query = chosen | ({"limit": str(PAGE)} if fresh else {"resourceVersion": "0"})
        found: list[Object] = []
        while True:
            answer = self._send("list", "GET", kind, namespace, query=query)
            found += [self._complete(item, kind) for item in answer.get("items") or []]
            more = answer.get("metadata", {}).get("continue")
            if not more:
                return found
            query = chosen | {"limit": str(PAGE), "continue": more}

    def serves(self, kind: str) -> bool:
        """Whether the API server has this kind, which every account may ask."""
        self.calls.count("discover", kind)
        known = KINDS[kind]
        try:
            answer = self._transport.ask("GET", known.home, asked=f"discover {kind}")
        except NotFound:
            return False
        return known.plural in [one["name"] for one in answer.get("resources") or []]

    def follow(
        self, kind: str, namespace: str, name: str, *, seconds: float
    ) -> Generator[Object | None, None, None]:
        """One object as it is now and after each change; None when it was deleted.

        Ends when nothing was heard for `seconds`, or when the server ends it. Nothing is said of
        an object that does not exist.
        """
        self.calls.count("watch", kind)
        fields = {"fieldSelector": f"metadata.name={name}", "watch": "true"}
        path = f"{KINDS[kind].path(namespace)}?{urlencode(fields)}"
        asked = f"watch {kind} {namespace}/{name}"
        with closing(self._transport.events(path, asked=asked, seconds=seconds)) as events:
            for event in events:
                yield None if event["type"] == "DELETED" else self._complete(event["object"], kind)

    # ------------------------------------------------------------------------------- writing

    def apply(self, manifest: Object, *, dry_run: bool = False) -> Object:
        """Create or change an object by server-side apply, and return it as it is now.

        What we set becomes ours even where another manager had set it; what we no longer set and
        was only ours is removed; what others set besides stays. A dry run only has it checked.
        """
        kind, namespace, name = address(manifest)
        query = {"fieldManager": FIELD_MANAGER, "force": "true"} | _dry(dry_run)
        verb = "check" if dry_run else "apply"
        return self._send(
            verb, "PATCH", kind, namespace, name, body=manifest, query=query, media=_APPLY
        )

    def create(self, manifest: Object, *, dry_run: bool = False) -> Object:
        """Create an object; `Conflict` when there is one. A dry run only has it checked."""
        kind, namespace, _ = address(manifest)
        query = {"fieldManager": FIELD_MANAGER} | _dry(dry_run)
        verb = "check" if dry_run else "create"
        return self._send(verb, "POST", kind, namespace, body=manifest, query=query)

    def patch(
        self, kind: str, namespace: str, name: str, body: Object, *, manager: str = FIELD_MANAGER
    ) -> Object | None:
        """Merge `body` into an object; None when it is gone.

        A `metadata.resourceVersion` in `body` is a condition: `Conflict` when it isn't met.
        What is set in the name of another `manager` does not count as ours.
        """
        return self._patch(kind, namespace, name, body, media=_MERGE_PATCH, manager=manager)

    def patch_status(self, kind: str, namespace: str, name: str, body: Object) -> Object | None:
        """The same for the status of an object."""
        return self._patch(kind, namespace, name, body, media=_MERGE_PATCH, part="status")

    def patch_json(
        self,
        kind: str,
        namespace: str,
        name: str,
        operations: Sequence[Object],
        *,
        part: str = "",
    ) -> Object | None:
        """Change an object, or its `part` (status), by JSON patch; None when it is gone.

        `Precondition` when a `test` among the operations fails, or a place is not there.
        """
        body = list(operations)
        return self._patch(kind, namespace, name, body, media=_JSON_PATCH, part=part)

    def delete(
        self,
        kind: str,
        namespace: str,
        name: str,
        *,
        uid: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Ask for an object's deletion; False when it, or the one with this uid, isn't there."""
        body: Object = {"propagationPolicy": propagation}
        if uid is not None:
            body["preconditions"] = {"uid": uid}
        try:
            self._send("delete", "DELETE", kind, namespace, name, body=body)
        except NotFound:
            return False
        except Conflict:
            if uid is None or self._uid(kind, namespace, name) == uid:
                raise
            return False
        return True

    def exec(
        self,
        namespace: str,
        pod: str,
        container: str,
        command: Sequence[str],
        *,
        seconds: float = 60.0,
        given: str = "",
    ) -> str:
        """Run a command in a container and return what it printed.

        `given` goes to its standard input: what is secret must not be among its words. Raises
        `Precondition` when it ends with another code than 0.
        """
        self.calls.count("exec", "Pod")
        query = [("container", container), ("stdout", "true"), ("stderr", "true")]
        query += [("stdin", "true")] if given else []
        query += [("command", word) for word in command]
        return execution.run(
            self._transport.configuration,
            f"{KINDS['Pod'].path(namespace, pod, part='exec')}?{urlencode(query)}",
            command=command,
            headers=self._transport.headers(),
            seconds=seconds,
            given=given,
        )

    def close(self) -> None:
        """Close idle connections; the object can still be used."""
        self._transport.close()

    # ------------------------------------------------------------------------------ requests

    def _patch(
        self,
        kind: str,
        namespace: str,
        name: str,
        body: Object | Sequence[Object],
        *,
        media: str,
        part: str = "",
        manager: str = FIELD_MANAGER,
    ) -> Object | None:
        query = {"fieldManager": manager}
        try:
            return self._send(
                "patch",
                "PATCH",
                kind,
                namespace,
                name,
                body=body,
                query=query,
                media=media,
                part=part,
            )
        except NotFound:
            return None

    def _uid(self, kind: str, namespace: str, name: str) -> str:
        found = self.get(kind, namespace, name)
        return str(found["metadata"]["uid"]) if found else ""

    def _send(
        self,
        verb: str,
        method: str,
        kind: str,
        namespace: str,
        name: str = "",
        *,
        body: Object | Sequence[Object] | None = None,
        query: Mapping[str, str] | None = None,
        media: str = JSON,
        part: str = "",
    ) -> Object:
        self.calls.count(verb, kind)
        asked = f"{verb} {kind} {namespace}/{name}".rstrip("/")
        path = KINDS[kind].path(namespace, name, part=part)
        if query:
            path += "?" + urlencode(query)
        answer = self._transport.ask(method, path, body, media=media, asked=asked)
        return self._complete(answer, kind) if method != "DELETE" and name else answer

    @staticmethod
    def _complete(item: Object, kind: str) -> Object:
        """Items of lists come without their type; every object shall say what it is."""
        return {"apiVersion": KINDS[kind].api_version, "kind": kind, **item}


def only_if(path: str, value: Any) -> Object:
    """A part of a JSON patch: nothing is changed unless this stands there; None = nothing does."""
    return {"op": "test", "path": path, "value": value}


def _dry(run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if run else {}


def _selector(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in pairs.items())


def address(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace and name of a manifest; a kind of another version is a mistake of ours."""
    kind, metadata = str(manifest["kind"]), manifest["metadata"]
    if KINDS[kind].api_version != manifest["apiVersion"]:
        raise Precondition(f"{kind} is not known in version {manifest['apiVersion']}")
    return kind, str(metadata["namespace"]), str(metadata.get("name", ""))
