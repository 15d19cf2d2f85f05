"""The operator under test as a process, as a Deployment would run it."""

import os
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.apiserver.processes import Process

READY_SECONDS = 60

# Starts the operator with this log and environment.
Launch = Callable[[Path, Mapping[str, str]], Process]


OURS = (sys.executable, "-m", "matriarch", "operator")
"""This project's operator, with the interpreter and the code of the test run."""


def launcher(words: Sequence[str]) -> Launch:
    return lambda log, environment: Process("operator", words, log=log, environment=environment)


@dataclass
class Operator:
    """May be started again after it was stopped, with the same settings or others."""

    kubeconfig: Path
    namespace: str
    watched: str
    api_port: int
    log: Path
    environment: Mapping[str, str]
    launch: Launch
    process: Process | None = None

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.running

    def start(self, configuration: Mapping[str, str]) -> None:
        """Until its API answers; `configuration` names its configuration by environment."""
        self.process = self.launch(
            self.log,
            {
                "KUBECONFIG": str(self.kubeconfig),
                "OPERATOR_NAMESPACE": self.namespace,
                "WATCHED_NAMESPACE": self.watched,
                "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
                **self.environment,
                **configuration,
            },
        )
        self.process.until(self._ready, seconds=READY_SECONDS)

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(self._readyz, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @property
    def _readyz(self) -> str:
        return f"http://127.0.0.1:{self.api_port}/readyz/"
