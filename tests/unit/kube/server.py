"""A server on loopback that gives the answers it was told to give, and keeps what was asked."""

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from kubernetes import client as kubernetes_client

from activities.kube.client import Kube

Answer = tuple[int, Any] | Callable[[BaseHTTPRequestHandler], object]


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Script:
    """Answers to give, in order, and requests seen."""

    answers: deque[Answer] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    port: int = 0

    @cached_property
    def kube(self) -> Kube:
        """The client under test; its connections end with the server."""
        return Kube(self.configuration)

    @property
    def configuration(self) -> kubernetes_client.Configuration:
        configuration = kubernetes_client.Configuration()
        configuration.host = f"http://127.0.0.1:{self.port}"
        configuration.api_key = {"BearerToken": "t0ken"}
        configuration.api_key_prefix = {"BearerToken": "Bearer"}
        configuration.no_proxy = "127.0.0.1"
        return configuration


@contextmanager
def serving(*answers: Answer) -> Iterator[Script]:
    """A running server; ends with the context."""
    script = Script(deque(answers))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handling(script))
    server.daemon_threads = True
    script.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        script.kube.close()
        server.shutdown()
        server.server_close()
        thread.join()


def _handling(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            given = script.answers.popleft()
            if callable(given):
                given(self)
                return
            status, content = given
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests speak for themselves."""

    return Handling
