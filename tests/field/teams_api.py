"""A small Teams API: `GET /teams/<id>` with a token, and `PUT` to say who is in a team.

Needs nothing but Python, so it runs in a test's thread as well as in a pod:
`python teams_api.py PORT TOKEN`.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class TeamsApi(ThreadingHTTPServer):
    """`teams` may be changed while it runs; `faults` are answers that are given instead."""

    daemon_threads = True

    def __init__(self, *, token: str, port: int = 0, host: str = "127.0.0.1") -> None:
        super().__init__((host, port), _Request)
        self.token = token
        self.teams: dict[str, list[str]] = {}
        self.faults: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"


class _Request(BaseHTTPRequestHandler):
    server: TeamsApi

    def do_GET(self) -> None:
        team = self._team()
        self.server.asked.append(self.path)
        if self.headers["Authorization"] != f"Bearer {self.server.token}":
            self._answer(401, b"{}")
        elif team in self.server.faults:
            self._answer(*self.server.faults[team])
        elif team in self.server.teams:
            answer = {"id": team, "name": f"Team {team}", "member": self.server.teams[team]}
            self._answer(200, json.dumps(answer).encode())
        else:
            self._answer(404, b"{}")

    def do_PUT(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.teams[self._team()] = json.loads(self.rfile.read(length))
        self._answer(200, b"{}")

    def _team(self) -> str:
        return self.path.rpartition("/teams/")[2]

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status in (301, 302):
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


@contextmanager
def serving(token: str) -> Iterator[TeamsApi]:
    """The API in a thread of its own."""
    api = TeamsApi(token=token)
    thread = threading.Thread(target=api.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield api
    finally:
        api.shutdown()
        thread.join()
        api.server_close()


if __name__ == "__main__":
    TeamsApi(port=int(sys.argv[1]), token=sys.argv[2], host="0.0.0.0").serve_forever()
