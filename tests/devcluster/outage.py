"""The commands `fault api` and `fault network`: what is away for a while, and comes back."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.devcluster import outer
from tests.devcluster.layout import Node
from tests.devcluster.nodes import Nodes
from tests.devcluster.progress import call
from tests.devcluster.state import State
from tests.devcluster.supervisor import SupervisorClient


def api(known: State, supervisor: SupervisorClient, *, seconds: float) -> None:
    """Stop the API server in its tracks: connections stay open, and nobody gets an answer.

    Harder on its clients than an end of the process, which refuses them at once.
    """
    pid = str(supervisor.services()["kube-apiserver"]["pid"])
    with _meanwhile([*outer.inside(known), "kill"], begin=["-STOP", pid], end=["-CONT", pid]):
        time.sleep(seconds)


def network(nodes: Nodes, node: Node, addresses: Sequence[str], *, seconds: float) -> None:
    """Drop what two pods send to one another, on the node of one of them."""
    here, there = addresses
    rules = [["FORWARD", "-s", a, "-d", b, "-j", "DROP"] for a, b in ((here, there), (there, here))]
    words = [*nodes.inside(node), "iptables", "--wait"]
    with (
        _meanwhile(words, begin=["-I", *rules[0]], end=["-D", *rules[0]]),
        _meanwhile(words, begin=["-I", *rules[1]], end=["-D", *rules[1]]),
    ):
        time.sleep(seconds)


@contextmanager
def _meanwhile(words: Sequence[str], *, begin: Sequence[str], end: Sequence[str]) -> Iterator[None]:
    call([*words, *begin])
    try:
        yield
    finally:
        call([*words, *end])
