"""A scripted API server: what it answers to the next list and the next watch is written down.

Its contract with the real one is tested in `tests/apiserver/test_watcher.py`.
"""

import json
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from kubernetes.client import Configuration

from watcher.selection import POSTGRESQLS, Selection

Object = dict[str, Any]

HANG = "hang"
"""Say nothing more, but keep the connection open, as after a power cut of the other side."""
CUT = "cut"
"""Close the connection in the middle of a line."""

Step = Object | str
CLUSTERS = Selection(POSTGRESQLS)


def resource(name: str, *, version: int = 1, uid: str = "", **metadata: Any) -> Object:
    """A `postgresql` resource as far as the watcher looks at it."""
    return {
        "metadata": {
            "namespace": "default",
            "name": name,
            "uid": uid or f"uid-{name}",
            "generation": 1,
            "resourceVersion": str(version),
            **metadata,
        }
    }


def event(kind: str, item: Object) -> Object:
    return {"type": kind, "object": item}


def bookmark(version: int) -> Object:
    return event("BOOKMARK", {"metadata": {"resourceVersion": str(version)}})


def too_old() -> Object:
    return event("ERROR", {"kind": "Status", "code": 410, "message": "too old resource version"})


class ApiStub:
    """Answers lists and watches of clusters from its scripts (the last one again and again).

    A number instead of a script is an HTTP status. Leases are kept. Of other kinds there are none
    at first; see `happen`.
    """

    def __init__(self) -> None:
        self.forbidden: set[str] = set()
        self._happened: dict[str, list[Step]] = {}
        self._news = threading.Condition()
        self.lists: list[Sequence[Object] | int] = [[]]
        self.watches: list[Sequence[Step] | int] = [[HANG]]
        self.list_version = 10
        self.page_size = 1000
        self.stored: dict[str, Object] = {}
        self.refuse_leases = 0
        self.asked: list[dict[str, str]] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _request_class(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    def __enter__(self) -> "ApiStub":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        with self._news:
            self._news.notify_all()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def configuration(self) -> Configuration:
        configuration = Configuration()
        configuration.host = f"http://127.0.0.1:{self._server.server_address[1]}"
        configuration.proxy = None
        return configuration

    @property
    def watched_from(self) -> list[str]:
        """The resourceVersions of the watches so far."""
        with self.lock:
            return [query["resourceVersion"] for query in self.asked if "watch" in query]

    @property
    def listed(self) -> int:
        with self.lock:
            return sum("watch" not in query for query in self.asked)

    def happen(self, plural: str, step: Step) -> None:
        """Let all watches of a kind see something, in whatever selection."""
        with self._news:
            self._happened.setdefault(plural, []).append(step)
            self._news.notify_all()

    def happenings(self, plural: str) -> Iterator[Step]:
        """What happens to a kind, until the stub is closed."""
        told = 0
        while not self.closing.is_set():
            news = self._since(plural, told)
            yield from news
            told += len(news)

    def _since(self, plural: str, told: int) -> Sequence[Step]:
        """Wait for more than that many happenings; none when the stub is closed."""

        def news() -> Sequence[Step]:
            return self._happened.get(plural, [])[told:]

        with self._news:
            self._news.wait_for(lambda: self.closing.is_set() or news())
            return news()

    def next_list(self) -> Sequence[Object] | int:
        with self.lock:
            return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def next_watch(self) -> Sequence[Step] | int:
        with self.lock:
            return self.watches.pop(0) if len(self.watches) > 1 else self.watches[0]


def _request_class(stub: ApiStub) -> type[BaseHTTPRequestHandler]:
    class Request(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = dict(parse_qsl(url.query))
            if "/leases" in url.path:
                self._answer_stored(url.path)
                return
            plural = url.path.rpartition("/")[2]
            if plural != POSTGRESQLS.plural:
                self._other(plural, query)
                return
            with stub.lock:
                stub.asked.append(query)
            if "watch" in query:
                self._watch()
            else:
                self._list(query)

        def _other(self, plural: str, query: dict[str, str]) -> None:
            if plural in stub.forbidden:
                self._json(403, {"message": "forbidden"})
            elif "watch" in query:
                self._stream(stub.happenings(plural))
            else:
                self._json(200, {"metadata": {"resourceVersion": "1"}, "items": []})

        def do_POST(self) -> None:
            body = self._body()
            self._store(f"{self.path}/{body['metadata']['name']}", body, new=True)

        def do_PUT(self) -> None:
            self._store(self.path, self._body(), new=False)

        def _list(self, query: dict[str, str]) -> None:
            script = stub.next_list()
            if isinstance(script, int):
                self._json(script, {"message": f"scripted {script}"})
                return
            start = int(query.get("continue", "0"))
            page = script[start : start + stub.page_size]
            end = start + len(page)
            metadata = {"resourceVersion": str(stub.list_version)}
            if end < len(script):
                metadata["continue"] = str(end)
            self._json(200, {"metadata": metadata, "items": list(page)})

        def _watch(self) -> None:
            script = stub.next_watch()
            if isinstance(script, int):
                self._json(script, {"message": f"scripted {script}"})
                return
            self._stream(script)

        def _stream(self, script: Iterable[Step]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for step in script:
                if step == HANG:
                    stub.closing.wait()
                elif step == CUT:
                    self._chunk(b'{"type": "ADD')
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                else:
                    self._chunk(json.dumps(step).encode() + b"\n")
            self.wfile.write(b"0\r\n\r\n")

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        def _answer_stored(self, path: str) -> None:
            if stub.refuse_leases:
                self._json(stub.refuse_leases, {"message": "scripted"})
            elif path in stub.stored:
                self._json(200, stub.stored[path])
            else:
                self._json(404, {"message": "not found"})

        def _store(self, path: str, body: Object, *, new: bool) -> None:
            with stub.lock:
                before = stub.stored.get(path)
                version = body["metadata"].get("resourceVersion")
                stale = before is not None and before["metadata"]["resourceVersion"] != version
                taken = stale or (new and before is not None)
                status = 409 if taken else stub.refuse_leases or 200
                if status == 200:
                    count = int(before["metadata"]["resourceVersion"]) if before else 0
                    body["metadata"]["resourceVersion"] = str(count + 1)
                    stub.stored[path] = body
            self._json(status, body)

        def _body(self) -> Object:
            body: Object = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return body

        def _json(self, status: int, body: Object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            return

        def handle(self) -> None:
            try:
                super().handle()
            except OSError:
                return  # the client went away, which many tests do on purpose

    return Request
