"""The API port. Readiness, status and metrics are answered from memory, so a probe never hangs."""

import json
import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from temporalio.service import RPCError

from matriarch.health import Health
from matriarch.rest.errors import NoAnswer
from workflows.model.errors import MatriarchError
from workflows.tripwire import TRIPWIRE

log = logging.getLogger(__name__)

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"
SILENCE_SECONDS: Final = 10.0
DEFAULT_PORT: Final = 8080

Answer = tuple[HTTPStatus, str, str]
Page = Callable[[], Answer]


class Web:
    """Serves on all addresses, each request in a thread, from `serve_on` until `stop`."""

    def __init__(self, health: Health) -> None:
        self._pages: dict[str, Page] = {
            "/livez": lambda: _yes_unless(health.standstill()),
            "/readyz": lambda: _yes_unless("; ".join(health.problems())),
            "/status": lambda: _status(health),
            "/metrics": lambda: (HTTPStatus.OK, METRICS, health.metrics()),
        }
        self.rest: Callable[[str], Any] | None = None
        """Everything else; may take its time, as it keeps no other request waiting."""
        self._server: ThreadingHTTPServer | None = None
        self._asked = -1
        self._thread = threading.Thread()

    @property
    def port(self) -> int:
        """Where it serves; 0 when it does not."""
        return int(self._server.server_address[1]) if self._server else 0

    def serve_on(self, port: int) -> None:
        """Serve on this port from now on; where that can't be done, all stays as it was."""
        if port == self._asked:
            return
        try:
            server = ThreadingHTTPServer(("", port), _request_class(self.page))
        except OSError as error:
            log.error("can't serve on port %d: %s", port, error)
            return
        server.daemon_threads = True
        self.stop()
        self._server, self._asked = server, port
        self._thread = threading.Thread(target=server.serve_forever, name="web", daemon=True)
        self._thread.start()
        log.info("serving the API on port %d", self.port)

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._server = None

    def page(self, path: str) -> Answer:
        """The answer for a path; with or without a slash at its end, as Zalando's API has it."""
        path = path.partition("?")[0].rstrip("/")
        found = self._pages.get(path)
        return found() if found else self._rest_page(path)

    def _rest_page(self, path: str) -> Answer:
        """Whatever goes wrong is told in the way of Zalando's API."""
        if self.rest is None:
            return _error("the process is still starting")
        try:
            return HTTPStatus.OK, JSON, json.dumps(self.rest(path))
        except (NoAnswer, MatriarchError, RPCError, TimeoutError) as error:
            return _error(str(error) or "no answer in time")


def _error(text: str) -> Answer:
    body = json.dumps({"error": TRIPWIRE.scrub(text)})
    return HTTPStatus.INTERNAL_SERVER_ERROR, JSON, body


def _yes_unless(problem: str) -> Answer:
    if problem:
        return HTTPStatus.SERVICE_UNAVAILABLE, TEXT, problem
    return HTTPStatus.OK, JSON, json.dumps("OK")


def _status(health: Health) -> Answer:
    problems = health.problems()
    body: dict[str, Any] = {
        "ready": not problems,
        "problems": problems,
        "notices": health.noticed(),
    }
    body |= {name: read() for name, read in health.facts.items()}
    return HTTPStatus.OK, JSON, json.dumps(body)


def _request_class(page: Callable[[str], Answer]) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = SILENCE_SECONDS

        def do_GET(self) -> None:
            try:
                status, kind, text = page(self.path)
            except Exception:
                log.exception("no answer for %s", self.path)
                status, kind = HTTPStatus.INTERNAL_SERVER_ERROR, JSON
                text = json.dumps({"error": "internal error"})
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Probes come every few seconds; a line for each would bury everything else."""

    return Request
