"""Running a command in a container over a websocket that can't hang.

The `kubernetes` library has this too, but connects without a time-out and, for the length of a
call, replaces a method of the client that all threads share.
"""

import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import websocket
from kubernetes import client as kubernetes_client

from activities.kube.answers import refusal
from workflows.model.errors import MatriarchError, Precondition, Unavailable

CONNECT_SECONDS: Final = 5.0
QUIET_SECONDS: Final = 10.0
"""How long one read waits before the deadline is looked at again."""

_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_INPUT = 0
_OUTPUT = (1, 2)
_VERDICT = 3


@dataclass
class _Talk:
    """What came out of the container so far."""

    printed: list[str] = field(default_factory=list)
    verdict: str = ""

    def take(self, frame: bytes) -> None:
        channel, text = frame[0], frame[1:].decode(errors="replace")
        if channel in _OUTPUT:
            self.printed.append(text)
        elif channel == _VERDICT:
            self.verdict += text


def run(
    configuration: kubernetes_client.Configuration,
    path: str,
    *,
    command: Sequence[str],
    headers: Mapping[str, str],
    seconds: float,
    given: str = "",
) -> str:
    """Open `path`, wait for the command's end and return its standard and error output.

    `given` is what it reads from its standard input, which stays open: it must know where to stop.

    Raises `Precondition` when the command fails and `Unavailable` when it can't be run or does
    not end in time. It may then still be running in the container.
    """
    said = f"exec {' '.join(command)[:100]}"
    deadline = time.monotonic() + seconds
    talk = _Talk()
    try:
        connection = _connect(configuration, path, headers)
        try:
            if given:
                connection.send_binary(bytes([_INPUT]) + given.encode())
            _listen(connection, talk, deadline=deadline, said=said)
        finally:
            connection.shutdown()
    except websocket.WebSocketBadStatusException as error:
        raise refusal(error.status_code, error.resp_body or b"", asked=said) from error
    except (websocket.WebSocketException, OSError) as error:
        raise Unavailable(f"{said}: {type(error).__name__}: {error}") from error
    _judge(talk, said)
    return "".join(talk.printed)


def _connect(
    configuration: kubernetes_client.Configuration, path: str, headers: Mapping[str, str]
) -> Any:
    connection: Any = websocket.WebSocket(sslopt=_tls(configuration))
    connection.connect(
        str(configuration.host).replace("http", "ws", 1) + path,
        header=[f"{key}: {value}" for key, value in headers.items()],
        subprotocols=list(_PROTOCOLS),
        timeout=CONNECT_SECONDS,
        suppress_origin=True,
    )
    return connection


def _tls(configuration: kubernetes_client.Configuration) -> dict[str, Any]:
    verify = ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE
    options = {
        "cert_reqs": verify,
        "ca_certs": configuration.ssl_ca_cert,
        "certfile": configuration.cert_file,
        "keyfile": configuration.key_file,
        "server_hostname": configuration.tls_server_name,
        "check_hostname": configuration.assert_hostname,
    }
    return {key: value for key, value in options.items() if value is not None}


def _listen(connection: Any, talk: _Talk, *, deadline: float, said: str) -> None:
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise Unavailable(f"{said}: did not end in time")
        connection.settimeout(min(left, QUIET_SECONDS))
        try:
            code, frame = connection.recv_data()
        except websocket.WebSocketTimeoutException:
            continue
        except websocket.WebSocketConnectionClosedException:
            return
        if code == websocket.ABNF.OPCODE_CLOSE:
            return
        if frame:
            talk.take(frame)


def _judge(talk: _Talk, said: str) -> None:
    """The last word comes as a Status object; without one the connection broke."""
    try:
        verdict = json.loads(talk.verdict)
    except ValueError:
        raise Unavailable(f"{said}: the connection ended before the command did") from None
    if verdict.get("status") != "Success":
        raise _failure(verdict, "".join(talk.printed)[-500:], said)


def _failure(verdict: Mapping[str, Any], printed: str, said: str) -> MatriarchError:
    text = f"{said}: {verdict.get('message', 'failed')}"
    if verdict.get("reason") == "NonZeroExitCode":
        return Precondition(f"{text}: {printed.strip()}" if printed.strip() else text)
    return Unavailable(text)
