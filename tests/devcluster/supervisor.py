"""PID 1 of a set of namespaces: starts processes, reaps orphans, restarts what dies.

Asked over a Unix socket, one JSON object per connection:
{"do": "start", "service": {...}}, {"do": "stop", "name": ..., "signal": 9}, {"do": "list"}.
Starting what runs already with the same command is harmless; with another command it replaces it.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESTART_AFTER = 1.0
REQUEST_SECONDS = 10


@dataclass(frozen=True)
class Service:
    """A process to keep running; its output is appended to the log."""

    name: str
    argv: tuple[str, ...]
    log: str
    environment: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, known: dict[str, Any]) -> "Service":
        return cls(**{**known, "argv": tuple(known["argv"])})


@dataclass
class Running:
    """`pid` 0 means dead; then `due` says when it is started again."""

    service: Service
    pid: int = 0
    due: float | None = None
    wanted: bool = True
    killed: bool = False
    starts: int = 0


class Supervisor:
    def __init__(self) -> None:
        self.running: dict[str, Running] = {}
        # A child's end writes a byte here, so that the loop need not look at intervals.
        self._wakeup, inlet = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(inlet, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def start(self, service: Service) -> int:
        """Start it unless it runs; return its number, 0 when a predecessor has to go first.

        Raises OSError when there is no such program.
        """
        entry = self.running.setdefault(service.name, Running(service))
        changed = entry.service != service
        entry.service, entry.wanted = service, True
        if not entry.pid:
            self._spawn(entry)
        elif changed:
            self._kill(entry, signal.SIGKILL)
        return 0 if entry.killed else entry.pid

    def stop(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send the signal and do not start it again. Unknown or dead: nothing to do."""
        entry = self.running.get(name)
        if entry and entry.pid:
            entry.wanted = False
            self._kill(entry, number)
        elif entry:
            del self.running[name]

    def listing(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "pid": entry.pid, "starts": entry.starts}
            for name, entry in self.running.items()
        ]

    def run(self, path: Path) -> None:
        """Serve for ever."""
        with selectors.DefaultSelector() as selector, _listening(path) as server:
            selector.register(server, selectors.EVENT_READ)
            selector.register(self._wakeup, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select(self._next_start()):
                    if key.fileobj is server:
                        self._serve(server)
                    else:
                        os.read(self._wakeup, 4096)
                self._reap()
                self._restart()

    @staticmethod
    def _kill(entry: Running, number: int) -> None:
        entry.killed = True
        os.kill(entry.pid, number)

    def _spawn(self, entry: Running) -> None:
        service = entry.service
        appending = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        entry.pid = os.posix_spawnp(
            service.argv[0],
            service.argv,
            {**os.environ, **service.environment},
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, service.log, appending, 0o644),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,
            # Python ignores these, and a child would inherit that.
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],
        )
        entry.starts += 1
        entry.due = None

    def _reap(self) -> None:
        while True:
            try:
                pid, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for name, entry in list(self.running.items()):
                if entry.pid == pid:
                    self._ended(name, entry)

    def _ended(self, name: str, entry: Running) -> None:
        entry.pid = 0
        if entry.wanted:
            entry.due = time.monotonic() + (0 if entry.killed else RESTART_AFTER)
        else:
            del self.running[name]
        entry.killed = False

    def _restart(self) -> None:
        now = time.monotonic()
        for entry in self.running.values():
            if entry.due is not None and entry.due <= now:
                try:
                    self._spawn(entry)
                except OSError:
                    entry.due = now + RESTART_AFTER

    def _next_start(self) -> float | None:
        due = [entry.due for entry in self.running.values() if entry.due is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _serve(self, server: socket.socket) -> None:
        connection, _ = server.accept()
        # One that is mute or gone must not hold up the loop of PID 1.
        connection.settimeout(REQUEST_SECONDS)
        with connection, contextlib.suppress(OSError):
            try:
                request = json.loads(_everything(connection))
                answer = self._answer(request)
            except (OSError, ValueError, KeyError, TypeError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            connection.sendall(json.dumps(answer).encode())

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request["do"]:
            case "start":
                return {"pid": self.start(Service.from_json(request["service"]))}
            case "stop":
                self.stop(request["name"], request["signal"])
                return {}
            case "list":
                return {"services": self.listing()}
            case unknown:
                raise ValueError(f"cannot {unknown}")


class SupervisorClient:
    """The other end of the socket, for the command line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def start(self, service: Service) -> int:
        return int(self._ask({"do": "start", "service": asdict(service)})["pid"])

    def stop(self, name: str, number: int = signal.SIGKILL) -> None:
        self._ask({"do": "stop", "name": name, "signal": int(number)})

    def services(self) -> dict[str, dict[str, Any]]:
        return {entry["name"]: entry for entry in self._ask({"do": "list"})["services"]}

    def alive(self, name: str) -> bool:
        """Whether it runs, or is still going down after a stop."""
        return bool(self.services().get(name, {}).get("pid"))

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(REQUEST_SECONDS)
            connection.connect(str(self._path))
            connection.sendall(json.dumps(request).encode())
            connection.shutdown(socket.SHUT_WR)
            answer: dict[str, Any] = json.loads(_everything(connection))
        if "error" in answer:
            raise OSError(answer["error"])
        return answer


def _listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    # Bound aside and renamed: who sees the path can connect.
    draft = f"{path}.new"
    Path(draft).unlink(missing_ok=True)
    server.bind(draft)
    os.chmod(draft, 0o600)
    server.listen()
    os.rename(draft, path)
    return server


def _everything(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)
