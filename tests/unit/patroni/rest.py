"""A stand-in for Patroni's REST API: says what it is told to say, or what the real one said.

`recorded` holds answers of a real Patroni 4.1.5 with two members, in the states their names tell.
"""

import http.server
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> dict[str, Any]:
    return dict(json.loads((RECORDED / f"{name}.json").read_text()))


class Rest:
    """One member's API at an address of the loopback network; several may share a port."""

    def __init__(self, address: str = "127.0.0.1", port: int = 0) -> None:
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.posted: list[tuple[str, Any]] = []
        self.then: Callable[[], None] = lambda: None
        """What a writing request brings about, before it is answered."""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(self.path)
                self._answer()

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posted.append((self.path, json.loads(sent)))
                outer.then()
                self._answer()

            do_PATCH = do_POST

            def _answer(self) -> None:
                status, body = outer.answers.get(self.path, (503, b"{}"))
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody wants to read it."""

        self._server = http.server.ThreadingHTTPServer((address, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def says(self, path: str, answer: Any, *, status: int = 200) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.answers[path] = (status, body)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
