"""Saying what happens, waiting with deadlines, and failing with the log's tail."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TAIL_LINES = 15


class Failed(Exception):
    """Something did not work; `log` names the file that knows more."""

    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}\n{tail(self.log)}" if self.log else message


class Progress:
    """Prints lines with the seconds since the start; safe to use from several threads."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self._lock = threading.Lock()

    def __call__(self, text: str) -> None:
        with self._lock:
            print(f"[{time.monotonic() - self.began:5.1f} s] {text}", file=sys.stderr, flush=True)


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The end of a log with its path above it; empty when there is nothing."""
    try:
        last = log.read_text(errors="replace").splitlines()[-lines:]
    except FileNotFoundError:
        return f"  (no log at {log})"
    return "\n".join([f"  the end of {log}:", *(f"  | {line[:300]}" for line in last)])


def until(
    probe: Callable[[], T | None],
    *,
    what: str,
    seconds: float,
    every: float = 0.1,
    log: Path | None = None,
) -> T:
    """Ask again and again until the answer is true; after the deadline say what was waited for.

    An OSError is an answer too: nobody listens yet, or is too busy just now.
    """
    deadline = time.monotonic() + seconds
    while True:
        trouble = ""
        try:
            answer = probe()
        except OSError as error:
            answer, trouble = None, f" ({error})"
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"waited {seconds:.0f} s in vain for {what}{trouble}", log=log)
        time.sleep(every)


def call(argv: Sequence[str | Path], *, stdin: str | None = None, seconds: float = 60) -> str:
    """Run a short command and return what it printed; a failure shows its own words."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, timeout=seconds)
    except FileNotFoundError:
        raise Failed(f"{words[0]}: no such program") from None
    except subprocess.TimeoutExpired:
        raise Failed(f"{' '.join(words)}: still running after {seconds:.0f} s") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise Failed(f"{' '.join(words)}: exit code {done.returncode}: {said}")
    return done.stdout


def answers(host: str, port: int) -> bool:
    """Whether something accepts connections there."""
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False
