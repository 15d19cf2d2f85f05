"""The one way to Kubernetes: plain dicts, server-side apply, and a time-out on every request.

Credentials, TLS and proxies come from the `kubernetes` library; requests go to its connection
pool directly, so that objects stay the dicts they are and no answer is read without a time-out.
"""

import copy
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from kubernetes import client as kubernetes_client
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from activities.kube import execution
from activities.kube.answers import refusal
from activities.kube.calls import Calls
from activities.kube.kinds import KINDS
from workflows.model.errors import Conflict, NotFound, Precondition, Unavailable
from workflows.model.names import FIELD_MANAGER

Object = dict[str, Any]

USER_AGENT: Final = "postgres-operator"
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
PAGE: Final = 500

_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"
_MERGE_PATCH = "application/merge-patch+json"
_JSON_PATCH = "application/json-patch+json"


class Kube:
    """Kubernetes as this operator needs it. Safe to use from any number of threads."""

    def __init__(
        self, configuration: kubernetes_client.Configuration, *, connections: int = 64
    ) -> None:
        own = copy.copy(configuration)
        own.retries = False
        own.connection_pool_maxsize = connections
        self._library = kubernetes_client.ApiClient(own)
        self._host = str(own.host)
        self.calls = Calls()

    # ------------------------------------------------------------------------------- reading

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """One object as it is now, or None."""
        try:
            return self._send("get", "GET", kind, namespace, name)
        except NotFound:
            return None

    def list(
        self, kind: str, namespace: str, labels: Mapping[str, str], *, fresh: bool = False
    ) -> list[Object]:
        """All objects with these labels; no namespace means all of them.

        Answered from the API server's cache, which may lag by moments, unless `fresh`.
        """
        query = {"labelSelector": ",".join(f"{key}={value}" for key, value in labels.items())}
        query |= {"limit": str(PAGE)} if fresh else {"resourceVersion": "0"}
        found: list[Object] = []
        while True:
            answer = self._send("list", "GET", kind, namespace, query=query)
            found += [self._complete(item, kind) for item in answer.get("items") or []]
            more = answer.get("metadata", {}).get("continue")
            if not more:
                return found
            query = {"labelSelector": query["labelSelector"], "limit": str(PAGE), "continue": more}

    # ------------------------------------------------------------------------------- writing

    def apply(self, manifest: Object) -> Object:
        """Create or change an object by server-side apply, and return it as it is now.

        What we set becomes ours even where another manager had set it; what we no longer set and
        was only ours is removed; what others set besides stays.
        """
        kind, namespace, name = address(manifest)
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return self._send(
            "apply", "PATCH", kind, namespace, name, body=manifest, query=query, media=_APPLY
        )

    def create(self, manifest: Object, *, dry_run: bool = False) -> Object:
        """Create an object; `Conflict` when there is one. A dry run only has it checked."""
        kind, namespace, _ = address(manifest)
        query = {"fieldManager": FIELD_MANAGER} | ({"dryRun": "All"} if dry_run else {})
        return self._send("create", "POST", kind, namespace, body=manifest, query=query)

    def patch(self, kind: str, namespace: str, name: str, body: Object) -> Object | None:
        """Merge `body` into an object; None when it is gone.

        A `metadata.resourceVersion` in `body` is a condition: `Conflict` when it isn't met.
        """
        return self._patch(kind, namespace, name, body, media=_MERGE_PATCH)

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
    ) -> str:
        """Run a command in a container and return what it printed.

        Raises `Precondition` when it ends with another code than 0.
        """
        self.calls.count("exec", "Pod")
        query = [("container", container), ("stdout", "true"), ("stderr", "true")]
        query += [("command", word) for word in command]
        return execution.run(
            self._library.configuration,
            f"{KINDS['Pod'].path(namespace, pod, part='exec')}?{urlencode(query)}",
            command=command,
            headers=self._headers(_JSON),
            seconds=seconds,
        )

    def close(self) -> None:
        """Close idle connections; the object can still be used."""
        self._library.rest_client.pool_manager.clear()

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
    ) -> Object | None:
        query = {"fieldManager": FIELD_MANAGER}
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
        media: str = _JSON,
        part: str = "",
    ) -> Object:
        self.calls.count(verb, kind)
        asked = f"{verb} {kind} {namespace}/{name}".rstrip("/")
        url = self._host + KINDS[kind].path(namespace, name, part=part)
        if query:
            url += "?" + urlencode(query)
        payload = None if body is None else json.dumps(body).encode()
        try:
            response = self._request(method, url, payload, media)
        except HTTPError as error:
            raise Unavailable(f"{asked}: {_in_words(error)}") from error
        if response.status >= 300:
            raise refusal(response.status, response.data, asked=asked)
        try:
            answer = json.loads(response.data)
        except ValueError as error:
            raise Unavailable(f"{asked}: the answer is not JSON") from error
        return self._complete(answer, kind) if method != "DELETE" and name else dict(answer)

    def _request(
        self, method: str, url: str, payload: bytes | None, media: str
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._once(method, url, payload, media)
        except ProtocolError:
            # an idle connection that the server closed at this very moment; nothing was asked yet
            # as far as we know, so only what changes nothing may be asked again
            if method != "GET":
                raise
            return self._once(method, url, payload, media)

    def _once(
        self, method: str, url: str, payload: bytes | None, media: str
    ) -> urllib3.BaseHTTPResponse:
        pool: urllib3.PoolManager = self._library.rest_client.pool_manager
        return pool.request(
            method,
            url,
            body=payload,
            headers=self._headers(media),
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        )

    def _headers(self, media: str) -> dict[str, str]:
        headers = {"Accept": _JSON, "Content-Type": media, "User-Agent": USER_AGENT}
        self._library.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    @staticmethod
    def _complete(item: Object, kind: str) -> Object:
        """Items of lists come without their type; every object shall say what it is."""
        return {"apiVersion": KINDS[kind].api_version, "kind": kind, **item}


def address(manifest: Mapping[str, Any]) -> tuple[str, str, str]:
    """Kind, namespace and name of a manifest; a kind of another version is a mistake of ours."""
    kind, metadata = str(manifest["kind"]), manifest["metadata"]
    if KINDS[kind].api_version != manifest["apiVersion"]:
        raise Precondition(f"{kind} is not known in version {manifest['apiVersion']}")
    return kind, str(metadata["namespace"]), str(metadata.get("name", ""))


def _in_words(error: HTTPError) -> str:
    if isinstance(error, ReadTimeoutError):
        return f"the API server did not answer within {READ_SECONDS:g} s"
    return f"the API server can't be reached ({type(error).__name__}: {error})"
