"""The few requests the watcher makes of Kubernetes: plain dicts, and a time-out on each.

Credentials, TLS and proxy come from the `kubernetes` library; the requests go to its connection
pool directly, because only there a watch can be read as it arrives and be ended from outside.
"""

import copy
import json
import socket
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3
from kubernetes import client as kubernetes_client
from urllib3.exceptions import HTTPError

from workflows.model.errors import Conflict, Forbidden, MatriarchError, Unavailable

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
CHUNK_BYTES = 65_536
MESSAGE_LENGTH = 300

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"

Object = dict[str, Any]


class NotFound(MatriarchError):
    """The object, or its whole kind, does not exist (404)."""


class Gone(MatriarchError):
    """The resourceVersion is too old to continue from (410): list again."""


class Api:
    """Kubernetes as this package needs it. Safe to use from several threads."""

    def __init__(self, configuration: kubernetes_client.Configuration) -> None:
        own = copy.copy(configuration)
        own.retries = False
        own.socket_options = _socket_options()
        self._client = kubernetes_client.ApiClient(own)
        self._host = str(own.host)
        self.answered_at = float("-inf")
        """When the API server last answered, by the monotonic clock."""

    def get(self, path: str, *, accept: str = JSON, **query: str) -> Object:
        return self.send("GET", path, query=query, accept=accept)

    def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, str] | None = None,
        content_type: str = JSON,
        accept: str = JSON,
        seconds: float = ANSWER_SECONDS,
    ) -> Object:
        """Make one request and return the decoded answer; `seconds` bounds each read."""
        headers = {"Accept": accept, "Content-Type": content_type}
        response = self._request(
            method, path, body=body, query=query, headers=headers, seconds=seconds
        )
        try:
            answer = json.loads(response.data)
        except HTTPError as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        except ValueError as error:
            raise Unavailable(f"{method} {path}: the answer is not JSON") from error
        return answer if isinstance(answer, dict) else {}

    def stream(
        self, path: str, *, query: Mapping[str, str], silence: float, accept: str = JSON
    ) -> "Lines":
        """Open a long answer; reading fails when nothing arrives for `silence` seconds."""
        response = self._request(
            "GET", path, body=None, query=query, headers={"Accept": accept}, seconds=silence
        )
        return Lines(response, what=path)

    def close(self) -> None:
        self._client.close()
        self._client.rest_client.pool_manager.clear()

    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None,
        query: Mapping[str, str] | None,
        headers: dict[str, str],
        seconds: float,
    ) -> urllib3.BaseHTTPResponse:
        headers["User-Agent"] = "matriarch-watcher"
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        pool: urllib3.PoolManager = self._client.rest_client.pool_manager
        url = self._host + path
        if query:
            url += "?" + urlencode(query)
        try:
            response = pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body),
                headers=headers,
                preload_content=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=seconds),
            )
            if response.status >= 300:
                raise _refusal(f"{method} {path}", response.status, response.data)
        except HTTPError as error:
            raise Unavailable(f"{method} {path}: {error}") from error
        self.answered_at = time.monotonic()
        return response


class Lines:
    """An answer that arrives line by line, each a JSON object. To be closed by its reader."""

    def __init__(self, response: urllib3.BaseHTTPResponse, *, what: str) -> None:
        self._response = response
        self._what = what

    def __iter__(self) -> Iterator[Object]:
        """Yield each complete line; a torn last line is dropped, it will be sent again."""
        rest = b""
        try:
            while chunk := self._response.read1(CHUNK_BYTES):
                *lines, rest = (rest + chunk).split(b"\n")
                yield from (json.loads(line) for line in lines if line.strip())
        except (HTTPError, OSError) as error:
            raise Unavailable(f"watch {self._what}: {error}") from error
        except ValueError as error:
            raise Unavailable(f"watch {self._what}: a line is not JSON") from error

    def interrupt(self) -> None:
        """End a read that another thread is blocked in; that thread sees an end or an error."""
        try:
            self._response.shutdown()
        except (ValueError, RuntimeError, OSError):
            return  # already at its end

    def close(self) -> None:
        """Drop the connection: an unread rest must never be taken for another answer."""
        self._response.close()


def _refusal(what: str, status: int, body: bytes) -> MatriarchError:
    text = f"{what}: {status} {_message(body)}"
    match status:
        case 401 | 403:
            return Forbidden(text)
        case 404:
            return NotFound(text)
        case 409:
            return Conflict(text)
        case 410:
            return Gone(text)
        case _ if status == 429 or status >= 500:
            return Unavailable(text)
        case _:
            return MatriarchError(text)


def _message(body: bytes) -> str:
    """Take the sentence from a Kubernetes `Status`, or the beginning of whatever came."""
    try:
        text = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        text = body.decode(errors="replace")
    return text[:MESSAGE_LENGTH]


def _socket_options() -> list[tuple[int, int, int]]:
    """Let the kernel notice a dead peer within half a minute, also on an idle watch."""
    wanted = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
    known = [
        (socket.IPPROTO_TCP, getattr(socket, name), value)
        for name, value in wanted.items()
        if hasattr(socket, name)  # not every platform has all of them
    ]
    return [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *known,
    ]
