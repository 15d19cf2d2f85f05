"""Requests to the API server and its answers, with a time-out on each.

Credentials, TLS and proxies come from the `kubernetes` library; requests go to its connection
pool directly, so that objects stay the dicts they are and no answer is read without a time-out.
"""

import copy
import json
import re
import time
from collections.abc import Generator, Iterator, Sequence
from functools import partial
from typing import Any, Final

import urllib3
from kubernetes import client as kubernetes_client
from urllib3.exceptions import HTTPError, ProtocolError, ReadTimeoutError

from activities.kube.answers import refusal
from workflows.model.errors import Unavailable

Object = dict[str, Any]

USER_AGENT: Final = "postgres-operator"
CONNECT_SECONDS: Final = 5.0
READ_SECONDS: Final = 10.0
JSON: Final = "application/json"

_CHUNK = 65536
_PAIR = re.compile(r"\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")


class Transport:
    """One per process. Safe to use from any number of threads."""

    def __init__(self, configuration: kubernetes_client.Configuration, *, connections: int) -> None:
        own = copy.copy(configuration)
        own.retries = False
        own.connection_pool_maxsize = connections
        self._library = kubernetes_client.ApiClient(own)
        self._host = str(own.host)
        self.answered_at = float("-inf")
        """When the API server last answered, by the monotonic clock."""

    @property
    def configuration(self) -> kubernetes_client.Configuration:
        return self._library.configuration

    def ask(
        self,
        method: str,
        path: str,
        body: Object | Sequence[Object] | None = None,
        *,
        media: str = JSON,
        asked: str,
    ) -> Object:
        """The answer. `asked` names the request in errors, which are `workflows.model.errors`.

        A request that got no answer in time may still be carried out, much later even.
        """
        payload = None if body is None else _encoded(body)
        try:
            response = self._request(method, path, payload, media, seconds=READ_SECONDS)
        except HTTPError as error:
            raise Unavailable(f"{asked}: {_in_words(error)}") from error
        self.answered_at = time.monotonic()
        if response.status >= 300:
            raise refusal(response.status, response.data, asked=asked)
        try:
            return dict(json.loads(response.data))
        except ValueError as error:
            raise Unavailable(f"{asked}: the answer is not JSON") from error

    def events(self, path: str, *, asked: str, seconds: float) -> Generator[Object, None, None]:
        """Events of a watch, until nothing was heard for `seconds` or the server ends it."""
        try:
            response = self._request("GET", path, stream=True, seconds=seconds)
        except HTTPError as error:
            raise Unavailable(f"{asked}: {_in_words(error)}") from error
        try:
            if response.status >= 300:
                raise refusal(response.status, response.read(), asked=asked)
            yield from _events(response)
        finally:
            response.close()

    def headers(self, media: str = JSON) -> dict[str, str]:
        """With credentials, which may be renewed at any time."""
        headers = {"Accept": JSON, "Content-Type": media, "User-Agent": USER_AGENT}
        self._library.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    def close(self) -> None:
        """Close idle connections; the object can still be used."""
        self._library.rest_client.pool_manager.clear()

    def _request(
        self,
        method: str,
        path: str,
        payload: bytes | None = None,
        media: str = JSON,
        *,
        stream: bool = False,
        seconds: float,
    ) -> urllib3.BaseHTTPResponse:
        pool: urllib3.PoolManager = self._library.rest_client.pool_manager
        ask = partial(
            pool.request,
            method,
            self._host + path,
            body=payload,
            headers=self.headers(media),
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds),
            preload_content=not stream,
        )
        try:
            return ask()
        except ProtocolError:
            # an idle connection that the server closed at this very moment; nothing was asked yet
            # as far as we know, so only what changes nothing may be asked again
            if method != "GET":
                raise
            return ask()


def _events(response: urllib3.BaseHTTPResponse) -> Iterator[Object]:
    """One a line, until silence or an error that the server tells of."""
    rest = b""
    try:
        while part := response.read1(_CHUNK):
            *lines, rest = (rest + part).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event
    except (HTTPError, OSError, ValueError):
        return


def _encoded(body: Object | Sequence[Object]) -> bytes:
    """JSON that is YAML, too: applied objects are read as such, which knows no surrogate pairs."""
    return _PAIR.sub(lambda pair: str(json.loads(f'"{pair[0]}"')), json.dumps(body)).encode()


def _in_words(error: HTTPError) -> str:
    if isinstance(error, ReadTimeoutError):
        return f"the API server did not answer within {READ_SECONDS:g} s"
    return f"the API server can't be reached ({type(error).__name__}: {error})"
