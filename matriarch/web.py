"""The API port: readiness, status and metrics. Answers from memory, so a probe never hangs."""

import json
import logging
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from matriarch.health import Health

log = logging.getLogger(__name__)

JSON: Final = "application/json"
TEXT: Final = "text/plain; charset=utf-8"
METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"
SILENCE_SECONDS: Final = 10.0

Answer = tuple[HTTPStatus, str, str]
Page = Callable[[], Answer]


class Web:
    """Serves on all addresses from `start` to `stop`, each request in a thread."""

    def __init__(self, health: Health, *, port: int) -> None:
        self._pages: dict[str, Page] = {
            "/livez": lambda: _yes_unless(health.standstill()),
            "/readyz": lambda: _yes_unless("; ".join(health.problems())),
            "/status": lambda: _status(health),
            "/metrics": lambda: (HTTPStatus.OK, METRICS, health.metrics()),
        }
        self._server = ThreadingHTTPServer(("", port), _request_class(self.page))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="web", daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def start(self) -> None:
        self._thread.start()
        log.info("serving readiness, status and metrics on port %d", self.port)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def page(self, path: str) -> Answer:
        """The answer for a path; with or without a slash at its end, as Zalando's API has it."""
        found = self._pages.get(path.partition("?")[0].rstrip("/"))
        if found is None:
            return HTTPStatus.NOT_FOUND, JSON, json.dumps({"error": f"no such page: {path}"})
        return found()


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
    body |= {name: dict(read()) for name, read in health.figures.items()}
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
