"""The one way to Kubernetes: the caller's own credentials, plain dicts, complaints in sentences.

Credentials, TLS and proxies come from the `kubernetes` library; requests go to its connection
pool, so that no answer is read without a time-out.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import urllib3
from kubernetes import client, config
from kubernetes.config import ConfigException
from urllib3.exceptions import HTTPError, MaxRetryError

from cli.errors import Asked, Complaint, Missing, Unreachable, complaint

Object = dict[str, Any]

CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 15.0
PAGE: Final = 500
_JSON, _MERGE = "application/json", "application/merge-patch+json"


class Resource(NamedTuple):
    """Where objects of a kind are found."""

    prefix: str
    plural: str
    group: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str, name: str = "", part: str = "") -> str:
        where = ["namespaces", namespace] if namespace else []
        pieces = ("", self.prefix, *where, self.plural, name, part)
        return "/".join(piece for place, piece in enumerate(pieces) if piece or not place)


CLUSTERS = Resource("apis/acid.zalan.do/v1", "postgresqls", "acid.zalan.do")
OPERATIONS = Resource("apis/acid.zalan.do/v1", "postgresoperations", "acid.zalan.do")
STATEFUL_SETS = Resource("apis/apps/v1", "statefulsets", "apps")
PODS = Resource("api/v1", "pods")


@dataclass(frozen=True)
class Scope:
    """Which Kubernetes, and where in it; empty = as kubectl would choose."""

    kubeconfig: str = ""
    context: str = ""
    namespace: str = ""


class Api:
    """Safe to use from any number of threads."""

    def __init__(self, configuration: client.Configuration, namespace: str) -> None:
        configuration.retries = False
        self.namespace = namespace
        self._library = client.ApiClient(configuration)
        self._host = str(configuration.host)

    @classmethod
    def connect(cls, scope: Scope) -> "Api":
        """With the credentials that kubectl would use, in a pod its service account's."""
        configuration = client.Configuration()
        chosen = {"config_file": scope.kubeconfig or None}
        try:
            config.load_kube_config(
                **chosen, context=scope.context or None, client_configuration=configuration
            )
            contexts, active = config.list_kube_config_contexts(**chosen)
        except ConfigException as error:
            return cls._from_pod(scope, error)
        named = [one for one in contexts if one["name"] == scope.context] or [active]
        usual = named[0]["context"].get("namespace") or "default"
        return cls(configuration, scope.namespace or usual)

    @classmethod
    def _from_pod(cls, scope: Scope, error: Exception) -> "Api":
        configuration = client.Configuration()
        if not (scope.kubeconfig or scope.context):
            with suppress(ConfigException):
                config.load_incluster_config(client_configuration=configuration)
                return cls(configuration, scope.namespace or "default")
        raise Unreachable(
            f"No way to a Kubernetes is known ({error}): set KUBECONFIG, "
            "or choose another --context."
        ) from error

    def get(self, resource: Resource, name: str) -> Object:
        return self._send("get", "GET", resource, name=name)

    def list(
        self,
        resource: Resource,
        *,
        everywhere: bool = False,
        labels: Mapping[str, str] | None = None,
    ) -> list[Object]:
        chosen = {"limit": str(PAGE)}
        if labels:
            chosen["labelSelector"] = ",".join(f"{key}={value}" for key, value in labels.items())
        found: list[Object] = []
        more = ""
        while True:
            query = chosen | ({"continue": more} if more else {})
            answer = self._send("list", "GET", resource, everywhere=everywhere, query=query)
            found += answer.get("items") or []
            more = (answer.get("metadata") or {}).get("continue") or ""
            if not more:
                return found

    def create(self, resource: Resource, manifest: Object) -> Object:
        return self._send("create", "POST", resource, body=manifest)

    def patch(self, resource: Resource, name: str, change: Object) -> Object:
        """A merge patch: null takes a field away."""
        return self._send("patch", "PATCH", resource, name=name, body=change)

    def delete(self, resource: Resource, name: str) -> None:
        """Gone already is as good."""
        with suppress(Missing):
            self._send("delete", "DELETE", resource, name=name)

    def log(
        self, pod: str, *, container: str, tail: int | None, since: str = "", follow: bool = False
    ) -> Iterator[str]:
        """Lines of a container; with `follow` until it ends. Time-outs of silence don't count."""
        query = {"container": container}
        query |= {"tailLines": str(tail)} if tail is not None else {}
        query |= {"sinceTime": since} if since else {}
        query |= {"follow": "true"} if follow else {}
        asked = Asked("get", "pods/log", self.namespace, pod)
        url = f"{PODS.path(self.namespace, pod, 'log')}?{urlencode(query)}"
        answer = self._request(
            "GET", url, asked, stream=True, seconds=None if follow else READ_SECONDS
        )
        try:
            yield from _lines(answer)
        except HTTPError as error:
            raise Unreachable(f"The log of {pod} broke off: {error}.") from error
        finally:
            answer.close()

    def close(self) -> None:
        self._library.rest_client.pool_manager.clear()

    def _send(
        self,
        verb: str,
        method: str,
        resource: Resource,
        *,
        name: str = "",
        everywhere: bool = False,
        body: Object | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        namespace = "" if everywhere else self.namespace
        asked = Asked(verb, resource.full_name, namespace, name)
        url = resource.path(namespace, name) + (f"?{urlencode(query)}" if query else "")
        answer = self._request(method, url, asked, body=body)
        try:
            return dict(json.loads(answer.data))
        except ValueError:
            raise self._unreachable("what answers is no Kubernetes") from None

    def _request(
        self,
        method: str,
        url: str,
        asked: Asked,
        *,
        body: Object | None = None,
        stream: bool = False,
        seconds: float | None = READ_SECONDS,
    ) -> urllib3.BaseHTTPResponse:
        pool: urllib3.PoolManager = self._library.rest_client.pool_manager
        media = _MERGE if method == "PATCH" else _JSON
        headers = {"Accept": "*/*" if stream else _JSON, "Content-Type": media}
        self._library.update_params_for_auth(headers, [], ["BearerToken"])
        try:
            answer = pool.request(
                method,
                self._host + url,
                body=None if body is None else json.dumps(body).encode(),
                headers=headers,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds),
                preload_content=not stream,
            )
        except HTTPError as error:
            raise self._unreachable(_reason(error)) from error
        if answer.status >= 300:
            raise complaint(answer.status, answer.data, asked)
        return answer

    def _unreachable(self, reason: str) -> Complaint:
        return Unreachable(
            f"Kubernetes at {self._host} does not answer ({reason}): check the network, "
            "or choose another --context."
        )


def _reason(error: HTTPError) -> str:
    inner = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    return str(inner).rpartition(": ")[2] or type(inner).__name__


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[str]:
    """Whole lines only, however the bytes come."""
    rest = b""
    for piece in answer.stream(amt=None, decode_content=True):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode(errors="replace") for line in whole)
    if rest:
        yield rest.decode(errors="replace")
