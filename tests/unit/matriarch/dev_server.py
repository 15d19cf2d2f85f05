"""A Temporal dev server that a test may stop and start again, with an empty store each time."""

import socket
import subprocess

from tests.temporal_server import binary


class DevServer:
    """Listens on one port of loopback while it runs."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        words = [str(binary()), "server", "start-dev", "--headless", "--log-level=never"]
        self._process = subprocess.Popen(
            [*words, f"--port={self._port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
