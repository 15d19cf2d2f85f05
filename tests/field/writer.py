"""An application that never stops writing, and remembers what it was told is safe."""

import itertools
import subprocess
import threading
from pathlib import Path
from typing import Self

from tests.field.cluster import Client, Cluster

SCRIPT = Path(__file__).with_name("writing.py")
TABLE = "written"


class Writer:
    """Inserts numbered rows through the primary's service for as long as the context is open."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._acknowledged: list[tuple[int, float]] = []
        self.failures: list[str] = []
        """Each as `connect failed after 2.0 s: reason`, or `insert ...`."""

    def __enter__(self) -> Self:
        self._cluster.login(f"create table if not exists {TABLE} (number int primary key)")
        self._first = self._cluster.login(f"select coalesce(max(number) + 1, 0) from {TABLE}")
        Client(self._cluster.kubectl).start()
        self._process = self._start()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        """The script ends with its standard input."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:  # kubectl lost its connection
            self._process.kill()
            self._process.wait()
        self._reader.join()
        self._process.stdout.close()

    @property
    def count(self) -> int:
        """Rows acknowledged so far."""
        return len(self._acknowledged)

    @property
    def longest_gap(self) -> float:
        """Seconds between two acknowledgements, at most."""
        return self.longest_gap_since(0)

    def longest_gap_since(self, count: int) -> float:
        """The same, from the acknowledgement of this number on."""
        times = [at for _, at in self._acknowledged[max(0, count - 1) :]]
        return max((b - a for a, b in itertools.pairwise(times)), default=0.0)

    def lost(self) -> list[int]:
        """Acknowledged rows that are not there; to be asked when the writer has stopped."""
        printed = self._cluster.login(f"select number from {TABLE}")
        return sorted({number for number, _ in self._acknowledged} - set(map(int, printed.split())))

    def _start(self) -> subprocess.Popen[str]:
        kubectl = self._cluster.kubectl
        host = f"{self._cluster.name}.{kubectl.namespace}"
        words = ["exec", "--stdin", Client.POD, "--", "python3", "-c", SCRIPT.read_text()]
        process = kubectl.start(*words, host, TABLE, self._first.strip())
        assert process.stdin
        process.stdin.write(self._cluster.password("shop") + "\n")
        process.stdin.flush()
        return process

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            number, _, rest = line.strip().partition(" ")
            if number.isdecimal():
                self._acknowledged.append((int(number), float(rest)))
            else:
                self.failures.append(line.strip())
