"""Child processes of tests: logged, ended by their id, never outliving the test run."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class Died(Exception):
    """A process ended, or was not ready in time; the message has the end of its log."""


class Process:
    """One started program, leader of a process group of its own."""

    def __init__(
        self,
        name: str,
        words: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name, self.log = name, log
        # the kernel kills it when the test run is killed
        tied = ["setpriv", "--pdeathsig", "KILL", *map(str, words)]
        with log.open("ab") as out:
            self._child = subprocess.Popen(
                tied,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.poll() is None

    def until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until it is ready; raises Died."""
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise Died(f"{self.name} ended with {self._child.returncode}\n{self.tail()}")
            if time.monotonic() > deadline:
                raise Died(f"{self.name} was not ready within {seconds:.0f} s\n{self.tail()}")
            time.sleep(0.05)

    def stop(self, *, patience: float = 8) -> None:
        """Ask it to end, then insist. Done already is fine."""
        for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 10)):
            if not self.running:
                return
            os.killpg(self.pid, number)
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                continue

    def kill(self) -> None:
        """At once, as a power cut would."""
        if self.running:
            os.killpg(self.pid, signal.SIGKILL)
            self._child.wait()

    def tail(self, lines: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
