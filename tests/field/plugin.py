"""`kubectl pg` as a person types it, through kubectl itself."""

import os
import select
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NamedTuple

from tests.field.kubectl import Kubectl
from tests.field.platform import ROOT

SCRIPT = '#!/bin/sh\nPYTHONPATH="{root}" exec "{python}" -m cli "$@"\n'


class Said(NamedTuple):
    """What a call gave; its standard error is among the output when it was merged."""

    code: int
    out: str
    err: str


class Plugin:
    """kubectl finds the plugin by its name on PATH; nothing else is told to it."""

    def __init__(self, kubectl: Kubectl, folder: Path) -> None:
        self._kubectl = kubectl
        script = folder / "kubectl-pg"
        script.write_text(SCRIPT.format(root=ROOT, python=sys.executable))
        script.chmod(0o755)
        program = Path(kubectl.program).parent
        path = os.pathsep.join([str(folder), str(program), os.environ.get("PATH", "")])
        self.environment = {**os.environ, "KUBECONFIG": kubectl.kubeconfig, "PATH": path}

    def __call__(self, *words: str, given: str | None = None, within: float = 300.0) -> Said:
        """Run one command to its end; `within` seconds catches hangs."""
        done = subprocess.run(
            self._words(*words),
            input=given,
            stdin=None if given is not None else subprocess.DEVNULL,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def converse(self, *words: str, answers: Sequence[tuple[str, str]]) -> Said:
        """Run one on a terminal: for each text that appears type an answer."""
        ours, theirs = os.openpty()
        termios.tcsetwinsize(theirs, (40, 120))
        process = subprocess.Popen(
            self._words(*words),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=self.environment | {"TERM": "xterm"},
            start_new_session=True,
        )
        os.close(theirs)
        seen = ""
        with process, open(ours, "r+b", buffering=0) as terminal:
            try:
                for awaited, answer in answers:
                    seen += _read_until(terminal, awaited)
                    terminal.write(answer.encode())
                seen += _read_until(terminal, "")
            finally:
                process.kill()  # it has ended, unless an answer was not understood
        return Said(process.returncode, seen, "")

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Run one that goes on, with a pipe to its output."""
        return subprocess.Popen(
            self._words(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self.environment,
            text=True,
        )

    def _words(self, *words: str) -> list[str]:
        where = ["--namespace", self._kubectl.namespace]
        return [self._kubectl.program, "pg", words[0], *where, *words[1:]]


def _read_until(terminal: IO[bytes], awaited: str, *, within: float = 60.0) -> str:
    """What appears up to a text, or up to the end if none is awaited."""
    seen, deadline = "", time.monotonic() + within
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 1.0)[0]:
            continue
        try:
            piece = terminal.read(4096)
        except OSError:  # nobody holds the other end any more
            piece = b""
        if not piece:
            break
        seen += piece.decode(errors="replace")
        if awaited and awaited in seen:
            return seen
    assert not awaited, f"{awaited!r} did not appear: {seen}"
    return seen
