"""What every command works with: the way to Kubernetes, the screen, and the time."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import typer

from cli import facts, moments
from cli.api import CLUSTERS, OPERATIONS, Api, Scope
from cli.errors import Missing
from cli.facts import Cluster, Operation
from cli.screen import Screen

_URGENT_FIRST = ("Paused", "Running", "Waiting")


@dataclass
class Desk:
    """One per call of the program."""

    scope: Scope
    screen: Screen = field(default_factory=Screen)
    tail: Sequence[str] = ()
    """Words behind `--`, for the program that is called."""

    @cached_property
    def api(self) -> Api:
        return Api.connect(self.scope)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "api" in vars(self):
            self.api.close()

    @property
    def scope_with_namespace(self) -> Scope:
        return replace(self.scope, namespace=self.api.namespace)

    @property
    def interactive(self) -> bool:
        """Whether somebody is there who could answer a question."""
        return sys.stdin.isatty()

    @property
    def now(self) -> datetime:
        return moments.now()

    def cluster(self, name: str) -> Cluster:
        try:
            return facts.cluster(self.api.get(CLUSTERS, name))
        except Missing:
            raise Missing(
                f"There is no cluster {name} in namespace {self.api.namespace}: "
                "kubectl pg list -A shows all."
            ) from None

    def annotation(self, cluster: str, key: str) -> str:
        """What stands there now, or nothing."""
        found = self.api.get(CLUSTERS, cluster)["metadata"].get("annotations") or {}
        return str(found.get(key) or "")

    def clusters(self, *, everywhere: bool) -> list[Cluster]:
        found = map(facts.cluster, self.api.list(CLUSTERS, everywhere=everywhere))
        return sorted(found, key=lambda one: (one.namespace, one.name))

    def operation(self, name: str) -> Operation:
        return facts.operation(self.api.get(OPERATIONS, name))

    def operations(self, cluster: str = "") -> list[Operation]:
        """All of a cluster, or of the namespace; oldest first."""
        found = [facts.operation(one) for one in self.api.list(OPERATIONS)]
        own = [one for one in found if cluster in ("", one.cluster)]
        return sorted(own, key=lambda one: (one.created, one.name))

    def unfinished(self, cluster: str) -> list[Operation]:
        """What runs or waits, what runs first."""
        open_ones = [one for one in self.operations(cluster) if not one.finished]
        return sorted(open_ones, key=lambda one: _URGENT_FIRST.index(one.phase))


def desk(context: typer.Context) -> Desk:
    found = context.find_object(Desk)
    assert found is not None
    return found
